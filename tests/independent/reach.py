"""How far an extract reaches: section 5 of docs/spec/extract.md. Days are those of receive times in the ledger's zone.

Knows no proofs: what it is handed was found in the tree. Asks no clock, so that a file has one verdict for ever.
"""
import datetime


class Reach:
    """What an extract shows of when what was received, and the commitments to heads in it."""

    def __init__(self, day_of):
        self.day_of, self.dated, self.commitments = day_of, [], []

    def take(self, position, received):
        self.dated.append((position, received))

    def whole_until(self, heads, commitment):
        """The receive time before which all is covered, or None."""
        if heads is None or commitment is None:
            return None
        covered = commitment["covered"]
        # Its own time only tells so if it covers all that is before it.
        dating = heads["position"] if covered == heads["position"] else covered - 1
        return next((received for position, received in reversed(self.dated) if position <= dating), None)

    def faults(self, heads, commitment, last):
        """(position, expected, found) of each commitment that is there unused, or due and not there; and what to say."""
        founded, whole = self.dated[0][1], self.whole_until(heads, commitment)
        since = self.since(whole or founded, last)
        until = (f"whole up to {self.day_of(whole)}" if whole else
                 f"no leaves under a commitment since the founding on {self.day_of(founded)}")
        found = f"{until}; nothing is known of {since}"
        wrong = []
        newest = self.commitments[-1] if self.commitments else None
        if newest is not None and (heads is None or heads["position"] < newest):
            wrong.append((newest, "leaves under the newest commitment to heads", found))
        month = self.day_of(last)[:7]
        if month > self.day_of(whole or founded)[:7]:
            wrong.append((self.dated[-1][0], f"a commitment to heads in {month}, the month of the log's last entry", found))
        return wrong, whole and until, (f"what was written later: nothing is known of {since} up to {self.day_of(last)}, when the "
                                        f"log's last entry under this checkpoint was received, nor of anything after it ({until})")

    def since(self, first, last):
        first, last = (datetime.date.fromisoformat(self.day_of(received)) for received in (first, last))
        days, turns = (last - first).days, (last.year - first.year) * 12 + last.month - first.month
        text = {0: "the rest of that day", 1: "the day since"}.get(days, f"the {days} days since")
        return text if turns == 0 else f"{text}, in which " + ("a month turned" if turns == 1 else f"{turns} months turned")
