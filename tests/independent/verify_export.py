#!/usr/bin/env python3
"""Verifies a whole exported log, independently of the program that wrote it. Python 3 with `cryptography` and `blake3`.

Written from docs/spec/event.md, log.md and checkpoint.md. All faults are collected; the first line is GOOD or the gravest
verdict. Exit codes: 0 good, 1 faults, 2 usage, 3 cannot read or a module is missing.

    python3 verify_export.py FOLDER [--log-key VKEY] [--known-size N --known-root HEX] [--policy FILE] [--json]
"""
import argparse
import re
import sys

sys.dont_write_bytecode = True  # leaves no folder beside the sources

try:
    from registry import Registry
    import signed_note
except ModuleNotFoundError as error:
    print(f"the module {error.name} is missing: pip install cryptography blake3", file=sys.stderr)
    sys.exit(3)
from merkle import WIDTH, Tree, leaf_hash
from report import Report, finish, plain
from tile_folder import CannotRead, TileFolder, missing_runs, tile_path
from witnesses import MOST_POLICY_BYTES, Policy, PolicyRefused


class Verification:
    """One run over one folder."""

    def __init__(self, folder, report, log_key=None, known=None, policy=None):
        self.report, self.log_key, self.known, self.policy = report, log_key, known, policy
        self.files, self.tree = TileFolder(folder, report), Tree()
        self.checkpoint = self.text = self.signatures = None
        self.end = 0

    def run(self):
        self.read_checkpoint()
        self.registry = Registry(self.report, self.checkpoint[0] if self.checkpoint else None)
        self.read_entries()
        self.compare_tiles()
        self.registry.seen.compare(self.tree, self.report)
        self.compare_checkpoint()
        self.compare_known()
        self.compare_cosignatures()
        self.say_the_rest()

    def read_checkpoint(self):
        data = self.files.read("checkpoint", signed_note.MOST_BYTES)
        if data is None:
            self.report.fault("missing-checkpoint", "checkpoint", "a signed checkpoint", "no file")
            return
        try:
            self.text, self.signatures = signed_note.split_note(data)
            self.checkpoint = signed_note.read_checkpoint_text(self.text)
        except signed_note.NoteRefused as refused:
            self.report.fault("malformed-checkpoint", "checkpoint", refused.expected, refused.found)

    def read_entries(self):
        """Hands every entry that is there to the registry, in order."""
        last = 0
        for number in sorted(self.files.tiles.get("entries", {})):
            entries = self.files.bundle(number)
            if number * WIDTH > last:
                self.registry.skip(number * WIDTH - last)
            for place, entry in enumerate(entries):
                self.registry.take(number * WIDTH + place, entry)
            self.tree.levels[0][number] = [leaf_hash(entry) for entry in entries]
            last = number * WIDTH + len(entries)
            self.end = max(self.end, last)
        self.report.count("entries", sum(map(len, self.tree.levels[0].values())))
        self.report.count("authors", len(self.registry.chains))

    def compare_tiles(self):
        size = self.checkpoint[1] if self.checkpoint else self.end
        self.find_missing_entries(size)
        filled = 0
        for level in range(8):
            for number in sorted(self.files.tiles.get(level, {})):
                for path, hashes in self.files.tile_hashes(level, number):
                    filled += self.compare_tile(level, number, path, hashes, size)
            if level < 7:
                self.tree.raise_level(level)
            self.find_missing_tiles(level, size)
        if filled:
            self.report.not_checked(f"{filled} hashes whose entries are missing: taken from the tiles as they stand")

    def compare_tile(self, level, number, path, hashes, size):
        """Compares with what the entries give; hashes that nothing below gives are filled in, and counted."""
        self.report.count("tiles")
        filled, differing = 0, []
        reach = max(size, self.end) // WIDTH**level
        for place, found in enumerate(hashes):
            index = number * WIDTH + place
            expected = self.tree.get(level, index)
            if index >= reach:
                self.report.fault("wrong-tile", path, f"no hash {place}, as no entries reach it", found.hex())
                break
            if expected is None:
                self.tree.put(level, index, found)
                filled += 1
            elif expected != found:
                differing.append((place, expected, found))
        if differing:
            place, expected, found = differing[0]
            more = f" and {len(differing) - 1} more that differ" if len(differing) > 1 else ""
            self.report.fault("wrong-tile", path, f"hash {place} to be {expected.hex()}", found.hex() + more)
        return filled

    def find_missing_entries(self, size):
        """Runs of whole bundles that are not there, and bundles that end too early."""
        bundles = self.tree.levels[0]
        wanted = -(-size // WIDTH)
        for first, end in missing_runs(bundles, wanted):
            last = min(end * WIDTH, size) - 1
            self.report.fault("missing-entries", first * WIDTH, f"the entries up to {last}", "no bundle")
        for number in sorted(number for number in bundles if number < wanted):
            width = min(WIDTH, size - number * WIDTH)
            if len(bundles[number]) < width:
                at = number * WIDTH + len(bundles[number])
                self.report.fault("missing-entries", at, f"{width} entries in the bundle "
                                  f"{tile_path('entries', number, width)}", str(len(bundles[number])))

    def find_missing_tiles(self, level, size):
        count = size // WIDTH**level
        wanted, present = -(-count // WIDTH), self.files.tiles.get(level, {})
        for first, end in missing_runs(present, wanted):
            until = "" if end == first + 1 else f", and all up to {tile_path(level, end - 1)}"
            width = min(WIDTH, count - first * WIDTH)
            self.report.fault("missing-tile", tile_path(level, first, width), f"a tile of {width} hashes{until}", "none")
        for number in sorted(number for number in present if number < wanted):
            width, widest = min(WIDTH, count - number * WIDTH), present[number][-1]
            if widest[0] < width:
                self.report.fault("missing-tile", tile_path(level, number, width), f"a tile of {width} hashes", widest[1])

    def compare_checkpoint(self):
        keys = [(key.first_size, key.public) for key in self.registry.log_keys]
        if self.log_key and keys and not signed_note.told_of_key(self.report, self.log_key[1], keys):
            self.report.fault("log-key", 0, f"a log that {signed_note.verifier_key(*self.log_key)} signs or handed over",
                              signed_note.verifier_key(self.registry.origin, self.registry.log_key))
        if self.log_key and self.registry.origin not in (None, self.log_key[0]):
            self.report.fault("log-key", 0, f"the origin {self.log_key[0]} of the log key that was given",
                              repr(self.registry.origin))
        if not self.checkpoint:
            self.report.not_checked("the root: there is no checkpoint to compare it with")
            return
        if self.log_key and not keys:
            keys = [(0, self.log_key[1])]
        if not keys:
            self.report.not_checked("the checkpoint's signature: no log key was given, and the log has none")
        else:
            self.check_signature(self.log_key[0] if self.log_key else self.registry.origin, keys)
        _, size, expected = self.checkpoint
        if self.end > size:
            self.report.fault("stale-checkpoint", "checkpoint", f"a checkpoint of all {self.end} entries", f"one of {size}")
        root = self.tree.root(size)
        if root is None:
            self.report.not_checked("the checkpoint's root: entries and hashes for it are missing")
        elif root != expected:
            self.report.fault("wrong-root", "checkpoint", f"root {root.hex()} of the first {size} entries", expected.hex())
        self.report.count("size of the checkpoint", size)

    def check_signature(self, name, keys):
        try:
            others = signed_note.check_log_signatures(self.text, self.signatures, name, keys, self.checkpoint[1])
        except signed_note.NoteRefused as refused:
            self.report.fault("checkpoint-signature", "checkpoint", refused.expected, refused.found)
            return
        self.report.count("checkpoint signatures")
        if others:
            self.report.not_checked(f"{others} signatures on the checkpoint by other keys, such as witnesses")

    def compare_known(self):
        if self.known is None:
            self.report.not_checked("whether the log continues one seen before: no known size and root were given")
            return
        size, expected = self.known
        reached = self.checkpoint[1] if self.checkpoint else self.end
        if size > reached:
            self.report.fault("rolled-back", reached, f"at least the {size} entries seen before", f"{reached}")
            return
        root = self.tree.root(size)
        if root is None:
            self.report.not_checked("the known root: entries and hashes for it are missing")
        elif root != expected:
            self.report.fault("split-view", size, f"the known root {expected.hex()} of {size} entries", root.hex())
        else:
            self.report.count("known root at size", size)

    def compare_cosignatures(self):
        """Whether enough witnesses cosigned, and what their times say of the node's."""
        if self.policy is None or not self.checkpoint:
            return
        size = self.checkpoint[1]
        try:
            times = self.policy.times(self.text, self.signatures)
        except signed_note.NoteRefused as refused:
            self.report.fault("unwitnessed", "checkpoint", refused.expected, refused.found)
            return
        self.report.count("cosignatures", len(times))
        if not self.policy.accepts(self.text, self.signatures) or not self.policy.is_met(times):
            found = ", ".join(times) or "none of its witnesses"
            self.report.fault("unwitnessed", "checkpoint", "the quorum of the policy", found)
        if self.tree.root(size) == self.checkpoint[2]:
            self.registry.clocks.compare(self.policy, times, size, self.report)

    def say_the_rest(self):
        report = self.report
        if self.log_key is None:
            report.not_checked("whether this is the log you think it is: no log key was given, the one in the log was used")
        report.not_checked("whether what the events say is true, and movements that were never recorded")
        policy = self.files.read("policy", MOST_POLICY_BYTES)
        report.policy = (policy or b"").decode("utf-8", "replace").splitlines()


def verify(folder, log_key=None, known=None, policy=None):
    """The report on a folder. `log_key` is (origin, public key), `known` (size, root). Raises CannotRead alone."""
    report = Report()
    Verification(folder, report, log_key, known, policy).run()
    return report


def known_of(parser, arguments):
    size, root = arguments.known_size, arguments.known_root
    if size is None and root is None:
        return None
    if size is None or root is None:
        parser.error("--known-size and --known-root belong together")
    if not re.fullmatch("0|[1-9][0-9]{0,19}", size) or not re.fullmatch("[0-9a-f]{64}", root):
        parser.error("a known size is a decimal number, a known root 64 lower-case hexadecimal digits")
    return int(size), bytes.fromhex(root)


def policy_of(parser, arguments):
    if arguments.policy is None:
        return None
    try:
        with open(arguments.policy, "rb") as file:
            return Policy(file.read(MOST_POLICY_BYTES + 1).decode())
    except (PolicyRefused, UnicodeDecodeError, OSError) as refused:
        return parser.error(f"--policy: {refused}")


def main(words):
    parser = argparse.ArgumentParser(description="Verifies a whole exported log.")
    parser.add_argument("folder")
    signed_note.add_log_key(parser)
    parser.add_argument("--known-size", metavar="N", help="a size of this log seen before")
    parser.add_argument("--known-root", metavar="HEX", help="the root at that size")
    parser.add_argument("--policy", metavar="FILE", help="witnesses and quorum that must have cosigned (C2SP tlog-policy)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args(words)
    known, log_key = known_of(parser, arguments), signed_note.log_key_of(parser, arguments)
    try:
        report = verify(arguments.folder, log_key, known, policy_of(parser, arguments))
    except CannotRead as fault:
        print(plain(f"cannot read {fault}"), file=sys.stderr)
        return 3
    return finish(report, arguments.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
