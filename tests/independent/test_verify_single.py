"""The evidence and receipt verifiers over tests/vectors/evidence and receipt: each is judged as its file says."""
import contextlib
import io
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # leaves no folder beside the sources

import merkle
import signed_note
import verify_evidence
import verify_extract
import verify_receipt

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Fewer files than these are lost files.
LEAST = 16
# The kinds of the vectors, and this program's names for them.
NAMES = {"malformed-entry": "entry", "signature": "signature", "founding": "founding", "wrong-root": "root",
         "checkpoint-signature": "checkpoint", "evidence-holds": "equivocation"}
SOUND = {"evidence": "EQUIVOCATION", "receipt": "GOOD"}


def vectors(kind):
    folder = ROOT / "tests" / "vectors" / kind
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def judge(kind, vector):
    key = vector["log_key"] and signed_note.read_verifier_key(vector["log_key"])
    program = verify_evidence if kind == "evidence" else verify_receipt
    return program.verify(vector["file"].encode(), key)


class Vectors(unittest.TestCase):
    def test_every_vector(self):
        for kind, sound in SOUND.items():
            read = vectors(kind)
            self.assertGreaterEqual(len(read), LEAST)
            faulty = 0
            for name, vector in read.items():
                with self.subTest(name):
                    report = judge(kind, vector)
                    self.assertEqual({NAMES[fault["kind"]] for fault in report.faults}, set(vector["faults"]))
                    holds = vector["verdict"] in ("good", "equivocation")
                    self.assertEqual(report.verdict() == sound, holds, list(report.lines()))
                    faulty += not holds
            self.assertGreaterEqual(2 * faulty, len(read))

    def test_one_bit_anywhere_is_noticed(self):
        for kind, name in (("evidence", "two-events"), ("evidence", "two-histories"), ("receipt", "lot")):
            vector = vectors(kind)[name]
            good = vector["file"].encode()
            # Nothing in two events says how their ledger is called, and the report says that it does not know.
            name = good.find(b'"origin": "') + 11 if name == "two-events" else len(good)
            for at in range(0, len(good), 7):
                if name <= at < good.find(b'"', name):
                    continue
                changed = bytearray(good)
                changed[at] ^= 1
                if bytes(changed).split() != good.split():
                    report = judge(kind, vector | {"file": changed.decode("utf-8", "replace")})
                    self.assertNotEqual(report.verdict(), SOUND[kind], at)

    def test_what_is_no_such_file(self):
        for data in (b"", b"[]", b"7", b"\xff\xfe", b'{"format": 1', b"[" * 100_000, b" " * 600_000):
            for report in (verify_evidence.verify(data), verify_receipt.verify(data, ("x", bytes(32)))):
                self.assertEqual(report.verdict(), "MALFORMED", data[:20])


class Keys(unittest.TestCase):
    """Whose keys evidence rests on, and that it proves something only to a reader who knows them."""

    def test_proven_only_by_a_key_that_the_reader_brings(self):
        key = vectors("receipt")["lot"]["log_key"]
        for name, log_key, proven in (("two-histories", None, False), ("two-histories", key, True), ("two-events", None, False),
                                      ("two-events", key, False)):
            with self.subTest(name, key=log_key):
                report = judge("evidence", vectors("evidence")[name] | {"log_key": log_key})
                self.assertEqual(report.verdict(), "EQUIVOCATION")
                lines = list(report.lines())
                self.assertEqual(any(line.startswith("proven") for line in lines), proven, lines)
                self.assertEqual(any("the keys that the file itself brings" in line for line in lines), not proven, lines)


class Handed(unittest.TestCase):
    """What is no file, or endless, is refused by every program, and nobody waits."""

    def test_what_is_no_file(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            os.mkfifo(place / "pipe")
            (place / "folder").mkdir()
            (place / "link").symlink_to("pipe")
            with socket.socket(socket.AF_UNIX) as unix, open(place / "huge", "wb") as huge:
                unix.bind(str(place / "socket"))
                huge.truncate(60_000_000_000)
                names = [str(place / name) for name in ("pipe", "folder", "link", "socket", "huge")]
                key = vectors("receipt")["lot"]["log_key"]
                for name in names + ["/dev/zero", "/dev/full"]:
                    for program in (verify_evidence, verify_receipt, verify_extract):
                        with self.subTest(name, program=program.__name__), contextlib.redirect_stderr(io.StringIO()) as said:
                            self.assertEqual(program.main([name, "--log-key", key]), 3)
                            self.assertIn("cannot read", said.getvalue())

    def test_a_verdict_that_nobody_could_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "file.json"
            vector = vectors("receipt")["lot"]
            path.write_text(vector["file"], encoding="utf-8")
            program = [sys.executable, verify_receipt.__file__, str(path), "--log-key", vector["log_key"]]
            with open("/dev/full", "wb") as full:
                run = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual((run.returncode, run.stderr.count(b"Traceback")), (3, 0))
            self.assertIn(b"could not be written", run.stderr)


class Pages(unittest.TestCase):
    def test_the_examples_of_the_page_hold(self):
        page = (ROOT / "docs" / "spec" / "evidence.md").read_text("utf-8")
        examples = re.findall(r"```json\n(.+?)```", page, re.DOTALL)
        self.assertEqual(len(examples), 2)
        for example in examples:
            self.assertEqual(verify_evidence.verify(example.encode()).verdict(), "EQUIVOCATION")


class Programs(unittest.TestCase):
    def run_on(self, program, text, *words):
        with tempfile.TemporaryDirectory() as folder, io.StringIO() as said:
            said.reconfigure = lambda **_: None
            path = pathlib.Path(folder) / "file.json"
            path.write_text(text, encoding="utf-8")
            with contextlib.redirect_stdout(said):
                code = program.main([str(path), *words])
            return code, said.getvalue().split("\n", 1)[0]

    def test_exit_codes(self):
        self.assertEqual(self.run_on(verify_evidence, vectors("evidence")["two-events"]["file"]), (1, "EQUIVOCATION"))
        vector = vectors("receipt")["lot"]
        self.assertEqual(self.run_on(verify_receipt, vector["file"], "--log-key", vector["log_key"]), (0, "GOOD"))
        self.assertEqual(verify_evidence.main(["/nowhere/file"]), 3)

    def test_a_receipt_without_a_key_has_no_verdict(self):
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as left:
            self.run_on(verify_receipt, vectors("receipt")["lot"]["file"])
        self.assertEqual(left.exception.code, 2)


class Consistency(unittest.TestCase):
    def test_every_pair_of_sizes(self):
        leaves = [merkle.leaf_hash(b"%d" % number) for number in range(20)]

        def proof(old, hashes, whole):
            """RFC 6962, section 2.1.2."""
            if old == len(hashes):
                return [] if whole else [merkle.tree_hash(hashes)]
            split = 1 << (len(hashes) - 1).bit_length() - 1
            if old <= split:
                return proof(old, hashes[:split], whole) + [merkle.tree_hash(hashes[split:])]
            return proof(old - split, hashes[split:], False) + [merkle.tree_hash(hashes[:split])]

        for new in range(2, 21):
            for old in range(1, new):
                roots = merkle.tree_hash(leaves[:old]), merkle.tree_hash(leaves[:new])
                given = proof(old, leaves[:new], True)
                self.assertTrue(merkle.is_consistent(old, roots[0], new, roots[1], given), (old, new))
                self.assertFalse(merkle.is_consistent(old, leaves[0][::-1], new, roots[1], given), (old, new))
                self.assertFalse(merkle.is_consistent(old, roots[0], new, leaves[0], given), (old, new))
                self.assertFalse(merkle.is_consistent(old, roots[0], new, roots[1], given[:-1]), (old, new))
                self.assertFalse(merkle.is_consistent(old, roots[0], new, roots[1], given + leaves[:1]), (old, new))


if __name__ == "__main__":
    unittest.main()
