#!/usr/bin/env python3
"""Reads events and entries of the ledger, independently of its program. Python 3, standard library only.

Written from docs/spec/event.md, and the tables of that page are what it runs on: fields, codes, limits and factors
are read from the page, so a wrong table there is a failing vector. It never raises on hostile bytes: Refused names
the broken rule. It knows no hashes and no signatures.

    python3 read_event.py VECTOR...     prints the JSON of each vector, or "refused: CODE"
"""
import datetime
import hashlib
import json
import pathlib
import re
import sys
import unicodedata

sys.dont_write_bytecode = True  # leaves no folder beside the sources

from event_format import SPEC, Refused
from rules import CORRECTION, WHOLE, check_correctable, check_payload, check_quantity, check_year

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = [pow(3, place, 31) for place in range(17)]
CODE_CHARACTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-")
# White_Space of the Unicode character database; str.isspace knows a slightly different set.
WHITE_SPACE = set("\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000") | set(map(chr, range(0x2000, 0x200B)))
# The party kinds, in the order of their tags; the fields of the last two are none.
PARTY_KINDS = {1: ("regulator", "sector", "sector"), 2: ("enterprise", "activities", "list of activity, 1 to 7"),
               3: ("auditor", None, None), 4: ("operator", None, None)}


EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


def is_invisible(code):
    """The table of section 4, and the noncharacters at the end of each plane."""
    return code & 0xFFFE == 0xFFFE or any(code in known for known in SPEC.invisible)


class Reader:
    """Reads fields off bytes; values come out as they stand in JSON."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > SPEC.limits["body, bytes"]:
            raise Refused("too-long")
        if self.at + count > len(self.data):
            raise Refused("truncated")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, width, signed=False):
        return int.from_bytes(self.take(width), "little", signed=signed)

    def count(self, low, high, code):
        found = self.number(8)
        if not low <= found <= high:
            raise Refused(code)
        return found

    def value(self, kind):
        """Reads one value of a type as the page names it."""
        if kind.startswith("optional "):
            tag = self.number(1)
            if tag > 1:
                raise Refused("bad-tag")
            return self.value(kind.removeprefix("optional ")) if tag else None
        listed = re.fullmatch(r"list of (.+), (\d+) to (\d+)", kind)
        if listed:
            count = self.count(int(listed[2]), int(listed[3]), "list-length")
            return [self.value(listed[1]) for _ in range(count)]
        fixed = re.fullmatch(r"bytes (\d+)", kind)
        if fixed:
            return self.take(int(fixed[1])).hex()
        if kind in SPEC.codes:
            return self.coded(kind, self.number(1))
        reader = getattr(self, "read_" + kind.replace(" ", "_"), None)
        if reader:
            return reader()
        fields = {name: self.value(of) for name, of in SPEC.fields[kind]}
        return quantity(fields) if kind == "quantity" else fields

    @staticmethod
    def coded(kind, code):
        if code not in SPEC.codes[kind]:
            raise Refused("unknown-code")
        return SPEC.codes[kind][code]

    def read_u8(self):
        return self.number(1)

    def read_u16(self):
        return self.number(2)

    def read_u32(self):
        return self.number(4)

    def read_u64(self):
        return self.number(8)

    def read_bool(self):
        value = self.number(1)
        if value > 1:
            raise Refused("bad-tag")
        return value == 1

    def read_code(self):
        # A code of no bytes is refused for its length too.
        characters = self.take(self.count(0, SPEC.limits["code, bytes"], "text-length"))
        if not characters:
            raise Refused("text-length")
        if not set(characters) <= set(map(ord, CODE_CHARACTERS)):
            raise Refused("code-character")
        return characters.decode("ascii")

    def text(self, low, high):
        raw = self.take(self.count(low, high, "text-length"))
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("text-encoding") from None
        if any(unicodedata.category(character) == "Cc" for character in text):
            raise Refused("text-control")
        if any(is_invisible(ord(character)) for character in text):
            raise Refused("text-invisible")
        if text and (text[0] in WHITE_SPACE or text[-1] in WHITE_SPACE):
            raise Refused("text-space")
        if unicodedata.normalize("NFC", text) != text:
            raise Refused("text-normal-form")
        return text

    def read_term(self):
        return self.text(1, SPEC.limits["term, bytes"])

    def read_note(self):
        return self.text(0, SPEC.limits["note, bytes"])

    def read_party(self):
        length = {1: 18, 2: 20}.get(self.number(1))
        if length is None:
            raise Refused("unknown-code")
        party = self.take(length).decode("latin-1")
        check_uscc(party) if length == 18 else check_lei(party)
        return party

    def read_lot(self):
        return self.read_party() + "/" + self.read_code()

    def read_site(self):
        return self.read_lot()

    def read_country(self):
        letters = self.take(2).decode("latin-1")
        if not all("A" <= letter <= "Z" for letter in letters):
            raise Refused("country")
        return letters

    def read_hs_code(self):
        digits = self.take(10).decode("latin-1")
        if not all("0" <= digit <= "9" for digit in digits):
            raise Refused("hs-code")
        return digits

    def read_division(self):
        code = self.number(4)
        province, city, county = code // 10_000, code // 100 % 100, code % 100
        if code > 999_999 or (province == 0 and code) or (city == 0 and county):
            raise Refused("division")
        return f"{code:06}"

    def read_moment(self):
        ms = self.number(8, signed=True)
        if not SPEC.limits["first moment, ms"] <= ms <= SPEC.limits["last moment, ms"]:
            raise Refused("time")
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
        return moment.isoformat(timespec="milliseconds") + "Z"

    def read_month(self):
        year, month = self.number(2), self.number(1)
        check_year(year)
        if not 1 <= month <= 12:
            raise Refused("month")
        return f"{year}-{month:02}"

    def read_day(self):
        year, month, day = self.number(2), self.number(1), self.number(1)
        try:
            if not SPEC.limits["first year"] <= year <= SPEC.limits["last year"]:
                raise ValueError
            return datetime.date(year, month, day).isoformat()
        except ValueError:
            raise Refused("day") from None

    def read_zone(self):
        minutes = self.number(2, signed=True)
        if not -840 <= minutes <= 840:
            raise Refused("zone")
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"

    def read_mass(self):
        mg = self.number(8)
        if mg > SPEC.limits["mass, mg"]:
            raise Refused("mass-too-large")
        return mg

    def read_ppm(self):
        share = self.number(4)
        if share > WHOLE:
            raise Refused("share-above-whole")
        return share

    def read_composition(self):
        elements = SPEC.codes["rare earth element"]
        shares = []
        for _ in range(self.count(1, len(elements), "list-length")):
            element = self.number(1)
            self.coded("rare earth element", element)
            shares.append((element, self.number(4)))
        places = [element for element, _ in shares]
        if any(low >= high for low, high in zip(places, places[1:])) or any(share == 0 for _, share in shares):
            raise Refused("list-order")
        if sum(share for _, share in shares) != WHOLE:
            raise Refused("composition-sum")
        return ",".join(f"{elements[element]}:{share}" for element, share in shares)

    def read_product(self):
        product, kind, third = self.take(3)
        one = {1: ("ore", "ore"), 3: ("metal", "rare earth element"), 4: ("alloy", "metal"), 5: ("magnet", "magnet material"),
               6: ("scrap", "magnet material"), 7: ("residue", "residue"), 8: ("raw-ore", "ore")}
        if product == 2:
            of = self.coded("rare earth element", third) if third else "mixed"
            return f"compound/{self.coded('compound form', kind)}/{of}"
        if product not in one or third != 0:
            raise Refused("unknown-code")
        prefix, codes = one[product]
        return f"{prefix}/{self.coded(codes, kind)}"

    def read_party_kind(self):
        tag = self.number(1)
        if tag not in PARTY_KINDS:
            raise Refused("unknown-code")
        name, field, kind = PARTY_KINDS[tag]
        return {name: {field: self.value(kind)}} if field else name

    def read_destination(self):
        tag = self.number(1)
        if tag not in (1, 2, 3):
            raise Refused("unknown-code")
        return "end-user" if tag == 2 else ("stockpile/" if tag == 3 else "") + self.read_party()

    def read_holder(self):
        tag = self.number(1)
        if tag not in (1, 2):
            raise Refused("unknown-code")
        return {"party": self.read_party()} if tag == 1 else {"group": self.read_code()}

    def read_event_bytes(self):
        return self.take(self.count(1, SPEC.limits["corrected event, bytes"], "list-length")).hex()

    def read_replacement(self):
        number = int.from_bytes(self.data[self.at:self.at + 2], "little")
        if number == CORRECTION:
            raise Refused("nested-correction")
        payload = self.read_payload()
        check_correctable(number)
        return payload

    def read_payload(self):
        number = self.number(2)
        if number not in SPEC.payloads:
            raise Refused("unknown-payload")
        name = SPEC.payloads[number]
        return {"event": name} | {field: self.value(kind) for field, kind in SPEC.fields[name]}


def quantity(fields):
    """Checked, and in the form of JSON: no method is not said, and what the scales showed stands beside the rest."""
    check_quantity(fields)
    wet = fields.pop("wet") or {}
    if fields["method"] is None:
        del fields["method"]
    return fields | wet


def check_uscc(party):
    if not all(character in USCC_ALPHABET for character in party[:17]):
        raise Refused("party-shape")
    total = sum(USCC_ALPHABET.index(character) * weight for character, weight in zip(party, USCC_WEIGHTS))
    if party[17] != USCC_ALPHABET[-total % 31]:
        raise Refused("uscc-check")


def check_lei(party):
    if not all("0" <= c <= "9" or "A" <= c <= "Z" for c in party):
        raise Refused("party-shape")
    if int("".join(str(int(c, 36)) for c in party)) % 97 != 1 or not party[18:].isdigit():
        raise Refused("lei-check")


def read_body(data):
    """The JSON form of a body; Refused where the bytes are none."""
    if len(data) > SPEC.limits["body, bytes"]:
        raise Refused("too-long")
    if len(data) < 2:
        raise Refused("truncated")
    if data[:2] != b"\x01\x00":
        raise Refused("unknown-version")
    reader = Reader(data)
    body = {name: reader.value(kind) for name, kind in SPEC.fields["Envelope"]}
    if reader.at != len(data):
        raise Refused("trailing-bytes")
    if body["signed"] < body["occurred"]:
        raise Refused("signed-before-occurred")
    if (body["seen"]["size"] == 0) != (body["seen"]["root"] == EMPTY_ROOT):
        raise Refused("seen-root")
    check_payload(body, read_body)
    return body


def read_entry(data):
    """The JSON form of an entry; its body stays hexadecimal, as an entry does not look into it."""
    if len(data) > SPEC.limits["entry, bytes"]:
        raise Refused("too-long")
    rest = Reader(data[:8])
    received = rest.read_moment()
    length = int.from_bytes(part(data, 8, 8), "little")
    if length > SPEC.limits["body, bytes"]:
        raise Refused("too-long")
    body = part(data, 16, length)
    count = int.from_bytes(part(data, 16 + length, 8), "little")
    if not 1 <= count <= SPEC.limits["signatures"]:
        raise Refused("signature-count")
    first, end = 24 + length, 24 + length + 72 * count
    if len(data) != end:
        raise Refused("truncated" if len(data) < end else "trailing-bytes")
    pairs = [data[at:at + 72] for at in range(first, end, 72)]
    if any(low[:8] >= high[:8] for low, high in zip(pairs, pairs[1:])):
        raise Refused("signature-order")
    signatures = [{"key": pair[:8].hex(), "signature": pair[8:].hex()} for pair in pairs]
    return {"body": body.hex(), "received": received, "signatures": signatures}


def part(data, at, count):
    if at + count > len(data):
        raise Refused("truncated")
    return data[at:at + count]


def load_vector(path):
    """Header fields, bytes and the JSON text (empty for a faulty one) of a vector file."""
    text, _, expected = path.read_text(encoding="utf-8").partition("\njson:\n")
    header, _, digits = (text + "\n").partition("\nbytes:\n")
    fields = dict(line.split(": ", 1) for line in header.splitlines())
    digits, _, identity = digits.partition("id: ")
    fields["id"] = identity.strip()
    data = bytes.fromhex("".join(digits.split())) + bytes(int(fields.get("zeros", "0")))
    return fields, data, expected


def read_vector(path):
    """What this reader makes of a vector: its JSON text, or "refused: CODE"."""
    fields, data, _ = load_vector(path)
    try:
        value = read_entry(data) if fields["kind"] == "entry" else read_body(data)
    except Refused as refused:
        return f"refused: {refused}"
    return json.dumps(value, ensure_ascii=False, indent=2)


def main(paths):
    if not paths:
        print("name one or more vectors, such as tests/vectors/wire/lot-mined.txt", file=sys.stderr)
        return 2
    for path in paths:
        print(read_vector(pathlib.Path(path)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
