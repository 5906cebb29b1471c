"""The extract verifier over tests/vectors/extract: each is good or not as its file says; and over documents that are none."""
import contextlib
import copy
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # leaves no folder beside the sources

import verify_extract

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors" / "extract"
# Fewer files than these are lost files.
LEAST = 60


def vectors():
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(VECTORS.glob("*.json"))}


def kinds(report):
    return {fault["kind"] for fault in report.faults}


class Vectors(unittest.TestCase):
    def test_every_vector(self):
        read = vectors()
        self.assertGreaterEqual(len(read), LEAST)
        for name, vector in read.items():
            with self.subTest(name):
                report = verify_extract.verify(vector["extract"])
                self.assertEqual(report.verdict() == "GOOD", vector["verdict"] == "good", list(report.lines()))
                self.assertEqual(vector["verdict"] == "good", not vector["faults"])

    def test_half_of_them_are_faulty(self):
        read = vectors().values()
        faulty = [vector for vector in read if vector["verdict"] != "good"]
        self.assertGreaterEqual(2 * len(faulty), len(read))

    def test_some_by_their_faults(self):
        read = vectors()
        for name, expected in {
                "event-dropped-in-the-middle": {"chain-gap"},
                "newest-before-the-commitment-dropped": {"missing-entries"},
                "proof-of-another-position": {"wrong-root"},
                "heads-leaf-changed": {"heads"},
                "heads-proof-cut": {"heads"},
                "heads-cover-what-follows": {"heads", "missing-entries"},
                "founding-not-first": {"founding", "unregistered", "chain-gap"},
                "founding-of-another-log": {"founding", "checkpoint-signature"},
                "no-commitment-there": {"heads", "missing-entries"},
                "last-left-out": {"missing-entries"},
                "last-twice": {"malformed-entry"},
                "last-with-another-proof": {"wrong-root"},
                "last-apart-from-its-chain": {"missing-entries"},
                "last-of-another-ledger": {"another-ledger"},
                "last-that-is-another": {"wrong-root", "receive-time"},
                "commitment-apart": {"missing-entries"},
                "old-shown-as-current": {"missing-entries"},
                "old-leaves-beside-a-newer-commitment": {"missing-entries"},
                "commitment-of-march-to-february": {"missing-entries"},
                "month-turned-without-a-commitment": {"missing-entries"},
                "entries-of-two-authors-swapped": {"malformed-entry", "receive-time"},
                "absence-between-neighbours-apart": {"missing-entries", "registry"},
                "absence-not-proven": {"missing-entries"},
                "absence-at-the-edge": {"missing-entries"},
                "checkpoint-of-another-key": {"checkpoint-signature"},
                "key-never-registered": {"key"},
                "revoked-key": {"key"},
        }.items():
            with self.subTest(name):
                self.assertEqual(kinds(verify_extract.verify(read[name]["extract"])), expected)


class Documents(unittest.TestCase):
    def setUp(self):
        self.good = vectors()["good-after-heads"]["extract"]

    def run_on(self, text, *words):
        """Exit code and first line of the command over a file with this text."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(out):
            path = pathlib.Path(folder) / "extract.json"
            path.write_bytes(text)
            code = verify_extract.main([str(path), *words])
        out.seek(0)
        return code, out.readline().strip()

    def test_the_command(self):
        text = json.dumps(self.good).encode()
        self.assertEqual(self.run_on(text), (0, "GOOD"))
        self.assertEqual(self.run_on(text.replace(b"ytterby extract v1", b"ytterby extract v9")), (1, "MALFORMED"))
        for other in (b"", b"[]", b"7", b"\xff\xfe", b'{"format": 1', b"[" * 100_000):
            self.assertEqual(self.run_on(other), (1, "MALFORMED"), other[:20])

    def test_a_reader_that_is_gone_has_no_verdict(self):
        reads, writes = os.pipe()
        os.close(reads)
        with tempfile.TemporaryDirectory() as folder, os.fdopen(writes, "wb") as closed:
            path = pathlib.Path(folder) / "extract.json"
            path.write_text(json.dumps(self.good), encoding="utf-8")
            done = subprocess.run([sys.executable, verify_extract.__file__, path], stdout=closed, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual((done.returncode, done.stderr.count(b"Traceback")), (3, 0))

    def test_a_key_that_is_none_is_a_fault_of_usage(self):
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as left:
            self.run_on(json.dumps(self.good).encode(), "--log-key", "x")
        self.assertEqual(left.exception.code, 2)

    def test_a_field_twice(self):
        text = json.dumps(self.good).replace("{", '{"party": "", ', 1)
        self.assertEqual(self.run_on(text.encode()), (1, "MALFORMED"))

    def test_the_key_that_the_reader_brings(self):
        note = self.good["checkpoint"]
        name = note.split("\n", 1)[0]
        founding = verify_extract.Verification(self.good, verify_extract.Report())
        founding.run()
        key = founding.registry.log_key
        self.assertEqual(verify_extract.verify(self.good, (name, key)).verdict(), "GOOD")
        another = next(bytes(party_key.public) for party in founding.registry.parties.values()
                       for party_key in party.keys.values() if party_key.public != key)
        self.assertEqual(kinds(verify_extract.verify(self.good, (name, another))), {"log-key"})

    def test_the_founding_whatever_key_the_reader_brings(self):
        founding = verify_extract.Verification(self.good, verify_extract.Report())
        founding.run()
        trusted = founding.registry.origin, founding.registry.log_key
        elsewhere = vectors()["founding-of-another-log"]["extract"]
        self.assertEqual(kinds(verify_extract.verify(elsewhere, trusted)), {"founding"})
        without = self.good | {"entries": [], "heads": None}
        self.assertEqual(kinds(verify_extract.verify(without, trusted)), {"founding", "missing-entries"})

    def test_what_a_commitment_leaves_open_is_said(self):
        unchecked = verify_extract.verify(self.good).unchecked
        self.assertTrue(any("whether the commitment at position 15 is true" in line for line in unchecked))

    def test_wrong_types_are_no_extract(self):
        for path, value in (
                (("party",), 7), (("entries",), {}), (("entries", 0), []), (("entries", 0, "position"), -1),
                (("entries", 0, "position"), True), (("entries", 0, "position"), 1.0), (("entries", 0, "position"), 2**64),
                (("entries", 0, "entry"), "0"), (("entries", 0, "proof"), None), (("entries", 0, "proof", 0), "00"),
                (("last",), 7), (("last",), {"entry": "00"}), (("heads",), 7), (("heads", "leaves", 0, "author"), "x"), (("heads", "leaves", 0, "last_seq"), "0"),
                (("checkpoint",), None)):
            with self.subTest(path):
                document = copy.deepcopy(self.good)
                place = document
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = value
                self.assertEqual(kinds(verify_extract.verify(document)), {"malformed-entry"})

    def test_absent_heads_are_said(self):
        report = verify_extract.verify(vectors()["good-before-heads"]["extract"])
        self.assertEqual(report.verdict(), "GOOD")
        self.assertTrue(any("whether events were left out" in line for line in report.unchecked))
        self.assertEqual(report.known, [])
        # Where there is a commitment they may not be absent.
        document = {name: value for name, value in self.good.items() if name != "heads"}
        self.assertEqual(verify_extract.verify(document).verdict(), "INCOMPLETE")

    def test_the_days_are_said(self):
        read = vectors()
        good = verify_extract.verify(read["good-last-of-another"]["extract"])
        self.assertTrue(good.known[0].startswith("whole up to 2024-03-01: every event of "), good.known)
        self.assertTrue(any("the 19 days since up to 2024-03-20" in line for line in good.unchecked), good.unchecked)
        old = verify_extract.verify(read["month-turned-without-a-commitment"]["extract"])
        self.assertEqual((old.verdict(), old.known), ("INCOMPLETE", []))
        self.assertEqual(old.faults[0]["found"], "whole up to 2024-02-10; nothing is known of the 39 days since, in which a month "
                                                 "turned")


if __name__ == "__main__":
    unittest.main()
