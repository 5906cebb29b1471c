"""Whatever is handed over: a plain answer in little memory from every program, and nobody waits."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True  # leaves no folder beside the sources

import export_maker as maker
import registry
import verify_evidence
import verify_export
import verify_extract
import verify_receipt
from export_maker import KEYS, OPERATOR, ORIGIN

HUGE, MOST_MEMORY_KIB, MOST_SECONDS = 60_000_000_000, 200 * 1024, 60
LOG_KEY = maker.verifier_key(ORIGIN, KEYS[OPERATOR][0])
SINGLE = (verify_evidence, verify_receipt, verify_extract)
# The memory that the program took at most; getrusage would count the memory of whoever started it.
MEASURED = ("import os, runpy, sys\n"
            "sys.argv = sys.argv[1:]\n"
            "sys.path[0] = os.path.dirname(sys.argv[0])\n"
            "try:\n"
            "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
            "finally:\n"
            "    status = open('/proc/self/status').read().split()\n"
            "    print('KiB', status[status.index('VmHWM:') + 1], file=sys.stderr)\n")


class Handed(unittest.TestCase):
    def run_on(self, program, path):
        """Exit code and first line; it ends by itself and in little memory."""
        words = [sys.executable, "-c", MEASURED, program.__file__, str(path), "--log-key", LOG_KEY]
        done = subprocess.run(words, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
        self.assertNotIn("Traceback", done.stderr)
        took = int(done.stderr.rsplit("KiB ", 1)[1])
        self.assertLess(took, MOST_MEMORY_KIB, (program.__name__, path))
        return done.returncode, (done.stdout + done.stderr).splitlines()[0]

    def test_files_that_are_none(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as unix:
            place = pathlib.Path(folder)
            os.mkfifo(place / "pipe")
            (place / "empty").mkdir()
            (place / "link").symlink_to("pipe")
            unix.bind(str(place / "socket"))
            for name in ("pipe", "link", "socket", "/dev/zero", "/dev/full", "empty"):
                for program in SINGLE + (verify_export,):
                    code, said = self.run_on(program, place / name)
                    with self.subTest(name, program=program.__name__):
                        if program is verify_export and name == "empty":
                            self.assertEqual((code, said), (1, "INCOMPLETE"))
                        else:
                            self.assertEqual(code, 3)
                            self.assertTrue(said.startswith("cannot read"), said)

    def test_documents_that_are_endless_or_deep(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "file.json"
            for program in SINGLE:
                kind = program.__name__.removeprefix("verify_")
                head = f'{{"format":"ytterby {kind} v1","kind":"two-events","party":'
                # A hole of more than any document has, one of nearly as much as an extract may have, and a deep one.
                for tail, length, expected in (("", HUGE, (3, "cannot")), ("", 400_000_000, None),
                                               ("[" * 400_000, None, (1, "MALFORMED"))):
                    path.write_text(head + tail, encoding="utf-8")
                    if length:
                        os.truncate(path, length)
                    code, said = self.run_on(program, path)
                    with self.subTest(program=kind, length=length):
                        # Of the smaller kinds it is too long, too.
                        wanted = expected or ((1, "MALFORMED") if program is verify_extract else (3, "cannot"))
                        self.assertEqual((code, said.split(" ")[0]), wanted)

    def test_what_lies_in_a_copy(self):
        whole = maker.a_dozen().files()
        with tempfile.TemporaryDirectory() as elsewhere:
            maker.write(elsewhere, whole)
            for name in ("checkpoint", "tile/entries/000.p/12", "tile/0/000.p/12"):
                for kind in ("pipe", "/dev/zero", "out", "nowhere", "huge"):
                    with tempfile.TemporaryDirectory() as folder, self.subTest(name, kind=kind):
                        maker.write(folder, whole)
                        path = pathlib.Path(folder, name)
                        path.unlink()
                        if kind == "pipe":
                            os.mkfifo(path)
                        elif kind == "huge":
                            path.write_bytes(whole[name])
                            os.truncate(path, HUGE)
                        else:
                            path.symlink_to({"out": os.path.join(elsewhere, name)}.get(kind, kind))
                        code, said = self.run_on(verify_export, folder)
                        self.assertIn(code, (1, 3))
                        self.assertNotEqual(said, "GOOD")

    def test_a_link_inside_a_copy(self):
        with tempfile.TemporaryDirectory() as folder:
            maker.write(folder, maker.a_dozen().files())
            for name in ("checkpoint", "tile/entries/000.p/12", "tile/0"):
                path = pathlib.Path(folder, name)
                aside = path.rename(pathlib.Path(folder, "aside-" + path.name))
                path.symlink_to(aside)
                self.assertEqual(self.run_on(verify_export, folder), (0, "GOOD"), name)
            # Those that lead around in circles come to an end.
            for name in range(100):
                pathlib.Path(folder, "tile", f"around{name}").symlink_to(pathlib.Path(folder, "tile"))
            self.assertEqual(self.run_on(verify_export, folder), (1, "MALFORMED"))

    def test_a_stranger_s_commitments_cost_no_tree(self):
        """As many bad events of another kind cost as much: counted in hashes of leaves, not in time."""
        def log_of(payload):
            log = maker.a_dozen()
            for _ in range(300):
                log.event(OPERATOR, payload)
                log.entries[-1] = log.entries[-1][:-1] + bytes([log.entries[-1][-1] ^ 1])
            return log.files()

        counts = []
        for payload in (maker.heads(12, [bytes(32)] * 2), maker.mined("ORE-9")):
            with tempfile.TemporaryDirectory() as folder:
                maker.write(folder, log_of(payload))
                with unittest.mock.patch.object(registry, "leaf_hash", wraps=registry.leaf_hash) as hashed:
                    report = verify_export.verify(folder)
                counts.append((hashed.call_count, report.counts["event signatures"]))
        self.assertEqual(counts, [(0, 312)] * 2)


class Documents(unittest.TestCase):
    def test_a_byte_that_no_json_has(self):
        # Nothing behind it is read, and what was read is no document.
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "file.json"
            path.write_bytes(json.dumps({"format": "ytterby extract v1"}).encode() + b"\0" * 3_000_000)
            self.assertEqual(len(verify_extract.read_named(path, 4_000_000)), 1024 * 1024)


if __name__ == "__main__":
    unittest.main()
