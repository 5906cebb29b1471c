"""Policies, cosignatures and their times: what is read, who is enough, and which receive times are called false."""
import base64
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # leaves no folder beside the sources

import export_maker as maker
import verify_export
import witnesses
from export_maker import MINE, OPERATOR, ORIGIN, START, Key, number, text
from witnesses import Policy, PolicyRefused

NAMES = ("north", "south", "east")
KEYS = {name: Key(f"witness {name}") for name in NAMES}
LOG = f"log {maker.verifier_key(ORIGIN, maker.KEYS[OPERATOR][0])}\n"


def witness_key(name, kind=4, key=None):
    key = KEYS[name].public if key is None else key
    identity = witnesses.witness_key_id(name, key, kind).hex()
    return f"{name}+{identity}+{base64.b64encode(bytes([kind]) + key).decode()}"


WITNESSES = "".join(f"witness {name} {witness_key(name)} http://{name}/\n" for name in NAMES)
TWO = "group g 2 north south east\nquorum g\n"
ML_DSA = f"witness p {witness_key('p', 6, bytes(1312))}\n"


def line(name, seconds, note, wrong=0):
    body = note.partition(b"\n\n")[0].decode() + "\n"
    signature = KEYS[name].private.sign(f"cosignature/v1\ntime {seconds + wrong}\n{body}".encode())
    identity = witnesses.witness_key_id(name, KEYS[name].public)
    payload = identity + seconds.to_bytes(8, "big") + signature
    return f"\u2014 {name} {base64.b64encode(payload).decode()}\n".encode()


def report(log, times, quorum=TWO, extra=b"", wrong=0):
    """Of an export whose checkpoint the witnesses cosigned at these seconds after the last receipt."""
    last = START // 1000 + len(log.entries) - 1
    files = log.files()
    note = files["checkpoint"]
    files["checkpoint"] += b"".join(line(name, last + seconds, note, wrong) for name, seconds in times.items()) + extra
    with tempfile.TemporaryDirectory() as folder:
        maker.write(folder, files)
        return verify_export.verify(folder, policy=Policy(LOG + WITNESSES + quorum))


class Policies(unittest.TestCase):
    def test_who_is_enough(self):
        for quorum, cosigned, met in [(TWO, ["north"], False), (TWO, ["north", "east"], True), ("quorum none\n", [], True),
                                      ("group a any north south\ngroup b all a east\nquorum b\n", ["south", "east"], True),
                                      ("group a any north south\ngroup b all a east\nquorum b\n", ["south"], False),
                                      (ML_DSA + "group a all north p\nquorum a\n", list(NAMES), False)]:
            self.assertEqual(Policy(WITNESSES + quorum).is_met(cosigned), met, (quorum, cosigned))

    def test_no_policy(self):
        for lines in ["", "quorum north", "quorum west\n", TWO + "quorum g\n", "quorum north south\n", "loud\nquorum none\n",
                      "witness north " + witness_key("north") + "\nquorum none\n", "group g 0 north\nquorum g\n",
                      "group g 02 north south\nquorum g\n", "group g 3 north south\nquorum g\n",
                      "group g any north\ngroup h any north\nquorum h\n", "group g any\nquorum none\n", "quorum none\n\x00\n"]:
            with self.assertRaises(PolicyRefused, msg=lines):
                Policy(WITNESSES + lines)

    def test_the_time_of_a_quorum(self):
        for times, expected in [({"north": 70, "south": 90, "east": 80}, 80), ({"north": 1, "south": 90, "east": 80}, 80),
                                ({"north": 900, "south": 90, "east": 80}, 90), ({"north": 70}, None)]:
            self.assertEqual(Policy(WITNESSES + TWO).quorum_time(times), expected, times)
        self.assertIsNone(Policy(WITNESSES + "quorum none\n").quorum_time({"north": 70}))


class Times(unittest.TestCase):
    def check(self, found, verdict, *faults, notices=0):
        self.assertEqual([(fault["kind"], fault["position"]) for fault in found.faults], list(faults), list(found.lines()))
        self.assertEqual((found.verdict(), len(found.notices)), (verdict, notices), list(found.lines()))

    def test_honest_times(self):
        for seconds in (-299, 0, 86_400):
            self.check(report(maker.a_dozen(), {"north": seconds, "south": seconds}), "GOOD")

    def test_receipts_after_the_quorum(self):
        found = report(maker.a_dozen(), {"north": -301, "south": -400, "east": 5})
        self.check(found, "TAMPERED", ("receive-time", 11))

    def test_one_clock_that_is_wrong(self):
        self.check(report(maker.a_dozen(), {"north": -10**9, "south": 0, "east": 0}), "GOOD", notices=1)
        self.check(report(maker.a_dozen(), {"north": -301}, "quorum none\n"), "GOOD", notices=1)
        self.check(report(maker.a_dozen(), {"north": -301}), "UNWITNESSED", ("unwitnessed", "checkpoint"), notices=1)

    def test_a_clock_that_the_operator_confirmed(self):
        confirmed = number(29, 2) + number(START, 8) + text("set by radio")
        log = maker.a_dozen().event(OPERATOR, confirmed)
        self.check(report(log, {"north": -301, "south": -301}), "GOOD", notices=2)
        # The word on one clock excuses no later receipt.
        log.event(MINE, maker.mined("ORE-9"), turn=1)
        self.check(report(log, {"north": -301, "south": -301}), "TAMPERED", ("receive-time", 13))

    def test_wrong_lines_and_too_few(self):
        self.check(report(maker.a_dozen(), {"north": 0}), "UNWITNESSED", ("unwitnessed", "checkpoint"))
        self.check(report(maker.a_dozen(), {"north": 0}, wrong=1), "UNWITNESSED", ("unwitnessed", "checkpoint"))
        stranger = f"\u2014 p {base64.b64encode(bytes(2432)).decode()}\n".encode()
        self.check(report(maker.a_dozen(), {"north": 0, "south": 0}, ML_DSA + TWO, stranger), "GOOD")


if __name__ == "__main__":
    unittest.main()
