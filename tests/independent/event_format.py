"""The specification page as data: fields, codes, limits and factors out of the tables of docs/spec/event.md.

A reader that runs on these tables fails with the page: what stands there is what is tested. Knows nothing of bytes.
"""
import pathlib

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "spec" / "event.md"


class Refused(Exception):
    """The bytes are not an event; the argument is the code of the broken rule."""


class Page:
    """The tables of the specification page."""

    def __init__(self, text):
        self.fields, self.payloads, self.codes, self.limits, self.factors = {}, {}, {}, {}, {}
        self.invisible = []
        heading, columns = "", None
        for line in text.splitlines():
            if line.startswith("#"):
                heading, columns = line.lstrip("# ").replace("`", ""), None
            elif line.startswith("|"):
                cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
                if columns is None:
                    columns = cells
                elif not set(line) <= set("|-"):
                    self.row(heading, columns, cells)
            else:
                columns = None

    def row(self, heading, columns, cells):
        if columns[:2] == ["field", "type"]:
            number, _, name = heading.partition(" ")
            if number.isdigit():
                self.payloads[int(number)], heading = name, name
            self.fields.setdefault(heading, []).append((cells[0], cells[1]))
        elif columns == ["type", "codes"]:
            pairs = (pair.split(" ", 1) for pair in cells[1].split(", "))
            self.codes[cells[0]] = {int(code): name for code, name in pairs}
        elif columns[:2] == ["from", "to"]:
            self.invisible.append(range(*(int(cell.removeprefix("U+"), 16) + last for last, cell in enumerate(cells[:2]))))
        elif columns[:2] == ["limit", "value"]:
            self.limits[cells[0]] = int(cells[1].replace(" ", ""))
        elif columns[-1] == "factor, ppm":
            self.factors[cells[0]] = int(cells[-1])


SPEC = Page(PAGE.read_text(encoding="utf-8"))
