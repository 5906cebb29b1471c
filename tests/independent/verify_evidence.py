#!/usr/bin/env python3
"""Verifies evidence, independently of the program that wrote it. Python 3 with `cryptography` and `blake3`.

Written from docs/spec/evidence.md, event.md, log.md and checkpoint.md. The first line is EQUIVOCATION if the evidence holds,
else what is wrong with the file, and then it accuses nobody. Exit codes: 1 whatever was found, 2 usage, 3 cannot read or a
module is missing.

    python3 verify_evidence.py FILE [--log-key VKEY] [--json]
"""
import argparse
import sys

sys.dont_write_bytecode = True  # leaves no folder beside the sources

try:
    from keys import derived, key_id
    import signed_note
except ModuleNotFoundError as error:
    print(f"the module {error.name} is missing: pip install cryptography blake3", file=sys.stderr)
    sys.exit(3)
from ed25519 import key_fault, signature_fault
from event_format import SPEC, Refused
from merkle import is_consistent
from read_event import read_body
from report import Report
from single_file import NotSuchAFile, fields, is_hash, is_hex, is_pair, is_signature, is_text, read_json, run

FORMAT = "ytterby evidence v1"


def check_form(document):
    """The document, of one of the two kinds, its form checked."""
    head = {"format": lambda value: value == FORMAT, "kind": is_text}
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind == "two-events":
        fields(document, "the evidence", head | {"origin": is_text, "events": is_pair})
        for event in document["events"]:
            fields(event, "an event", {"body": is_hex, "signatures": lambda value: isinstance(value, list)})
            if not 1 <= len(event["signatures"]) <= SPEC.limits["signatures"]:
                raise NotSuchAFile(f"1 to {SPEC.limits['signatures']} signatures of an event")
            for signature in event["signatures"]:
                fields(signature, "a signature", {"key": is_hash, "signature": is_signature})
    elif kind == "two-histories":
        proof = lambda value: isinstance(value, list) and all(map(is_hash, value))
        fields(document, "the evidence", head | {
            "log_keys": lambda value: is_pair(value) and all(map(is_text, value)),
            "checkpoints": lambda value: is_pair(value) and all(map(is_text, value)),
            "other_root": lambda value: value is None or is_hash(value), "proof": proof}, optional=("other_root",))
    else:
        raise NotSuchAFile("a kind, two-events or two-histories")
    return document


class Verification:
    """One run over one document."""

    def __init__(self, document, report, log_key=None):
        self.document, self.report, self.log_key = document, report, log_key

    def run(self):
        if self.document["kind"] == "two-events":
            self.two_events()
        else:
            self.two_histories()

    def wrong(self, kind, expected, found):
        self.report.fault(kind, "file", expected, found)

    def two_events(self):
        origin = self.document["origin"]
        if self.log_key is not None and self.log_key[0] != origin:
            self.wrong("founding", f"events of the log {self.log_key[0]}", origin)
        events = [self.event(event) for event in self.document["events"]]
        if None in events:
            return
        (one, one_id), (other, other_id) = events
        if one["ledger"] != other["ledger"]:
            self.wrong("malformed-entry", "two events of one ledger", f"{one['ledger']} and {other['ledger']}")
        elif one["author"] != other["author"]:
            self.wrong("malformed-entry", "two events of one author", f"{one['author']} and {other['author']}")
        elif one["seq"] != other["seq"]:
            self.wrong("malformed-entry", "two events with one seq", f"{one['seq']} and {other['seq']}")
        elif one_id == other_id:
            self.wrong("malformed-entry", "two different events", f"{one_id.hex()} twice")
        elif one_id > other_id:
            self.wrong("malformed-entry", "the lower id first", one_id.hex())
        for body in (one, other):
            expected = derived("origin", origin.encode()).hex()
            if body["payload"]["event"] == "ledger-founded" and body["ledger"] != expected:
                self.wrong("malformed-entry", f"a founding for the hash {expected} of {origin}", body["ledger"])
        if not self.report.faults:
            self.wrong("evidence-holds", f"one event of {one['author']} with seq {one['seq']}",
                       f"two, each signed: {one_id.hex()} and {other_id.hex()}")
            self.report.not_checked("whose the keys are: both events are signed by the keys that the file itself brings, in "
                                    f"the name of {one['author']}; whose they are, and whether their ledger is the one that the file "
                                    "names, you must know by another way, as from a log")

    def event(self, event):
        """Body and id, or None if it is no event; a signature that does not hold is told."""
        raw = bytes.fromhex(event["body"])
        try:
            body = read_body(raw)
        except Refused as refused:
            self.wrong("malformed-entry", "a canonical event", f"one refused as {refused}")
            return None
        identities = []
        for signature in event["signatures"]:
            key = bytes.fromhex(signature["key"])
            identities.append(key_id(key))
            message = b"ytterby event v1\0" + raw
            fault = key_fault(key) or signature_fault(key, bytes.fromhex(signature["signature"]), message)
            if fault:
                self.wrong("signature", f"a signature by {signature['key']}", fault)
            self.report.count("event signatures")
        if any(low >= high for low, high in zip(identities, identities[1:])):
            self.wrong("malformed-entry", "signatures that ascend by key id", "others")
        return body, derived("event id", raw)

    def two_histories(self):
        try:
            keys = [signed_note.read_verifier_key(key) for key in self.document["log_keys"]]
        except signed_note.NoteRefused as refused:
            self.wrong("malformed-entry", refused.expected, refused.found)
            return
        name = keys[0][0]
        if self.log_key is not None and any(key != self.log_key for key in keys):
            self.wrong("checkpoint-signature", "checkpoints signed by the key given", "another key")
        checkpoints = [self.checkpoint(note, *key) for note, key in zip(self.document["checkpoints"], keys)]
        if None in checkpoints:
            return
        (_, old, old_root), (_, new, new_root) = checkpoints
        if (old, old_root) > (new, new_root):
            self.wrong("malformed-entry", "the smaller size first, of equal sizes the lower root", f"{old} and {new}")
        elif not self.contradict(old, old_root, new, new_root):
            self.wrong("malformed-entry", "two checkpoints that contradict", f"sizes {old} and {new} that may agree")
        if not self.report.faults:
            self.wrong("evidence-holds", f"one history of {name}", f"two, at sizes {old} and {new}")
            if self.log_key is None:
                self.report.not_checked("whose the keys are: both checkpoints are signed by the keys that the file itself "
                                        f"brings, in the name of {name}; whose they are you must know by another way")
            else:
                self.report.proven(f"the evidence holds by the log key that you gave: {name} signed two checkpoints of which "
                                   "neither extends the other")

    def checkpoint(self, note, name, key):
        try:
            text, lines = signed_note.split_note(note.encode("utf-8", "replace"))
            signed_note.check_note_signature(text, lines, name, key)
            self.report.count("checkpoint signatures")
            return signed_note.read_checkpoint_text(text)
        except signed_note.NoteRefused as refused:
            self.wrong("checkpoint-signature", refused.expected, refused.found)
            return None

    def contradict(self, old, old_root, new, new_root):
        other, proof = self.document.get("other_root"), list(map(bytes.fromhex, self.document["proof"]))
        if other is None:
            return old == new and old_root != new_root and not proof
        other = bytes.fromhex(other)
        return other != old_root and is_consistent(old, other, new, new_root, proof)


def verify(data, log_key=None):
    """The report on the bytes of a file. `log_key` is (origin, public key)."""
    report = Report()
    try:
        Verification(check_form(read_json(data)), report, log_key).run()
    except NotSuchAFile as refused:
        report.fault("malformed-entry", "file", "evidence", str(refused))
    return report


def main(words):
    return run(argparse.ArgumentParser(description="Verifies evidence."), words, verify)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
