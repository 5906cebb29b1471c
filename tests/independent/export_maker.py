"""Makes small exported logs for tests: events encoded by hand, signed with keys of their own, and the files of the export.

The tree is computed as RFC 6962 defines it, by recursion, and shares nothing with the verifier's. What a key signs for one
ledger, such as a grant, is a function of the ledger's id: the log that takes it says which one it is.
"""
import base64
import hashlib
import pathlib

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = "ledger.example/test"
START = 1_706_749_323_456
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(first):
    """A unified social credit code of 17 characters and the check character."""
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first))
    return first + ALPHABET[-total % 31]


AUTHORITY, OPERATOR, MINE, TRADER, STRANGER, PROVINCE, CITY, CUSTOMS = (
    credit_code(f"9136070030{place}00000A") for place in "12345678")
PROVINCE_OF, CITY_OF, ELSEWHERE, DAY = 360_000, 360_700, 150_000, 86_400_000


def derived(context, data):
    return blake3(data, derive_key_context=f"ytterby 2026 {context} v1").digest()


def number(value, width):
    return value.to_bytes(width, "little")


def text(value):
    return number(len(value.encode()), 8) + value.encode()


def party(code):
    return b"\x01" + code.encode()


class Key:
    """A key pair of a seed that no program would take."""

    def __init__(self, seed):
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id, self.commitment = derived("key id", self.public)[:8], derived("key commitment", self.public)

    def grant(self, owner, follower, ledger):
        message = b"ytterby possession v1\0" + ledger + owner.encode() + self.public
        return self.public + self.private.sign(message) + follower.commitment


KEYS = {owner: [Key(f"{owner} {turn}") for turn in range(3)]
        for owner in (AUTHORITY, OPERATOR, MINE, TRADER, STRANGER, PROVINCE, CITY, CUSTOMS)}
RECOVERY = Key("recovery")
NAMES = text("示例") + text("Example")


def origin_hash(origin=ORIGIN):
    return derived("origin", origin.encode())


def grant(owner, turn=0):
    return lambda ledger: KEYS[owner][turn].grant(owner, KEYS[owner][(turn + 1) % 3], ledger)


def rules(signatures=1, delay=7):
    return (b"\x0a\x00" + number(5000, 4) + number(20_000_000, 8) + number(45, 2) + number(5000, 4) + number(0, 8)
            + number(3000, 4) + number(2000, 4) + number(100_000, 4) + number(1000, 4) + number(950_000, 4)
            + number(signatures, 1) + number(delay, 2) + number(30, 2) + number(30, 2) + number(90, 2) + number(1000, 4) + number(6, 1)
            + number(0, 8) + number(500, 4) + number(50_000, 4))


def founded(origin=ORIGIN, log_key=None, zone=480, signatures=1):
    unfounded = origin_hash(origin)
    return (number(1, 2) + text("A ledger") + text(origin) + number(zone, 2) + party(AUTHORITY) + NAMES
            + grant(AUTHORITY)(unfounded) + party(OPERATOR) + NAMES + (log_key or grant(OPERATOR))(unfounded)
            + RECOVERY.commitment + rules(signatures))


def rules_changed(day, signatures, delay=7):
    return number(18, 2) + number(day.year, 2) + number(day.month, 1) + number(day.day, 1) + rules(signatures, delay)


def registered(owner, of_grant=None, kind=b"\x02" + number(1, 8) + b"\x01", division=CITY_OF):
    named = number(2, 2) + party(owner) + NAMES + kind + number(division, 4) + b"\x00"
    return lambda ledger: named + (of_grant or grant(owner))(ledger)


def regulator(owner, division, sector=1):
    return registered(owner, kind=bytes([1, sector]), division=division)


def standing(act, owner):
    """A suspension (3), a reinstatement (4) or a delisting (5)."""
    return number(act, 2) + party(owner) + text("No. 1") + number(2024, 2) + b"\x01\x02"


INSTRUMENT = text("No. 1") + number(2024, 2) + b"\x01\x02"
FROM, UNTIL = number(2024, 2) + b"\x03\x01", number(2030, 2) + b"\x03\x01"
PIT, MINING = text("PIT-1"), b"\x01"


def amended(owner, division, activities=b""):
    """What the register says of a party, restated; activities are their codes."""
    return (number(22, 2) + party(owner) + NAMES + number(division, 4) + b"\x00" + number(len(activities), 8) + activities
            + FROM + INSTRUMENT)


def licensed(owner, division, licence="C1"):
    return number(8, 2) + party(owner) + PIT + MINING + text(licence) + number(division, 4) + number(1, 8) + FROM + UNTIL


def licence_amended(owner, division, licence="C1"):
    return (number(23, 2) + party(owner) + PIT + MINING + text(licence) + number(division, 4) + number(2, 8) + FROM + UNTIL
            + INSTRUMENT)


def succeeded(owner, successor):
    return number(24, 2) + party(owner) + party(successor) + FROM + INSTRUMENT


def annulled(entry):
    """The annulment of the act in an entry."""
    length = int.from_bytes(entry[8:16], "little")
    return number(25, 2) + text_of(entry[16:16 + length]) + text("Why") + INSTRUMENT


def reference_changed():
    row = text("SE") + text("Sweden") + FROM + b"\x00" + number(0, 8)
    return number(26, 2) + b"\x06" + number(1, 8) + row + INSTRUMENT


def lots(act, *owners):
    """Lots sealed (14) or released (15), one of each owner."""
    named = b"".join(party(owner) + text("ORE-1") for owner in owners)
    return number(act, 2) + number(len(owners), 8) + named + INSTRUMENT


def quota_deducted(owner):
    return number(12, 2) + party(owner) + number(2024, 2) + b"\x03" + number(5, 8) + bytes(32)


def key_added(owner, of_grant):
    return lambda ledger: number(6, 2) + party(owner) + of_grant(ledger)


def key_revoked(owner, turn=0):
    return number(7, 2) + party(owner) + KEYS[owner][turn].id + b"\x01"


def recovered(of_grant, following):
    """The founder takes one new key, by the recovery key, and commits to the hash of the recovery key after it."""
    return lambda ledger: number(27, 2) + RECOVERY.public + number(1, 8) + of_grant(ledger) + following + text("Stolen")


def objected(key, committed=None):
    """No to a grant; by the key that is shown, or by one that is registered."""
    return number(28, 2) + key.id + (b"\x01" + committed.public if committed else b"\x00")


def log_key_rotated(to=1, by=0, owner=OPERATOR):
    """The operator's log key replaced by the key of turn `to`, handed over by that of turn `by`."""
    keys = KEYS[OPERATOR]
    new, following = keys[to], keys[(to + 1) % 3]
    message = lambda ledger: b"ytterby log key v1\0" + ledger + new.public + following.commitment
    return lambda ledger: number(21, 2) + new.grant(owner, following, ledger) + keys[by].private.sign(message(ledger))


def heads(covered=0, leaves=()):
    """A commitment to the heads of the first entries; of an empty log, if no more is said."""
    return number(20, 2) + number(covered, 8) + number(len(leaves), 8) + root_of(list(leaves))


def mined(lot):
    quantity = number(40_000_000_000, 8) + number(20_000_000_000, 8) + b"\x01\x00\x00\x00"
    mixed_ore, no_assay = b"\x01\x03\x00", b"\x00\x00"
    return number(33, 2) + text("PIT-1") + text(lot) + mixed_ore + quantity + no_assay + b"\x03"


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def verifier_key(origin, key):
    identity = hashlib.sha256(origin.encode() + b"\n\x01" + key.public).hexdigest()[:8]
    return f"{origin}+{identity}+{base64.b64encode(bytes([1]) + key.public).decode()}"


class LogMaker:
    """Entries in order. `event` keeps each author's chain unless told otherwise; authors have seen what `see` last showed."""

    def __init__(self, origin=ORIGIN):
        self.origin, self.entries, self.heads = origin, [], {}
        self.ledger, self.seen = origin_hash(origin), (0, root_of([]))

    def see(self, size=None):
        """From now on authors have seen so many entries, or all that there are."""
        size = len(self.entries) if size is None else size
        self.seen = size, root_of([leaf_hash(entry) for entry in self.entries[:size]])
        return self

    def event(self, author, payload, turn=0, ledger=None, seq=None, prev=None, late=0, ahead=0, turns=None, seen=None, by=None):
        ledger, (size, root) = ledger or self.ledger, seen or self.seen
        head_seq, head_prev = self.heads.get(author, (0, ledger))
        seq, prev = head_seq if seq is None else seq, head_prev if prev is None else prev
        payload = payload(ledger) if callable(payload) else payload
        times = number(START, 8) + number(START + ahead, 8)
        body = number(1, 2) + ledger + party(author) + number(seq, 8) + prev + number(size, 8) + root + times + payload
        keys = sorted([by] if by else (KEYS[author][turn] for turn in turns or (turn,)), key=lambda key: key.id)
        message = b"ytterby event v1\0" + body
        signatures = b"".join(key.id + key.private.sign(message) for key in keys)
        received = number(START + 1000 * len(self.entries) + late, 8)
        self.entries.append(received + text_of(body) + number(len(keys), 8) + signatures)
        self.heads[author] = (seq + 1, derived("event id", body))
        if len(self.entries) == 1 and payload[:2] == number(1, 2):
            self.ledger = derived("ledger", self.ledger + derived("event id", body))
        return self

    def checkpoint(self, size=None, key=None, keys=None):
        size = len(self.entries) if size is None else size
        root = root_of([leaf_hash(entry) for entry in self.entries[:size]])
        note = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        lines = ""
        for key in keys or [key or KEYS[OPERATOR][0]]:
            identity = hashlib.sha256(self.origin.encode() + b"\n\x01" + key.public).digest()[:4]
            signed = base64.b64encode(identity + key.private.sign(note.encode())).decode()
            lines += f"\u2014 {self.origin} {signed}\n"
        return f"{note}\n{lines}".encode()

    def files(self):
        """The export as a dictionary of paths and bytes."""
        made, leaves = {"checkpoint": self.checkpoint(), "policy": b"log key in the founding\n"}, []
        for at in range(0, len(self.entries), 256):
            bundle = self.entries[at:at + 256]
            width = "" if len(bundle) == 256 else f".p/{len(bundle)}"
            made[f"tile/entries/{at // 256:03}{width}"] = b"".join(len(entry).to_bytes(2, "big") + entry for entry in bundle)
            hashes = [leaf_hash(entry) for entry in bundle]
            made[f"tile/0/{at // 256:03}{width}"] = b"".join(hashes)
            leaves.append(hashes)
        above = [root_of(hashes) for hashes in leaves if len(hashes) == 256]
        if above:
            made[f"tile/1/000.p/{len(above)}"] = b"".join(above)
        return made


def text_of(body):
    return number(len(body), 8) + body


def a_dozen():
    """A good log: founding, two registrations, lots, and the mine's change of key."""
    log = LogMaker().event(AUTHORITY, founded())
    log.event(AUTHORITY, registered(MINE)).event(AUTHORITY, registered(TRADER))
    for lot in range(4):
        log.event(MINE, mined(f"ORE-{lot}"))
    log.event(MINE, key_added(MINE, grant(MINE, 1)))
    log.event(MINE, key_revoked(MINE), turn=1)
    for lot in range(4, 7):
        log.event(MINE, mined(f"ORE-{lot}"), turn=1)
    return log


def write(folder, files):
    for path, data in files.items():
        place = pathlib.Path(folder, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
