"""Policies, cosignatures and their times: sections 8 and 10 of docs/spec/checkpoint.md and C2SP tlog-policy.

Nothing here believes a line that was not verified, and of ML-DSA-44 none can be. Knows no events and no files.
"""
import datetime
import hashlib
import re

from ed25519 import key_fault, signature_fault
from powers import moment
from signed_note import NoteRefused, check_note_signature, decode_base64, is_key_name, read_verifier_key

ED25519, ML_DSA_44, ML_DSA_44_BYTES = 0x04, 0x06, 1_312
LAST_SECOND, APART_MS, MOST_POLICY_BYTES, MOST_DEFINITIONS = 2**63 - 1, 300_000, 262_144, 63


class PolicyRefused(Exception):
    """The text is no policy."""


def witness_key_id(name, key, kind=ED25519):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def read_witness_key(text):
    """Name, key and kind of a witness; the key is None where its cosignatures can't be checked."""
    parts = text.split("+", 2)
    raw = decode_base64(parts[2]) if len(parts) == 3 else None
    if raw is None or not is_key_name(parts[0]) or raw[:1] not in (bytes([ED25519]), bytes([ML_DSA_44])):
        raise NoteRefused("the verifier key NAME+ID+BASE64 of a witness", repr(text[:100]))
    kind, key = raw[0], raw[1:]
    if len(key) != (32 if kind == ED25519 else ML_DSA_44_BYTES):
        raise NoteRefused("a key of the length of its kind", f"{len(key)} bytes")
    if parts[1] != witness_key_id(parts[0], key, kind).hex():
        raise NoteRefused(f"key id {witness_key_id(parts[0], key, kind).hex()} of the witness", repr(parts[1]))
    fault = key_fault(key) if kind == ED25519 else None
    if fault:
        raise NoteRefused("a sound Ed25519 key of the witness", fault)
    return parts[0], key, kind


def cosigned_at(text, lines, name, key):
    """The second at which this witness cosigned the text, None if it did not; a wrong line refuses the note."""
    own = [payload for other, identity, payload in lines if (other, identity) == (name, witness_key_id(name, key))]
    if not own:
        return None
    seconds, signature = int.from_bytes(own[0][:8], "big"), own[0][8:]
    if len(signature) != 64 or not 1 <= seconds <= LAST_SECOND:
        raise NoteRefused(f"a cosignature by {name}", f"{len(own[0])} bytes that name second {seconds}")
    fault = signature_fault(key, signature, f"cosignature/v1\ntime {seconds}\n{text}".encode())
    if fault:
        raise NoteRefused(f"a valid cosignature by {name}", fault)
    return seconds


class Policy:
    """Logs, witnesses, groups and the quorum."""

    def __init__(self, text):
        self.logs, self.witnesses, self.groups, self.quorum = [], {}, {}, None
        self.counted = set()
        if len(text.encode()) > MOST_POLICY_BYTES or text and not text.endswith("\n"):
            raise PolicyRefused("a policy has at most 262144 bytes and ends in a newline")
        for number, line in enumerate(text.split("\n"), 1):
            try:
                self.read_line(line)
            except (PolicyRefused, NoteRefused) as refused:
                raise PolicyRefused(f"policy line {number}: {refused}") from None
        if self.quorum is None:
            raise PolicyRefused("a policy has one quorum line")

    def read_line(self, line):
        if any((character < " " and character != "\t") or character == "\x7f" for character in line):
            raise PolicyRefused("a control character other than tab and newline")
        keyword, *words = re.split("[ \t]+", line.strip(" \t"))
        if keyword == "" or keyword.startswith("#"):
            return
        counts = {"log": (1, 2), "witness": (2, 3), "group": (3, MOST_DEFINITIONS * 2 + 2), "quorum": (1, 1)}
        least, most = counts.get(keyword, (0, -1))
        if not least <= len(words) <= most:
            raise PolicyRefused(f"no line of a policy: {line[:100]!r}")
        {"log": self.add_log, "witness": self.add_witness, "group": self.add_group, "quorum": self.set_quorum}[keyword](*words)

    def add_log(self, key, _url=None):
        key = read_verifier_key(key)
        if key[1] in [other for _, other in self.logs] or len(self.logs) == MOST_DEFINITIONS:
            raise PolicyRefused("a log that is listed already, or one too many")
        self.logs.append(key)

    def define(self, name, taken):
        if name == "none" or name in self.witnesses or name in self.groups or len(taken) == MOST_DEFINITIONS:
            raise PolicyRefused(f"the name {name!r} is taken, or it is one too many")

    def add_witness(self, name, key, _url=None):
        key = read_witness_key(key)
        if key[1] in [other for _, other, _ in self.witnesses.values()]:
            raise PolicyRefused("this public key is listed already")
        self.define(name, self.witnesses)
        self.witnesses[name] = key

    def add_group(self, name, threshold, *members):
        for member in members:
            if member not in self.witnesses and member not in self.groups or member in self.counted:
                raise PolicyRefused(f"{member!r} is not defined above, or is a member of a group already")
            self.counted.add(member)
        number = {"all": len(members), "any": 1}.get(threshold)
        if number is None and re.fullmatch("[1-9][0-9]{0,2}", threshold):
            number = int(threshold)
        if number is None or not 1 <= number <= len(members):
            raise PolicyRefused(f"the threshold {threshold!r} of {len(members)} members")
        self.define(name, self.groups)
        self.groups[name] = number, members

    def set_quorum(self, name):
        if self.quorum is not None or name not in ("none", *self.witnesses, *self.groups):
            raise PolicyRefused("a second quorum line, or one of a name that is not defined above")
        self.quorum = name

    def times(self, text, lines):
        """Second by witness, of those that cosigned."""
        found = {}
        for name, (key_name, key, kind) in self.witnesses.items():
            seconds = cosigned_at(text, lines, key_name, key) if kind == ED25519 else None
            if seconds is not None:
                found[name] = seconds
        return found

    def is_met(self, cosigned):
        """Whether these witnesses, by name, are the quorum."""
        met = {name: name in cosigned for name in self.witnesses}
        for name, (number, members) in self.groups.items():
            met[name] = sum(met[member] for member in members) >= number
        return self.quorum == "none" or met[self.quorum]

    def quorum_time(self, times):
        """The earliest second by which the quorum had cosigned; None if it never did, or if nobody is asked for."""
        if self.quorum == "none":
            return None
        by = (second for second in sorted(times.values())
              if self.is_met([name for name, seconds in times.items() if seconds <= second]))
        return next(by, None)

    def accepts(self, text, lines):
        """Whether a log of the policy signed; any did, if it names none."""
        for name, key in self.logs:
            try:
                check_note_signature(text, lines, name, key)
                return True
            except NoteRefused:
                continue
        return not self.logs


def shown_seconds(seconds):
    try:
        moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s since 1970"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Clocks:
    """Receive times by position, and those at which the operator confirmed its clock."""

    def __init__(self):
        self.received, self.confirmed = {}, set()

    def compare(self, policy, times, size, report):
        """Holds the receive time of the last entry that was cosigned against the cosignatures."""
        received = self.received.get(size - 1)
        if received is None:
            return
        quorum = policy.quorum_time(times)
        ms = (moment(received) - datetime.datetime(1970, 1, 1)) // datetime.timedelta(milliseconds=1)
        is_ahead = lambda seconds: ms - 1_000 * seconds > APART_MS
        is_confirmed = received in self.confirmed
        if quorum is not None and is_ahead(quorum) and not is_confirmed:
            report.fault("receive-time", size - 1, "a time at most five minutes after "
                         f"{shown_seconds(quorum)}, when enough witnesses had cosigned the first {size} entries", received)
            return
        why = "the operator says in the log that its clock had run ahead" if is_confirmed else \
            "the clock of the node or of this witness was wrong"
        for name, seconds in times.items():
            if is_ahead(seconds):
                report.notice(f"{name} cosigned the first {size} entries at {shown_seconds(seconds)}, and entry {size - 1}, "
                              f"one of them, says that it was received after that, at {received}: {why}")
