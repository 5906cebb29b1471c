"""Faults, the verdict over them, their printed forms and exit codes. Knows nothing of what is verified."""
import json
import os
import sys

# Verdicts, the gravest first, each with the kinds of fault that lead to it.
VERDICTS = {
    "TAMPERED": ("wrong-tile", "wrong-root", "checkpoint-signature", "log-key", "receive-time", "founding", "chain-gap",
                 "repeated", "equivocation", "wrong-link", "unregistered", "key", "signature", "possession", "commitment",
                 "handover", "not-allowed", "registry", "heads", "false-heads", "second-operator", "not-over-regulators",
                 "kept-for-the-founder", "outside-division", "not-national", "wrong-sector", "too-few-signatures",
                 "key-exists", "too-few-keys-held", "too-few-keys-left", "notice-too-short",
                 "last-key", "ahead-of-receipt", "another-ledger",
                 "signed-before-last", "seen", "seen-less", "activities", "recovery-not-apart", "unknown-act",
                 "annulled-already"),
    "MALFORMED": ("malformed-entry", "malformed-bundle", "malformed-tile", "malformed-path", "malformed-checkpoint"),
    "INCOMPLETE": ("missing-entries", "missing-tile", "missing-checkpoint"),
    "ROLLED-BACK": ("stale-checkpoint", "rolled-back", "split-view"),
    "UNWITNESSED": ("unwitnessed",),
    # The least: a file with any other fault accuses nobody.
    "EQUIVOCATION": ("evidence-holds",),
}
VERDICT_OF = {kind: verdict for verdict, kinds in VERDICTS.items() for kind in kinds}


def plain(text):
    """Text that moves no cursor of a terminal, whoever wrote it."""
    return "".join(character if character.isprintable() else "?" for character in text)


class Report:
    """Everything found, in the order in which it was found."""

    def __init__(self):
        self.faults, self.counts, self.unchecked, self.policy, self.known, self.notices = [], {}, [], [], [], []

    def fault(self, kind, position, expected, found):
        if kind not in VERDICT_OF:
            raise KeyError(kind)  # a kind without a verdict would pass as GOOD
        self.faults.append({"kind": kind, "position": position, "expected": expected, "found": found})

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number

    def proven(self, what):
        """What a single file proves to a reader who knows whose the keys are."""
        self.known.append(what)

    def notice(self, what):
        """What a reader should look into although it breaks no rule."""
        self.notices.append(what)

    def not_checked(self, what):
        self.unchecked.append(what)

    def verdict(self):
        found = {VERDICT_OF[fault["kind"]] for fault in self.faults}
        return next((verdict for verdict in VERDICTS if verdict in found), "GOOD")

    def lines(self):
        yield self.verdict()
        for fault in self.faults:
            yield plain(f"{fault['kind']} at {fault['position']}: expected {fault['expected']}, found {fault['found']}")
        for what, number in self.counts.items():
            yield plain(f"checked      {what}: {number}")
        for what in self.known:
            yield plain(f"proven       {what}")
        for what in self.notices:
            yield plain(f"notice       {what}")
        for what in self.unchecked:
            yield plain(f"not checked  {what}")
        for line in self.policy:
            yield plain(f"policy       {line}")

    def document(self):
        return json.dumps({"verdict": self.verdict(), "faults": self.faults, "checked": self.counts,
                           "proven": self.known, "notices": self.notices, "not_checked": self.unchecked,
                           "policy": self.policy}, ensure_ascii=False, indent=2)


def finish(report, as_json):
    """Prints the report as lines or as one JSON document; the exit code that says what it holds."""
    # A log may hold any text, a terminal may not.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(report.document() if as_json else "\n".join(report.lines()), flush=True)
    except OSError as error:  # full, or nobody reads it: a verdict that was not written is none
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"the verdict could not be written: {error.strerror}", file=sys.stderr)
        return 3
    return 0 if report.verdict() == "GOOD" else 1
