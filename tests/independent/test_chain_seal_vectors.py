"""The golden vectors of tests/vectors/chain and tests/vectors/seal: each is good or faulty here as its file says."""
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True  # leaves no folder beside the sources

from chain_seal_vectors import JUDGES, Refused, Vector, judge

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
# Fewer files than these are lost files.
LEAST = {"chain": 121, "seal": 147}


def vectors(folder):
    return {path.name: Vector(path.read_text(encoding="utf-8")) for path in sorted((VECTORS / folder).glob("*.txt"))}


class Vectors(unittest.TestCase):
    def check_folder(self, folder):
        read = vectors(folder)
        self.assertGreaterEqual(len(read), LEAST[folder])
        for name, vector in read.items():
            with self.subTest(name):
                if vector.one("expect") == "good":
                    judge(vector)
                else:
                    with self.assertRaises(Refused):
                        judge(vector)

    def test_chain(self):
        self.check_folder("chain")

    def test_seal(self):
        self.check_folder("seal")

    def test_every_kind_has_good_and_faulty_ones(self):
        seen = {(vector.one("kind"), vector.one("expect") == "good")
                for folder in LEAST for vector in vectors(folder).values()}
        self.assertEqual(seen, {(kind, good) for kind in JUDGES for good in (True, False)})


if __name__ == "__main__":
    unittest.main()
