"""An exported folder as files: which tiles and bundles there are, and what they hold. docs/spec/log.md section 5.

Reports malformed files; knows nothing of hashes or of what entries mean. Sizes that a file claims never decide how much
memory is taken: only the files that are there do.
"""
import os
import re

from handed import CannotRead, read_file

WIDTH = 256
MOST_ENTRY_BYTES = 65_535
HASH_BYTES = 32
# Slashes of the longest path: sizes have 64 bits, so numbers of tiles have at most six groups.
MOST_DEPTH = 8
# "entries" or a level, then the number in groups of three digits, then the width of a partial tile.
TILE_PATH = re.compile(r"tile/(entries|[0-7])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def tile_path(level, number, width=WIDTH):
    """The spelling of a tile's path; `level` is a number or "entries"."""
    groups = []
    rest = number
    while True:
        groups.insert(0, f"{rest % 1000:03}")
        rest //= 1000
        if not rest:
            break
    spelled = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{spelled}" + ("" if width == WIDTH else f".p/{width}")


def parse_tile_path(path):
    """Level (or "entries"), number and width, or None if the spelling is none."""
    matched = TILE_PATH.fullmatch(path)
    if not matched:
        return None
    level = matched[1] if matched[1] == "entries" else int(matched[1])
    number, width = int(re.sub("[x/]", "", matched[2])), int(matched[3] or WIDTH)
    if matched[3] and width >= WIDTH:
        return None
    # No group of zeros in front, so a number has one spelling.
    return (level, number, width) if tile_path(level, number, width) == path else None


class TileFolder:
    """The files of one export. `tiles[level][number]` is a list of (width, path), the widest last."""

    def __init__(self, folder, report):
        self.folder, self.report, self.tiles = os.fspath(folder), report, {}
        self.scan()

    def scan(self):
        try:
            os.listdir(self.folder)
        except OSError as error:
            raise CannotRead(f"{self.folder}: {error.strerror}") from None
        found, waiting, been = [], ["tile"], set()
        while waiting:
            place = waiting.pop()
            for item in self.list(place):
                path = f"{place}/{item.name}"
                # Links are followed inside the export alone: what others lead to is not part of it.
                real = os.path.realpath(item.path)
                if path.count("/") < MOST_DEPTH and item.is_dir() and self.is_inside(real) and real not in been:
                    been.add(real)
                    waiting.append(path)
                else:
                    found.append(path)
        for path in sorted(found):
            parsed = parse_tile_path(path)
            if parsed is None:
                self.report.fault("malformed-path", path, "the spelling of a tile's path", "another")
            else:
                level, number, width = parsed
                self.tiles.setdefault(level, {}).setdefault(number, []).append((width, path))
        for numbers in self.tiles.values():
            for widths in numbers.values():
                widths.sort()

    def is_inside(self, real):
        """Whether a path without links is one of the export's own."""
        return os.path.commonpath([os.path.realpath(self.folder), real]) == os.path.realpath(self.folder)

    def list(self, place):
        try:
            with os.scandir(os.path.join(self.folder, place)) as items:
                return list(items)
        except (FileNotFoundError, NotADirectoryError):
            return []  # a fault of the log, which the missing tiles tell
        except OSError as error:
            raise CannotRead(f"{place}: {error.strerror}") from None

    def read(self, path, most):
        """The bytes of a file, at most `most` and one more; None if there is no such file, none if it is no plain file or leads out."""
        whole = os.path.realpath(os.path.join(self.folder, path))
        try:
            if os.path.lexists(whole) and not (self.is_inside(whole) and os.path.isfile(whole)):
                return b""
            return read_file(whole, most, follow=False)
        except FileNotFoundError:
            return None

    def tile_hashes(self, level, number):
        """(path, hashes) of every file of this tile, the widest last."""
        for width, path in self.tiles.get(level, {}).get(number, []):
            data = self.read(path, width * HASH_BYTES) or b""
            if len(data) != width * HASH_BYTES:
                size = f"{len(data)} bytes" if len(data) < width * HASH_BYTES else "more"
                self.report.fault("malformed-tile", path, f"{width * HASH_BYTES} bytes", size)
            whole = min(len(data) // HASH_BYTES, width)
            yield path, [data[at:at + HASH_BYTES] for at in range(0, whole * HASH_BYTES, HASH_BYTES)]

    def bundle(self, number):
        """The entries of the widest file of this bundle; narrower ones must begin with the same bytes."""
        widths = self.tiles.get("entries", {}).get(number, [])
        entries = []
        for width, path in reversed(widths):
            data = self.read(path, width * (MOST_ENTRY_BYTES + 2)) or b""
            if width == widths[-1][0]:
                entries = self.unpack(path, data, width)
            else:
                expected = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries[:width])
                if data != expected:
                    self.report.fault("wrong-tile", path, f"the first {width} entries of the wider bundle", "other bytes")
        return entries

    def unpack(self, path, data, width):
        entries, at = [], 0
        while len(entries) < width and at + 2 <= len(data):
            length = int.from_bytes(data[at:at + 2], "big")
            if length == 0 or at + 2 + length > len(data):
                break
            entries.append(data[at + 2:at + 2 + length])
            at += 2 + length
        if len(entries) < width or at < len(data):
            self.report.fault("malformed-bundle", path, f"{width} entries that fill the file",
                              f"{len(entries)} and {len(data) - at} bytes that are none")
        return entries


def missing_runs(present, needed):
    """Runs (first, end) of the numbers below `needed` that are not in `present`."""
    at = 0
    for number in sorted(number for number in present if number < needed):
        if number > at:
            yield at, number
        at = number + 1
    if at < needed:
        yield at, needed
