#!/usr/bin/env python3
"""Reads every vector of tests/vectors/wire with the independent reader and compares: JSON for the good ones, refusal
code for the faulty ones. Prints each difference and a line of counts; exit code 1 on a difference.
"""
import pathlib
import sys

sys.dont_write_bytecode = True  # leaves no folder beside the sources

from read_event import load_vector, read_vector

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "vectors" / "wire"


def main():
    good = faulty = differing = 0
    for path in sorted(FOLDER.glob("*.txt")):
        fields, _, text = load_vector(path)
        if fields["expect"] == "good":
            good += 1
            expected = text.rstrip("\n")
        else:
            faulty += 1
            expected = "refused: " + fields["expect"]
        found = read_vector(path)
        if found != expected:
            differing += 1
            print(f"{path.name}: {fields['comment']}\nexpected {expected}\nfound {found}\n")
    print(f"{good + faulty} vectors: {good} good, {faulty} faulty, {differing} read otherwise")
    return 1 if differing or not good or not faulty else 0


if __name__ == "__main__":
    sys.exit(main())
