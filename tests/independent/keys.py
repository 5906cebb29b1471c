"""Keys of parties: when they sign, what they commit to, and keys that an event shows itself: section 15 of docs/spec/event.md.

Knows no parties and no log.
"""
import datetime

from blake3 import blake3

from powers import Broken, moment


def derived(context, data):
    return blake3(data, derive_key_context=f"ytterby 2026 {context} v1").digest()


def key_id(key):
    return derived("key id", key)[:8]


def commitment(key):
    return derived("key commitment", key).hex()


def later(received, days):
    """The time so many days after, as an entry spells it."""
    return (moment(received) + datetime.timedelta(days=days)).isoformat(timespec="milliseconds") + "Z"


class Key:
    """A key, the hash of the one that may follow it, and, of one that an office granted, when it takes effect."""

    def __init__(self, public, follower, begins=None):
        self.public, self.next, self.begins, self.revoked_at, self.void = public, follower, begins, None, False

    def is_pending(self, received):
        # Moments of four-digit years in UTC sort as their text.
        return not self.void and self.begins is not None and received < self.begins

    def is_valid(self, received):
        return self.revoked_at is None and not self.is_pending(received)

    def end(self, position, received):
        """Revoked; if it had not taken effect yet, it never was the party's."""
        self.void, self.revoked_at = self.is_pending(received), position


def shown_key(payload):
    """The key that may sign the very event that shows it."""
    event = payload["event"]
    if event == "key-added":
        return bytes.fromhex(payload["key"]["key"])
    if event == "authority-recovered":
        return bytes.fromhex(payload["recovery"])
    if event == "grant-objected" and payload["committed"] is not None:
        return bytes.fromhex(payload["committed"])
    return None


def check_apart(recovery, grant, follows=True):
    """The recovery key is neither granted nor, in its own events, the next of a granted one."""
    hashes = [commitment(bytes.fromhex(grant["key"]))] + ([grant["next"]] if follows else [])
    if recovery in hashes:
        raise Broken("recovery-not-apart", "a recovery key that is kept for that alone", recovery)
