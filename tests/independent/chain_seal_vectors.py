"""Reads a vector of tests/vectors/chain or tests/vectors/seal and comes to a verdict of its own.

A file has lines `name: value`; a name that stands several times is a list, for a note one line of the note each time.
Bytes are hexadecimal. Entry i of a tree is the text `entry i`. Proofs are checked as RFC 9162 section 2.1 does it, made as
RFC 6962 section 2.1 defines them by recursion. `judge` raises Refused if the vector is faulty.
"""
import base64
import re

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key)

import signed_note
import witnesses
from ed25519 import key_fault, signature_fault
from merkle import EMPTY_ROOT, join, leaf_hash, tree_hash
from keys import derived

MOST_RECEIPT_BYTES, MOST_HASHES = 262_144, 64


class Refused(Exception):
    """The vector is faulty, or a value it states is another."""


class Vector:
    """The fields of a file."""

    def __init__(self, text):
        self.fields = {}
        for line in text.removesuffix("\n").split("\n"):
            name, colon, value = line.partition(":")
            if not colon or value[:1] not in ("", " "):
                raise ValueError(f"not a line `name: value`: {line!r}")
            self.fields.setdefault(name, []).append(value[1:])

    def all(self, name):
        return self.fields.get(name, [])

    def one(self, name):
        value, = self.fields[name]
        return value

    def number(self, name):
        return int(self.one(name))

    def bytes(self, name):
        return bytes.fromhex(self.one(name))

    def hashes(self):
        return [bytes.fromhex(value) for value in self.all("hash")]

    def lines(self, name):
        """A text line by line, or the bytes themselves under `<name>-hex`."""
        if name + "-hex" in self.fields:
            return self.bytes(name + "-hex")
        return "".join(line + "\n" for line in self.all(name)).encode()


def require(holds, why):
    if not holds:
        raise Refused(why)


def entries(count):
    return [leaf_hash(b"entry %d" % place) for place in range(count)]


# The tree


def inclusion_path(position, leaves):
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if position < split:
        return inclusion_path(position, leaves[:split]) + [tree_hash(leaves[split:])]
    return inclusion_path(position - split, leaves[split:]) + [tree_hash(leaves[:split])]


def consistency_path(old, leaves, whole=True):
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [tree_hash(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return consistency_path(old, leaves[:split], whole) + [tree_hash(leaves[split:])]
    return consistency_path(old - split, leaves[split:], False) + [tree_hash(leaves[:split])]


def check_inclusion(leaf, position, size, hashes, root):
    """RFC 9162 section 2.1.3.2."""
    require(position < size, "the position is outside the tree")
    node, last, computed = position, size - 1, leaf
    for hash_ in hashes:
        require(last != 0, "a hash too many")
        if node & 1 or node == last:
            computed = join(hash_, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = join(computed, hash_)
        node, last = node >> 1, last >> 1
    require(last == 0, "a hash is missing")
    require(computed == root, "another root")


def check_consistency(old, old_root, new, new_root, hashes):
    """RFC 9162 section 2.1.4.2, and the two cases that it leaves to the reader: from size 0, and to the same size."""
    require(old <= new, "the tree shrinks")
    if old in (0, new):
        require(not hashes, "a hash too many")
        require(old_root == EMPTY_ROOT if old == 0 else old_root == new_root, "another root")
        if old == new:
            require(old_root == new_root, "another root")
        return
    if old & (old - 1) == 0:
        hashes = [old_root] + hashes
    require(hashes, "a hash is missing")
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = hashes[0]
    for hash_ in hashes[1:]:
        require(last != 0, "a hash too many")
        if node & 1 or node == last:
            before, after = join(hash_, before), join(hash_, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = join(after, hash_)
        node, last = node >> 1, last >> 1
    require(last == 0, "a hash is missing")
    require(before == old_root, "another old root")
    require(after == new_root, "another new root")


def judge_leaf(vector):
    require(leaf_hash(vector.bytes("entry")) == vector.bytes("value"), "another hash")


def judge_node(vector):
    require(join(vector.bytes("left"), vector.bytes("right")) == vector.bytes("value"), "another hash")


def judge_root(vector):
    require(tree_hash(entries(vector.number("size"))) == vector.bytes("value"), "another root")


def judge_inclusion(vector):
    position, size = vector.number("position"), vector.number("size")
    check_inclusion(vector.bytes("leaf"), position, size, vector.hashes(), vector.bytes("root"))
    if vector.all("made") == ["of entries"]:
        require(vector.hashes() == inclusion_path(position, entries(size)), "another proof")


def judge_consistency(vector):
    old, new = vector.number("old"), vector.number("new")
    check_consistency(old, vector.bytes("old-root"), new, vector.bytes("new-root"), vector.hashes())
    if vector.all("made") == ["of entries"]:
        require(vector.hashes() == (consistency_path(old, entries(new)) if old else []), "another proof")


def judge_event_id(vector):
    require(derived("event id", vector.bytes("body")) == vector.bytes("value"), "another id")


def judge_origin_hash(vector):
    require(derived("origin", vector.one("origin").encode()) == vector.bytes("value"), "another hash")


def judge_ledger_id(vector):
    origin_hash = derived("origin", vector.one("origin").encode())
    require(derived("ledger", origin_hash + vector.bytes("founding")) == vector.bytes("value"), "another ledger")


def judge_author_chain(vector):
    """Events `seq prev body` of one author, in order."""
    next_seq, last = 0, vector.bytes("ledger")
    for event in vector.all("event"):
        seq, prev, body = event.split(" ")
        require(int(seq) == next_seq, "a gap or a repeated seq")
        require(bytes.fromhex(prev) == last, "another event before")
        next_seq, last = next_seq + 1, derived("event id", bytes.fromhex(body))
    require((next_seq, last) == (vector.number("next-seq"), vector.bytes("last")), "another head")


def judge_tile_path(vector):
    """The one spelling of section 5, rule 2 of the page."""
    matched = re.fullmatch(r"tile/(entries|\d+)/((?:x\d{3}/)*\d{3})(?:\.p/(\d+))?", vector.one("path"), re.ASCII)
    require(matched, "no path of a tile")
    level, groups, width = matched.groups()
    number = "0" if level == "entries" else level
    require(number == "0" or not number.startswith("0"), "a zero in front of the level")
    require(not groups.startswith("x000"), "a group of zeros in front")
    require(width is None or not width.startswith("0") and 1 <= int(width) <= 255, "no such width")
    index = int(groups.replace("x", "").replace("/", ""))
    require(int(number) < 8 and index <= (2**64 - 1) >> 8 * (int(number) + 1), "no tree has it")
    stated = tuple(vector.number(name) for name in ("level", "index", "width"))
    require((int(number), index, int(width or 256)) == stated, "another tile")


def judge_edge(vector):
    stored = vector.bytes("bytes")
    require(len(stored) >= 8, "no size")
    size = int.from_bytes(stored[:8], "little")
    require(len(stored) == 8 + 32 * size.bit_count(), "another length")
    hashes = [stored[at:at + 32] for at in range(8, len(stored), 32)]
    root = hashes.pop() if hashes else EMPTY_ROOT
    while hashes:
        root = join(hashes.pop(), root)
    require((size, root) == (vector.number("size"), vector.bytes("root")), "another edge")


# Keys, signatures, notes


def private_key(vector):
    return Ed25519PrivateKey.from_private_bytes(vector.bytes("seed"))


def raw_public(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def check_signature(vector, label, content):
    """A signature over label and content; the seed, if it is there, makes the same one."""
    key, signature = vector.bytes("key"), vector.bytes("signature")
    fault = key_fault(key)
    require(fault is None, fault)
    message = label + b"\0" + content
    fault = signature_fault(key, signature, message)
    require(fault is None, fault)
    if vector.all("seed"):
        private = private_key(vector)
        require(raw_public(private) == key and private.sign(message) == signature, "the seed signs otherwise")


def judge_event_signature(vector):
    check_signature(vector, b"ytterby event v1", vector.bytes("body"))


def judge_possession(vector):
    content = vector.bytes("ledger") + vector.one("party").encode() + vector.bytes("key")
    check_signature(vector, b"ytterby possession v1", content)


def judge_verifier_key(vector):
    require(signed_note.read_verifier_key(vector.one("text")) == (vector.one("name"), vector.bytes("key")), "another key")


def judge_witness_key(vector):
    require(ed25519_witness(vector.one("text")) == (vector.one("name"), vector.bytes("key")), "another key")


def ed25519_witness(text):
    name, key, kind = witnesses.read_witness_key(text)
    require(kind == witnesses.ED25519, "a key of ML-DSA-44")
    return name, key


def open_checkpoint(note, verifier_key):
    """Origin, size, root and the number of other signatures of a checkpoint that the key signed."""
    name, key = signed_note.read_verifier_key(verifier_key)
    text, lines = signed_note.split_note(note)
    others = signed_note.check_note_signature(text, lines, name, key)
    return (*signed_note.read_checkpoint_text(text), others)


def signature_line(name, payload):
    return f"\u2014 {name} {base64.b64encode(payload).decode()}\n"


def judge_checkpoint(vector):
    note = vector.lines("note")
    origin, size, root, others = open_checkpoint(note, vector.one("verifier-key"))
    stated = (vector.number("size"), vector.bytes("root"), vector.number("others"))
    require((size, root, others) == stated, "another checkpoint")
    if vector.all("seed"):
        private = private_key(vector)
        text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        identity = signed_note.note_key_id(origin, raw_public(private))
        line = signature_line(origin, identity + private.sign(text.encode()))
        require(note.decode().startswith(f"{text}\n{line}"), "the seed signs otherwise")


def judge_cosignature(vector):
    name, key = ed25519_witness(vector.one("witness-key"))
    text, lines = signed_note.split_note(vector.lines("note"))
    seconds = witnesses.cosigned_at(text, lines, name, key)
    require(seconds is not None, "no line of the witness")
    require(seconds == vector.number("seconds"), "another time")
    signed = private_key(vector).sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
    require(any(payload[8:] == signed for _, _, payload in lines), "the seed signs otherwise")


def judge_receipt(vector):
    raw = vector.lines("receipt")
    require(len(raw) <= MOST_RECEIPT_BYTES, "too long")
    head, empty_line, note = raw.partition(b"\n\n")
    lines = head.decode().split("\n")
    require(empty_line and lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) > 1, "no head")
    if lines[1].startswith("extra "):
        require(signed_note.decode_base64(lines[1][6:]), "no extra data in base64")
        del lines[1]
    matched = re.fullmatch("index (0|[1-9][0-9]{0,19})", lines[1] if len(lines) > 1 else "")
    require(matched and int(matched[1]) < 2**64, "no position")
    hashes = [signed_note.decode_base64(line) for line in lines[2:]]
    require(len(hashes) <= MOST_HASHES and all(hash_ is not None and len(hash_) == 32 for hash_ in hashes), "no hashes")
    _, size, root, _ = open_checkpoint(note, vector.one("verifier-key"))
    check_inclusion(leaf_hash(vector.bytes("entry")), int(matched[1]), size, hashes, root)
    require(int(matched[1]) == vector.number("position"), "another position")


def judge_key_file(vector):
    """OpenSSL opens it; what a seed must not be is section 2 of the page."""
    passphrase = vector.one("passphrase").encode() if vector.all("passphrase") else None
    try:
        private = load_pem_private_key(vector.lines("pem"), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError) as error:
        raise Refused(str(error)) from None
    require(isinstance(private, Ed25519PrivateKey), "another kind of key")
    seed = private.private_bytes_raw()
    steps = {(after - before) % 256 for before, after in zip(seed, seed[1:])}
    require(len(steps) > 1 and not all(0x20 <= byte <= 0x7E for byte in seed), "a seed that can be guessed")
    require(raw_public(private) == vector.bytes("key"), "another key")
    if vector.all("seed"):
        written = private_key(vector).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        require(written == vector.lines("pem"), "another file of the seed")


JUDGES = {name.removeprefix("judge_").replace("_", "-"): function
          for name, function in list(globals().items()) if name.startswith("judge_")}


def judge(vector):
    """Raises Refused if the vector is faulty or says another value."""
    try:
        JUDGES[vector.one("kind")](vector)
    except signed_note.NoteRefused as refusal:
        raise Refused(str(refusal)) from None
