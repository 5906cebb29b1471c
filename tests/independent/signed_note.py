"""Signed notes, verifier keys and checkpoints: sections 4 and 5 of docs/spec/checkpoint.md.

Refused carries what was expected and what was found. Knows nothing of events or files.
"""
import base64
import binascii
import hashlib
import re

from ed25519 import key_fault, signature_fault

MOST_BYTES, MOST_LINES = 131_072, 64


class NoteRefused(Exception):
    """The bytes are no such text: `expected` and `found` say why."""

    def __init__(self, expected, found):
        super().__init__(f"expected {expected}, found {found}")
        self.expected, self.found = expected, found


def decode_base64(text):
    """Bytes of canonical base64 with padding, or None."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode("ascii") == text else None


def is_key_name(name):
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


def note_key_id(name, key):
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]


def verifier_key(name, key):
    """The text form of a log's key."""
    return f"{name}+{note_key_id(name, key).hex()}+{base64.b64encode(bytes([1]) + key).decode()}"


def read_verifier_key(text):
    """Name and public key of `<name>+<8 digits>+<base64>`; NoteRefused if it is none."""
    parts = text.split("+", 2)
    raw = decode_base64(parts[2]) if len(parts) == 3 else None
    if raw is None or len(raw) != 33 or raw[0] != 1 or not is_key_name(parts[0]):
        raise NoteRefused("a verifier key NAME+ID+BASE64 of an Ed25519 key", repr(text))
    if parts[1] != note_key_id(parts[0], raw[1:]).hex():
        raise NoteRefused(f"key id {note_key_id(parts[0], raw[1:]).hex()} in the verifier key", repr(parts[1]))
    fault = key_fault(raw[1:])
    if fault:
        raise NoteRefused("a sound Ed25519 key in the verifier key", fault)
    return parts[0], raw[1:]


def add_log_key(parser):
    parser.add_argument("--log-key", metavar="VKEY", help="the log's verifier key, got from someone you trust")


def log_key_of(parser, arguments):
    """Name and public key of --log-key, None without it; what is no verifier key is a fault of usage."""
    if arguments.log_key is None:
        return None
    try:
        return read_verifier_key(arguments.log_key)
    except NoteRefused as refused:
        return parser.error(f"--log-key: {refused}")


def read_signature_line(line):
    """Name, note key id and signature of one line."""
    matched = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line)
    raw = decode_base64(matched[2]) if matched else None
    if raw is None or len(raw) < 5 or not is_key_name(matched[1]):
        raise NoteRefused("a signature line", repr(line))
    return matched[1], raw[:4], raw[4:]


def split_note(data):
    """The text of a note with its newline, and its signature lines read."""
    if len(data) > MOST_BYTES:
        raise NoteRefused(f"at most {MOST_BYTES} bytes", f"{len(data)} bytes")
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteRefused("UTF-8", f"byte {error.start} that is none") from None
    if any(character != "\n" and (character < " " or "\x7f" <= character <= "\x9f") for character in note):
        raise NoteRefused("no control character other than newline", "one")
    text, empty_line, signatures = note.rpartition("\n\n")
    if not empty_line:
        raise NoteRefused("an empty line before the signatures", "none")
    if not signatures.endswith("\n"):
        raise NoteRefused("signature lines that end in a newline", repr(signatures[-40:]))
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_LINES:
        raise NoteRefused(f"at most {MOST_LINES} signature lines", str(len(lines)))
    read = [read_signature_line(line) for line in lines]
    if len({(name, identity) for name, identity, _ in read}) != len(read):
        raise NoteRefused("each name and key id once", "two lines of one name and key id")
    return text + "\n", read


def read_checkpoint_text(text):
    """Origin, size and root of the three lines, whether signed or not."""
    lines = text.split("\n")
    if len(lines) != 4:
        raise NoteRefused("three lines of text", f"{len(lines) - 1}")
    origin, size, root = lines[:3]
    # Sizes have 64 bits.
    if not re.fullmatch("0|[1-9][0-9]{0,19}", size) or int(size) >= 2**64:
        raise NoteRefused("a decimal size of 64 bits", repr(size[:40]))
    raw = decode_base64(root)
    if raw is None or len(raw) != 32:
        raise NoteRefused("base64 of a root of 32 bytes", repr(root[:60]))
    return origin, int(size), raw


def check_note_signature(text, lines, name, key):
    """Verifies the line of the known key; returns how many lines are of unknown keys."""
    identity = note_key_id(name, key)
    known = [signature for other, found, signature in lines if (other, found) == (name, identity)]
    if not known:
        raise NoteRefused(f"a signature by {name}+{identity.hex()}", "none")
    signature = known[0]
    fault = signature_fault(key, signature, text.encode()) if len(signature) == 64 else f"{len(signature)} bytes"
    if fault:
        raise NoteRefused(f"a valid signature by {name}+{identity.hex()}", fault)
    if text.split("\n", 1)[0] != name:
        raise NoteRefused(f"origin {name}", repr(text.split(chr(10), 1)[0]))
    return len(lines) - 1


def check_log_signatures(text, lines, name, keys, size):
    """Verifies the lines of every key that signs a checkpoint of this size: one, or two where the first hands over to the
    second; none of a key that was handed over before. `keys` are (first size, public key), oldest first. Returns how many
    lines are of other keys."""
    place = sum(first <= size for first, _ in keys[1:])
    from_ = place - 1 if place and keys[place][0] == size else place
    for _, key in keys[from_:place + 1]:
        check_note_signature(text, lines, name, key)
    for _, key in keys[:from_]:
        try:
            check_note_signature(text, lines, name, key)
        except NoteRefused:
            continue
        raise NoteRefused("no signature by a log key that was handed over", verifier_key(name, key))
    return len(lines) - (place + 1 - from_)


def told_of_key(report, given, keys):
    """Compares the log key that the reader brought with those of the log; both by their bytes."""
    later = [first for (_, key), (first, _) in zip(keys, keys[1:]) if key == given]
    if later:
        report.not_checked(f"whether the log key was handed over by its owner: the one you gave was replaced at size {later[0]}")
    return any(key == given for _, key in keys)
