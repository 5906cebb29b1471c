"""Keys, signatures, roots and notes of the export verifier: the worked examples of the pages, and forms it must refuse."""
import base64
import pathlib
import re
import sys
import unittest

sys.dont_write_bytecode = True  # leaves no folder beside the sources

import ed25519
import export_maker as maker
import signed_note
from export_maker import KEYS, MINE, OPERATOR
from merkle import Tree, leaf_hash
from keys import derived

SPEC = pathlib.Path(__file__).resolve().parents[2] / "docs" / "spec"


class Notes(unittest.TestCase):
    """Notes with one change each, most of them signed anew, so that nothing but the form can tell."""

    def refused(self, note, why):
        with self.assertRaisesRegex(signed_note.NoteRefused, why):
            text, lines = signed_note.split_note(note)
            signed_note.read_checkpoint_text(text)
            signed_note.check_note_signature(text, lines, maker.ORIGIN, KEYS[OPERATOR][0].public)

    def test_notes(self):
        note = maker.a_dozen().checkpoint()
        line = note[note.index(b"\n\n") + 2:]
        other = line.replace(maker.ORIGIN.encode(), b"w%d")
        self.refused(note + line, "each name and key id once")
        self.refused(note + b"".join(other.replace(b"w%d", b"w%d" % place) for place in range(64)), "64 signature lines")
        self.refused(note + other * 2000, "at most 131072 bytes")
        self.refused(note[:-1], "end in a newline")
        self.refused(note + b"\n", "a signature line|end in a newline")
        self.refused(note.replace("\u2014".encode(), b"-"), "a signature line")
        self.refused(note.replace(b"\n12\n", b"\n012\n"), "decimal size")
        self.refused(note.replace(b"\n12\n", b"\n12\r\n"), "no control character")
        self.refused(note.replace(b"\n\n", b"\nmore\n\n"), "three lines")
        self.refused(note.replace(b"\n\n", b"\n"), "an empty line")
        self.refused(b"\xff" + note, "UTF-8")

    def test_lines_of_unknown_algorithms_are_carried(self):
        """Five lines, one of ML-DSA-44 (type 6): key id, time of 8 bytes, signature of 2,420; then as many as must be read."""
        key = KEYS[OPERATOR][0].public
        note = maker.a_dozen().checkpoint().decode()
        post_quantum = "\u2014 pq%d.example " + base64.b64encode(b"idid" + bytes(8) + b"\xa5" * 2420).decode() + "\n"
        short = "".join(f"\u2014 w{place}.example AAAAAAA=\n" for place in range(3))
        for more in (post_quantum % 0 + short, "".join(post_quantum % place for place in range(16))):
            text, lines = signed_note.split_note((note + more).encode())
            self.assertEqual(signed_note.check_note_signature(text, lines, maker.ORIGIN, key), more.count("\n"))
            self.assertEqual(signed_note.read_checkpoint_text(text)[1], 12)

    def test_origin_is_the_name(self):
        key = KEYS[OPERATOR][0]
        text = f"other.example/log\n0\n{base64.b64encode(bytes(32)).decode()}\n"
        lines = [(maker.ORIGIN, signed_note.note_key_id(maker.ORIGIN, key.public), key.private.sign(text.encode()))]
        with self.assertRaisesRegex(signed_note.NoteRefused, "expected origin"):
            signed_note.check_note_signature(text, lines, maker.ORIGIN, key.public)

    def test_verifier_key(self):
        good = maker.verifier_key(maker.ORIGIN, KEYS[OPERATOR][0])
        self.assertEqual(signed_note.read_verifier_key(good), (maker.ORIGIN, KEYS[OPERATOR][0].public))
        self.assertEqual(signed_note.verifier_key(maker.ORIGIN, KEYS[OPERATOR][0].public), good)
        digit = good[len(maker.ORIGIN) + 1]
        for wrong in (good + "=", "x" + good, good.replace("+" + digit, "+" + ("0" if digit != "0" else "1"), 1), "", "a+b"):
            with self.assertRaises(signed_note.NoteRefused):
                signed_note.read_verifier_key(wrong)

    def test_base64_has_one_spelling(self):
        self.assertEqual(signed_note.decode_base64("AA=="), b"\0")
        self.assertIsNone(signed_note.decode_base64("AB=="))
        self.assertIsNone(signed_note.decode_base64("AA"))


class WorkedExamples(unittest.TestCase):
    """The numbers of the pages themselves."""

    def setUp(self):
        self.log, self.checkpoint = ((SPEC / page).read_text("utf-8") for page in ("log.md", "checkpoint.md"))

    def value(self, page, name):
        return bytes.fromhex(re.search(rf"^{re.escape(name)} +([0-9a-f]+)$", page, re.MULTILINE)[1])

    def test_log(self):
        self.assertEqual(derived("origin", b"ledger.example/rare-earths"), self.value(self.log, "origin hash"))
        founding = self.value(self.log, "id of the founding")
        self.assertEqual(derived("event id", b"founding body"), founding)
        self.assertEqual(derived("ledger", self.value(self.log, "origin hash") + founding), self.value(self.log, "id of the ledger"))
        self.assertEqual(derived("event id", b"first body"), self.value(self.log, "id of event 0"))
        tree = Tree()
        tree.levels[0][0] = [leaf_hash(b"entry %d" % place) for place in range(3)]
        for size in range(4):
            self.assertEqual(tree.root(size), self.value(self.log, f"root of size {size}"))

    def test_a_tile_with_an_unknown_hash_has_no_root(self):
        tree = Tree()
        tree.levels[0][0] = [None] + [leaf_hash(b"entry")] * 255
        tree.raise_level(0)
        self.assertIsNone(tree.root(256))

    def test_keys_and_signatures(self):
        page = self.checkpoint
        key, ledger = self.value(page, "public key"), self.value(self.log, "id of the ledger")
        self.assertEqual(derived("key id", key)[:8], self.value(page, "key id"))
        self.assertEqual(derived("key commitment", key), self.value(page, "key commitment"))
        message = b"ytterby event v1\0" + b"first body"
        signature = self.value(page, "event signature, R") + self.value(page, "event signature, S")
        self.assertIsNone(ed25519.signature_fault(key, signature, message))
        self.assertIsNotNone(ed25519.signature_fault(key, signature, message + b"\0"))
        raised = (int.from_bytes(signature[32:], "little") + ed25519.ORDER).to_bytes(32, "little")
        self.assertEqual(ed25519.signature_fault(key, signature[:32] + raised, message), "S is not below the group order")
        self.assertEqual(ed25519.signature_fault(key, b"\1" + bytes(63), message), "R is of small order")
        possession = self.value(page, "possession signature, R") + self.value(page, "possession signature, S")
        message = b"ytterby possession v1\0" + ledger + b"91350100M000100Y43" + key
        self.assertIsNone(ed25519.signature_fault(key, possession, message))

    def test_checkpoint(self):
        key = signed_note.read_verifier_key(re.search(r"^verifier key (.+)$", self.checkpoint, re.MULTILINE)[1])
        note = re.search(r"```\n(ledger[^`]+)```", self.checkpoint)[1]
        text, lines = signed_note.split_note(note.encode())
        self.assertEqual(signed_note.check_note_signature(text, lines, *key), 0)
        self.assertEqual(signed_note.read_checkpoint_text(text)[1:], (3, self.value(self.log, "root of size 3")))

    def test_key_gate(self):
        # y = p + 1 spells the neutral element a second time; y = -1 has order 2; y = 2 is no point of the curve.
        self.assertEqual(ed25519.key_fault((ed25519.PRIME + 1).to_bytes(32, "little")), "a key that is no canonical point")
        self.assertEqual(ed25519.key_fault((ed25519.PRIME - 1).to_bytes(32, "little")), "a key of small order")
        self.assertEqual(ed25519.key_fault(b"\2" + bytes(31)), "a key that is no canonical point")
        # The neutral element with the sign of an x that is zero.
        self.assertEqual(ed25519.key_fault(b"\1" + bytes(30) + b"\x80"), "a key that is no canonical point")
        point = ed25519.add(ed25519.decode(KEYS[MINE][0].public), (0, ed25519.PRIME - 1, 1, 0))
        inverse = pow(point[2], -1, ed25519.PRIME)
        x, y = point[0] * inverse % ed25519.PRIME, point[1] * inverse % ed25519.PRIME
        self.assertEqual(ed25519.key_fault((y | (x & 1) << 255).to_bytes(32, "little")), "a key with torsion")


if __name__ == "__main__":
    unittest.main()
