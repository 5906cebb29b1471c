#!/usr/bin/env python3
"""Verifies the extract of one enterprise, independently of the program that wrote it. Python 3 with `cryptography` and `blake3`.

Written from docs/spec/extract.md, event.md, log.md and checkpoint.md. All faults are collected; the first line is GOOD or
the gravest verdict. Exit codes: 0 good, 1 faults, 2 usage, 3 cannot read or a module is missing.

    python3 verify_extract.py FILE [--log-key VKEY] [--json]
"""
import argparse
import json
import re
import sys

sys.dont_write_bytecode = True  # leaves no folder beside the sources

try:
    from registry import Registry
    import signed_note
except ModuleNotFoundError as error:
    print(f"the module {error.name} is missing: pip install cryptography blake3", file=sys.stderr)
    sys.exit(3)
import acts
from event_format import Refused
from handed import MOST_EXTRACT_BYTES, CannotRead, read_named
from merkle import join, leaf_hash
from reach import Reach
from read_event import Reader, read_body, read_entry
from report import Report, finish, plain

FORMAT = "ytterby extract v1"
HEX, HASH = re.compile("(?:[0-9a-f]{2})*"), re.compile("[0-9a-f]{64}")


class NotAnExtract(Exception):
    """The document is no extract: the text says where."""


def is_number(value):
    return type(value) is int and 0 <= value < 2**64


def is_hash(value):
    return isinstance(value, str) and HASH.fullmatch(value) is not None


def is_hex(value):
    return isinstance(value, str) and HEX.fullmatch(value) is not None


def is_proof(value):
    return isinstance(value, list) and all(map(is_hash, value))


def is_party(value):
    """The id of a party, as an event would spell it."""
    if not isinstance(value, str) or not value.isascii():
        return False
    for kind in (1, 2):
        try:
            if Reader(bytes([kind]) + value.encode()).read_party() == value:
                return True
        except Refused:
            pass
    return False


def fields(value, where, checks):
    """The object with exactly these fields, each as its check asks."""
    if not isinstance(value, dict) or set(value) != set(checks):
        raise NotAnExtract(f"{where} has the fields {', '.join(checks)}")
    for name, check in checks.items():
        if not check(value[name]):
            raise NotAnExtract(f"{name} of {where}")
    return value


def once(pairs):
    """An object whose fields are each there once."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotAnExtract("a field is there twice")
    return made


def read_document(data):
    """The extract in UTF-8 JSON, its form checked; NotAnExtract if it is none."""
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise NotAnExtract(f"JSON in UTF-8: {error}") from None
    return check_document(document)


def check_document(document):
    if isinstance(document, dict):
        document = {"heads": None, "last": None} | document
    fields(document, "the extract", {
        "format": lambda value: value == FORMAT, "party": is_party, "checkpoint": lambda value: isinstance(value, str),
        "entries": lambda value: isinstance(value, list), "last": lambda value: value is None or isinstance(value, dict), "heads": lambda value: value is None or isinstance(value, dict)})
    for entry in document["entries"]:
        fields(entry, "an entry", {"position": is_number, "entry": is_hex, "proof": is_proof})
    if document["last"] is not None:
        fields(document["last"], "the last entry", {"entry": is_hex, "proof": is_proof})
    if document["heads"] is not None:
        heads = fields(document["heads"], "the heads",
                       {"position": is_number, "leaves": lambda value: isinstance(value, list)})
        for leaf in heads["leaves"]:
            fields(leaf, "a leaf", {"index": is_number, "author": is_party, "last_seq": is_number, "last": is_hash,
                                    "proof": is_proof})
    return document


def root_of_proof(leaf, position, size, proof):
    """The root that an inclusion proof leads to, or None if it has too many hashes or too few: RFC 9162, section 2.1.3.2."""
    if position >= size:
        return None
    node, last, computed = position, size - 1, leaf
    for hash_ in map(bytes.fromhex, proof):
        if last == 0:
            return None
        if node & 1 or node == last:
            computed = join(hash_, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = join(computed, hash_)
        node, last = node >> 1, last >> 1
    return computed if last == 0 else None


class PartOfALog(Registry):
    """The registry over the entries of an extract: what rests on chains that are not in it can't be decided."""

    def __init__(self, report, origin, party):
        super().__init__(report, origin)
        self.party, self.payload, self.commitments, self.events = party, None, {}, {}
        self.is_open = False
        self.reach = Reach(self.numbers.day_of)

    def take(self, position, data):
        faults, self.is_open = len(self.report.faults), False
        super().take(position, data)
        # The chain has moved only if the event is sound.
        while self.moves:
            _, author, seq, identity = self.moves.pop()
            self.events.setdefault(author, []).append((position, seq, identity))
            # What is not decided has no effect, but may be annulled.
            if self.is_open and len(self.report.faults) == faults:
                self.acts.note(self.payload, identity)

    def check_received(self, received):
        super().check_received(received)
        self.reach.take(self.position, received)

    def check_heads(self, payload):
        self.commitments[self.position] = payload
        self.reach.commitments.append(self.position)

    def permit(self, payload, author, received, signed_by):
        self.payload = payload
        super().permit(payload, author, received, signed_by)

    def is_elsewhere(self, party):
        return party != self.party and party not in self.events

    def missing(self, kind, expected, found, about=None):
        """An act about others may rest on what is in chains that are not here: of them, or of who moved them."""
        about = [about] if about else []
        if not about and self.payload and kind == "registry":
            about = acts.subjects(self.payload)
        elif self.payload and kind in ("outside-division", "not-over-regulators", "unknown-act"):
            about = acts.places(self.payload)
        if any(map(self.is_elsewhere, about)):
            self.report.count("acts about parties whose chains are not in the extract")
            self.is_open = True
        else:
            self.report.fault(kind, self.position, expected, found)


class Verification:
    """One run over one document."""

    def __init__(self, document, report, log_key=None):
        self.document, self.report, self.log_key = document, report, log_key
        self.checkpoint = self.text = self.signatures = None

    def run(self):
        try:
            self.text, self.signatures = signed_note.split_note(self.document["checkpoint"].encode("utf-8", "replace"))
            self.checkpoint = signed_note.read_checkpoint_text(self.text)
        except signed_note.NoteRefused as refused:
            self.report.fault("malformed-checkpoint", "checkpoint", refused.expected, refused.found)
            return
        self.registry = PartOfALog(self.report, self.checkpoint[0], self.document["party"])
        self.read_entries()
        self.check_signature()
        self.check_completeness()
        self.check_reach()
        self.say_the_rest()

    def read_entries(self):
        _, size, root = self.checkpoint
        before = -1
        for part in self.document["entries"]:
            position, entry = part["position"], bytes.fromhex(part["entry"])
            if position <= before:
                self.report.fault("malformed-entry", position, f"a position above {before}", str(position))
            before = position
            if root_of_proof(leaf_hash(entry), position, size, part["proof"]) != root:
                self.report.fault("wrong-root", position, "an entry under the checkpoint", "a proof that leads elsewhere")
            self.registry.take(position, entry)
        self.report.count("entries", len(self.document["entries"]))

    def check_signature(self):
        keys = [(key.first_size, key.public) for key in self.registry.log_keys]
        name = self.log_key[0] if self.log_key else self.registry.origin
        if self.log_key and keys and not signed_note.told_of_key(self.report, self.log_key[1], keys):
            self.report.fault("log-key", 0, f"a log that {signed_note.verifier_key(*self.log_key)} signs or handed over",
                              signed_note.verifier_key(self.registry.origin, self.registry.log_key))
        if not keys:
            keys = [(0, self.log_key[1])] if self.log_key else []
            self.report.fault("founding", 0, "the founding at position 0, which names the log key", "none")
        elif self.registry.origin != self.checkpoint[0]:
            self.report.fault("founding", 0, f"the founding of {self.checkpoint[0]}", f"that of {self.registry.origin}")
        if not keys:
            return
        try:
            signed_note.check_log_signatures(self.text, self.signatures, name, keys, self.checkpoint[1])
        except signed_note.NoteRefused as refused:
            self.report.fault("checkpoint-signature", "checkpoint", refused.expected, refused.found)
            return
        self.report.count("checkpoint signatures")

    def check_completeness(self):
        heads = self.document["heads"]
        if heads is None:
            self.report.not_checked("whether events were left out: the extract holds no leaves of a commitment to heads")
            return
        commitment = self.registry.commitments.get(heads["position"])
        if commitment is None:
            self.report.fault("heads", heads["position"], "a commitment to heads at this position", "none")
            return
        if commitment["covered"] > heads["position"]:
            self.report.fault("heads", heads["position"], "a commitment that covers what lies before it",
                              f"one over {commitment['covered']} entries")
        for leaf in heads["leaves"]:
            author = leaf["author"].encode()
            hash_ = leaf_hash(bytes([len(author)]) + author + leaf["last_seq"].to_bytes(8, "little")
                              + bytes.fromhex(leaf["last"]))
            root = root_of_proof(hash_, leaf["index"], commitment["authors"], leaf["proof"])
            if root != bytes.fromhex(commitment["root"]):
                self.report.fault("heads", heads["position"], f"the leaf of {leaf['author']} under the commitment",
                                  "a proof that leads elsewhere")
        for author in sorted({self.document["party"], *self.registry.events}):
            self.check_author(author, heads, commitment)
        self.report.not_checked(f"whether events were left out from position {commitment['covered']} on")
        self.report.not_checked(f"whether the commitment at position {heads['position']} is true: only the whole log shows it")

    def check_reach(self):
        """The log's last entry is there, under the newest commitment, in its month."""
        heads, reach, end = self.document["heads"], self.registry.reach, self.checkpoint[1] - 1
        if end < 0 or not self.check_last(end) or reach.dated[-1][0] != end or reach.dated[0][0] != 0:
            return
        commitment = self.registry.commitments.get(heads["position"]) if heads else None
        faults, until, note = reach.faults(heads, commitment, reach.dated[-1][1])
        for position, expected, found in faults:
            self.report.fault("missing-entries", position, expected, found)
        if until and not self.report.faults:
            self.report.proven(f"{until}: every event of {self.document['party']} that was received before is here, by the "
                               "operator's commitment")
        self.report.not_checked(note)

    def check_last(self, end):
        """Whether there is a last entry that dates the log, among the others or apart from them, not both."""
        entries, last = self.document["entries"], self.document["last"]
        among = bool(entries) and entries[-1]["position"] == end
        if among and last:
            self.report.fault("malformed-entry", end, "the log's last entry once", "it is there twice")
        elif not among and not last:
            self.report.fault("missing-entries", end, "the log's last entry", "none: nothing says how far the log goes on")
        elif last:
            return self.check_apart(end, bytes.fromhex(last["entry"]), last["proof"])
        return among and bool(self.registry.reach.dated)

    def check_apart(self, end, data, proof):
        registry = self.registry
        try:
            entry = read_entry(data)
            body = read_body(bytes.fromhex(entry["body"]))
        except Refused as refused:
            self.report.fault("malformed-entry", end, "the log's last entry, an event", f"one refused as {refused}")
            return False
        if root_of_proof(leaf_hash(data), end, self.checkpoint[1], proof) != self.checkpoint[2]:
            self.report.fault("wrong-root", end, "an entry under the checkpoint", "a proof that leads elsewhere")
        author = body["author"]
        if author in (registry.founder, registry.operator) or not registry.is_elsewhere(author):
            self.report.fault("missing-entries", end, f"every event of {author}, whose chain is in the extract",
                              "its last one apart from the others")
        if registry.ledger and bytes.fromhex(body["ledger"]) != registry.ledger:
            self.report.fault("another-ledger", end, f"an event for the ledger {registry.ledger.hex()}", body["ledger"])
        registry.position = end
        registry.check_received(entry["received"])
        return True

    def check_author(self, author, heads, commitment):
        """The last event before the commitment is the one that the author's leaf names, or neither is there."""
        covered = [move for move in self.registry.events.get(author, []) if move[0] < commitment["covered"]]
        leaf = next((leaf for leaf in heads["leaves"] if leaf["author"] == author), None)
        if leaf and covered:
            holds = covered[-1][1:] == (leaf["last_seq"], bytes.fromhex(leaf["last"]))
        else:
            holds = not leaf and not covered and is_absent(author, heads["leaves"], commitment["authors"])
        if not holds:
            self.report.fault("missing-entries", heads["position"], f"every event of {author} up to its leaf",
                              f"the last has seq {covered[-1][1]}" if covered else "none")
        self.report.count("authors compared with the commitment")

    def say_the_rest(self):
        report = self.report
        if self.log_key is None:
            report.not_checked("whether this is the log you think it is: no log key was given, the one in the log was used")
        report.not_checked("authors whose chains are not in the extract: they may have revoked a key or suspended a party")
        report.not_checked("whether authors had seen the log as it is: that takes the whole log")
        report.not_checked("whether what the events say is true, and movements that were never recorded")


def is_absent(author, leaves, count):
    """Whether leaves side by side, or one at the end of the tree, leave no place for this author."""
    order = (len(author), author)
    below = max((leaf["index"] for leaf in leaves if (len(leaf["author"]), leaf["author"]) < order), default=-1)
    above = min((leaf["index"] for leaf in leaves if (len(leaf["author"]), leaf["author"]) > order), default=count)
    return below + 1 == above


def verify(document, log_key=None):
    """The report on an extract as JSON gives it. `log_key` is (origin, public key)."""
    report = Report()
    try:
        Verification(check_document(document), report, log_key).run()
    except NotAnExtract as refused:
        report.fault("malformed-entry", 0, "an extract", str(refused))
    return report


def main(words):
    parser = argparse.ArgumentParser(description="Verifies the extract of one enterprise.")
    parser.add_argument("file")
    signed_note.add_log_key(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args(words)
    log_key = signed_note.log_key_of(parser, arguments)
    try:
        data = read_named(arguments.file, MOST_EXTRACT_BYTES)
    except CannotRead as fault:
        print(plain(f"cannot read {fault}"), file=sys.stderr)
        return 3
    report = Report()
    try:
        Verification(read_document(data), report, log_key).run()
    except NotAnExtract as refused:
        report.fault("malformed-entry", 0, "an extract", str(refused))
    return finish(report, arguments.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
