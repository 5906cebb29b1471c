"""Who is over whom, and how many must sign: section 15 of docs/spec/event.md. Knows no keys and no bytes."""
import datetime

NATION = "000000"
MOST_AHEAD = datetime.timedelta(milliseconds=86_400_000)


class Broken(Exception):
    """A rule that an act breaks. It is open where entries that are missing may have held what the rule asks for: those of one
    party, or, if none is named, of anybody whom the act is about."""

    def __init__(self, kind, expected, found, is_open=False, about=None):
        super().__init__(kind)
        self.kind, self.expected, self.found, self.is_open, self.about = kind, expected, found, is_open, about


def covers(own, other):
    """Whether a department of one division oversees the other: the same one, or one inside it."""
    if own == NATION:
        return True
    width = 2 if own.endswith("0000") else 4 if own.endswith("00") else 6
    return own[:width] == other[:width]


def moment(text):
    return datetime.datetime.fromisoformat(text.removesuffix("Z"))


def is_ahead(signed, received):
    return moment(signed) - moment(received) > MOST_AHEAD


class Numbers:
    """How many signatures an act of the nation needs: by rule set, each from its day on, the newest act last of a day."""

    def __init__(self):
        self.zone, self.dated = datetime.timedelta(0), []

    def found(self, zone, occurred, number):
        hours, minutes = map(int, zone[1:].split(":"))
        self.zone = datetime.timedelta(minutes=60 * hours + minutes) * (-1 if zone[0] == "-" else 1)
        self.schedule(self.day_of(occurred), number)

    def schedule(self, effective, number):
        self.dated.append((effective, number))
        self.dated.sort(key=lambda dated: dated[0])  # stable: acts on one day stay in the order of the log

    def day_of(self, text):
        return (moment(text) + self.zone).date().isoformat()

    def in_force(self, received):
        day = self.day_of(received)
        begun = [number for effective, number in self.dated if effective <= day]
        return begun[-1] if begun else self.dated[0][1] if self.dated else 1

    def largest(self, received):
        """Of the number in force and all that are scheduled: nobody calls off a raise with fewer."""
        day = self.day_of(received)
        return max([self.in_force(received)] + [number for effective, number in self.dated if effective > day])
