#!/usr/bin/env python3
"""Verifies the receipt of one event, independently of the program that wrote it. Python 3 with `cryptography` and `blake3`.

Written from docs/spec/checkpoint.md section 6, event.md and log.md. The log's key must be brought: without it a receipt
proves nothing. Exit codes: 0 good, 1 faults, 2 usage, 3 cannot read or a module is missing.

    python3 verify_receipt.py FILE --log-key VKEY [--json]
"""
import argparse
import re
import sys

sys.dont_write_bytecode = True  # leaves no folder beside the sources

try:
    from keys import derived
    import signed_note
except ModuleNotFoundError as error:
    print(f"the module {error.name} is missing: pip install cryptography blake3", file=sys.stderr)
    sys.exit(3)
from event_format import Refused
from merkle import leaf_hash
from read_event import read_body, read_entry
from report import Report
from single_file import NotSuchAFile, fields, is_text, read_json, run
from verify_extract import root_of_proof

FORMAT, HEADER = "ytterby receipt v1", "c2sp.org/tlog-proof@v1"
MOST_PROOF_BYTES, MOST_HASHES = 262_144, 64


def read_proof(text):
    """Position, hashes as hexadecimal, the note, and the bytes of the extra line or None, of a tlog-proof."""
    if len(text.encode("utf-8", "replace")) > MOST_PROOF_BYTES:
        raise NotSuchAFile(f"a proof of at most {MOST_PROOF_BYTES} bytes")
    head, empty_line, note = text.partition("\n\n")
    lines = head.split("\n")
    if not empty_line or len(lines) < 2 or lines[0] != HEADER:
        raise NotSuchAFile(f"a proof that begins with {HEADER}")
    extra = None
    if lines[1].startswith("extra "):
        extra = signed_note.decode_base64(lines.pop(1)[6:])
        if not extra:
            raise NotSuchAFile("base64 in the line extra")
    index = re.fullmatch("index (0|[1-9][0-9]{0,19})", lines[1] if len(lines) > 1 else "")
    if index is None or int(index[1]) >= 2**64:
        raise NotSuchAFile("the line index N")
    hashes = [signed_note.decode_base64(line) for line in lines[2:]]
    if len(hashes) > MOST_HASHES or any(hash_ is None or len(hash_) != 32 for hash_ in hashes):
        raise NotSuchAFile(f"at most {MOST_HASHES} hashes of 32 bytes in base64")
    return int(index[1]), [hash_.hex() for hash_ in hashes], note, extra


def check(document, log_key, report):
    fields(document, "the receipt", {"format": lambda value: value == FORMAT, "entry": is_text, "proof": is_text})
    position, hashes, note, extra = read_proof(document["proof"])
    if extra is not None:
        report.not_checked(f"what the extra line of the proof says: nothing signs its {len(extra)} bytes")
    entry = signed_note.decode_base64(document["entry"])
    if entry is None:
        raise NotSuchAFile("the entry in base64")
    try:
        text, lines = signed_note.split_note(note.encode("utf-8", "replace"))
        signed_note.check_note_signature(text, lines, *log_key)
        _, size, root = signed_note.read_checkpoint_text(text)
        report.count("checkpoint signatures")
        if root_of_proof(leaf_hash(entry), position, size, hashes) != root:
            report.fault("wrong-root", position, f"a proof that leads to {root.hex()}", "another")
    except signed_note.NoteRefused as refused:
        report.fault("checkpoint-signature", position, refused.expected, refused.found)
    try:
        raw = bytes.fromhex(read_entry(entry)["body"])
        body = read_body(raw)
    except Refused as refused:
        report.fault("malformed-entry", position, "a canonical entry", f"one refused as {refused}")
        return
    report.count(f"event {derived('event id', raw).hex()} of {body['author']} at position {position}")
    report.not_checked(f"whether the event's signatures are by keys of {body['author']}: only a log tells")


def verify(data, log_key):
    """The report on the bytes of a file. `log_key` is (origin, public key)."""
    report = Report()
    try:
        check(read_json(data), log_key, report)
    except NotSuchAFile as refused:
        report.fault("malformed-entry", "file", "a receipt", str(refused))
    return report


def main(words):
    parser = argparse.ArgumentParser(description="Verifies the receipt of one event.")
    return run(parser, words, verify, keyless="a receipt proves nothing without the log's key: --log-key VKEY")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
