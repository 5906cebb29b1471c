"""Parties, their keys and their chains: what docs/spec says about each event beyond its form.

Follows section 3 of log.md, sections 2 and 3 of checkpoint.md and section 9 of event.md, entry by entry. A grant or a
registration counts only if its own event holds, so nothing that rests on a forged one passes. Where entries before are
missing or unreadable, what may rest on them is counted as not checked. Knows no files and no tree.
"""
from blake3 import blake3

from ed25519 import key_fault, signature_fault
from event_format import SPEC, Refused
from merkle import leaf_hash, tree_hash
from read_event import read_body, read_entry

NUMBERS = {name: number for number, name in SPEC.payloads.items()}
FIRST_FACT = 32
KEY_EVENTS = ("key-added", "key-revoked")
# event.md says which events are acts of office, not whose. That one is the operator's and all others are a regulator's, the
# authority being one, is what a node answers to those who try.
REGULATOR, OFFICES = "regulator", {"heads-committed": "operator"}
HEADS_BACK_MAX = 65_536
ABOUT_A_PARTY = ("party-suspended", "party-reinstated", "party-delisted", "key-added", "key-revoked")


def derived(context, data):
    return blake3(data, derive_key_context=f"ytterby 2026 {context} v1").digest()


def key_id(key):
    return derived("key id", key)[:8]


class Party:
    def __init__(self, kind):
        self.kind, self.keys = kind, {}


class Key:
    def __init__(self, public, next_commitment):
        self.public, self.next, self.revoked_at = public, next_commitment, None


class LogKey:
    """A key that signs checkpoints: the one of the size behind the event that brought it, with the key before, and later ones."""

    def __init__(self, grant, position):
        self.public, self.next, self.first_size = bytes.fromhex(grant["key"]), grant["next"], position + 1


class Chain:
    """An author's head, and the ids behind it to tell equivocation from repetition."""

    def __init__(self, origin_hash, gap):
        self.seq, self.prev, self.ids, self.gap = 0, origin_hash, {}, gap


class Registry:
    def __init__(self, report, fallback_origin):
        self.report, self.parties, self.chains = report, {}, {}
        self.origin, self.log_keys, self.founder, self.operator = fallback_origin, [], None, None
        self.received, self.gaps, self.moves = None, 0, []

    @property
    def origin_hash(self):
        return derived("origin", (self.origin or "").encode())

    @property
    def log_key(self):
        """The key that signs checkpoints now, None before the founding."""
        return self.log_keys[-1].public if self.log_keys else None

    def skip(self, count):
        """Entries that are missing: what follows may rest on them."""
        self.gaps += 1
        self.report.count("entries missing or unreadable", count)

    def take(self, position, data):
        """Checks the entry at a position and lets it take effect."""
        self.position = position
        try:
            entry = read_entry(data)
            raw = bytes.fromhex(entry["body"])
            self.check_received(entry["received"])
            body = read_body(raw)
        except Refused as refused:
            self.report.fault("malformed-entry", position, "an entry in the canonical form", f"one refused as {refused}")
            self.skip(1)
            return
        self.report.count("entries well formed")
        payload = body["payload"]
        founding = position == 0 and payload["event"] == "ledger-founded"
        if founding:
            self.found(payload)
        elif position == 0:
            self.report.fault("founding", 0, "ledger-founded first", payload["event"])
        author = self.parties.get(body["author"])
        signed_by = self.check_signatures(author, entry["signatures"], raw) if author else []
        if payload["event"] == "heads-committed":
            self.check_heads(payload)
        self.check_chain(body, raw, bool(signed_by))
        if author is None:
            self.missing("unregistered", f"a registered author instead of {body['author']}", "no registration before it")
            return
        allowed = self.check_actor(author, body, founding)
        if not founding and signed_by and allowed:
            self.apply(payload, body["author"], signed_by)

    def missing(self, kind, expected, found):
        """A fault, unless entries before are missing that may have held what is expected."""
        if self.gaps:
            self.report.count("not decided, as entries before are missing")
        else:
            self.report.fault(kind, self.position, expected, found)

    def check_received(self, received):
        # Moments of four-digit years in UTC sort as their text.
        if self.received is not None and received < self.received:
            self.report.fault("receive-time", self.position, f"no time before {self.received}", received)
        self.received = max(received, self.received or received)

    def found(self, payload):
        """Takes the two parties and their keys, even of a founding event that fails: all other faults are told by them."""
        self.origin = payload["origin"]
        for party, kind, grant in (("authority", REGULATOR, "authority_key"), ("operator", "operator", "log_key")):
            self.parties[payload[party]] = Party(kind)
            self.grant(payload[party], payload[grant])
        self.founder, self.operator = payload["authority"], payload["operator"]
        self.log_keys.append(LogKey(payload["log_key"], 0))

    def check_chain(self, body, raw, signed):
        identity = derived("event id", raw)
        chain = self.chains.setdefault(body["author"], Chain(self.origin_hash, 0))
        seq, prev = body["seq"], bytes.fromhex(body["prev"])
        self.report.count("chain links")
        if seq < chain.seq:
            if not signed or chain.ids.get(seq) in (identity, None):
                self.report.fault("repeated", self.position, f"seq {chain.seq} of {body['author']}", f"seq {seq} again")
            else:
                self.report.fault("equivocation", self.position, f"seq {chain.seq} of {body['author']}",
                                  f"seq {seq} again with other content, {identity.hex()} beside {chain.ids[seq].hex()}")
            return
        # The first event of an author after missing entries may follow on one of those.
        after_gap = chain.gap < self.gaps and seq > chain.seq
        if seq > chain.seq and not after_gap:
            self.report.fault("chain-gap", self.position, f"seq {chain.seq} of {body['author']}", f"seq {seq}")
        elif prev != chain.prev and not after_gap:
            self.report.fault("wrong-link", self.position, f"prev {chain.prev.hex()} of {body['author']}", prev.hex())
        elif after_gap:
            self.report.count("not decided, as entries before are missing")
        # What an author did not sign moves no head: it would put the blame on what the author did sign.
        if signed:
            chain.ids[seq], chain.seq, chain.prev, chain.gap = identity, seq + 1, identity, self.gaps
            self.moves.append((self.position, body["author"], seq, identity))

    def check_heads(self, payload):
        """The operator's commitment to every author's newest event, section 7 of log.md."""
        if self.gaps:
            self.report.count("not decided, as entries before are missing")
            return
        heads = {author: (seq, identity) for position, author, seq, identity in self.moves if position < payload["covered"]}
        leaves = [leaf_hash(bytes([len(author)]) + author.encode() + seq.to_bytes(8, "little") + identity)
                  for author, (seq, identity) in sorted(heads.items(), key=lambda head: (len(head[0]), head[0]))]
        found = (payload["authors"], bytes.fromhex(payload["root"]))
        near = self.position - HEADS_BACK_MAX <= payload["covered"] <= self.position
        if not near or found != (len(leaves), tree_hash(leaves)):
            self.report.fault("heads", self.position, f"{len(leaves)} heads with root {tree_hash(leaves).hex()}",
                              f"{found[0]} with root {found[1].hex()} over {payload['covered']} entries")
        self.report.count("heads commitments")

    def check_signatures(self, author, signatures, raw):
        """The keys that signed, or none if one signature does not hold."""
        message = b"ytterby event v1\0" + self.origin_hash + raw
        keys, sound = [], True
        for signature in signatures:
            key = author.keys.get(bytes.fromhex(signature["key"]))
            if key is None:
                self.missing("key", "a signature by a key of the author", f"one by {signature['key']}, not among them")
                sound = False
                continue
            if key.revoked_at is not None:
                self.report.fault("key", self.position, f"a key that is valid, {signature['key']} is revoked at "
                                  f"{key.revoked_at}", "a signature by it")
                sound = False
            fault = signature_fault(key.public, bytes.fromhex(signature["signature"]), message)
            self.report.count("event signatures")
            if fault:
                self.report.fault("signature", self.position, f"a signature by {signature['key']} for the origin "
                                  f"{self.origin}", fault)
                sound = False
            keys.append(key)
        return keys if sound else []

    def check_actor(self, author, body, founding):
        """Whether a party of this kind may state this event. Where it may act, and in which sector, is not looked at."""
        event, kind = body["payload"]["event"], author.kind
        if event == "ledger-founded":
            allowed, actor = founding and kind == REGULATOR, "the authority, first of all"
        elif event in KEY_EVENTS and body["payload"]["party"] == body["author"]:
            return True
        else:
            actor = "enterprise" if NUMBERS[event] >= FIRST_FACT else OFFICES.get(event, REGULATOR)
            allowed = kind == actor
        if not allowed:
            self.report.fault("not-allowed", self.position, f"{event} stated by: {actor}", f"{kind} {body['author']}")
        return allowed

    def apply(self, payload, author, signed_by):
        event = payload["event"]
        if event in ABOUT_A_PARTY and payload["party"] not in self.parties:
            self.missing("registry", f"a registered party in {event}", payload["party"])
            return
        if event in ("party-registered", "key-added") and self.is_kept_for_the_log(payload["key"]):
            self.report.fault("registry", self.position, "a key other than the one that is to follow the log key", "that one")
            return
        if event == "party-registered":
            if payload["party"] in self.parties:
                self.report.fault("registry", self.position, "a party that is not registered yet", payload["party"])
                return
            kind = payload["kind"]
            self.parties[payload["party"]] = Party(kind if isinstance(kind, str) else next(iter(kind)))
            self.grant(payload["party"], payload["key"])
        elif event == "key-added":
            self.add_key(payload, author, signed_by)
        elif event == "key-revoked":
            key = self.parties[payload["party"]].keys.get(bytes.fromhex(payload["key"]))
            if key is None:
                self.missing("registry", f"a key of {payload['party']} to revoke", payload["key"])
            elif key.revoked_at is None:
                key.revoked_at = self.position
        elif event == "log-key-rotated":
            self.rotate_log_key(payload, author)

    def add_key(self, payload, author, signed_by):
        if payload["party"] == author:
            commitment = derived("key commitment", bytes.fromhex(payload["key"]["key"])).hex()
            if commitment not in [key.next for key in signed_by]:
                self.report.fault("commitment", self.position, f"the key committed to before, {signed_by[0].next}",
                                  commitment)
                return
        self.grant(payload["party"], payload["key"])

    def is_kept_for_the_log(self, grant):
        committed = derived("key commitment", bytes.fromhex(grant["key"])).hex()
        return bool(self.log_keys) and committed == self.log_keys[-1].next

    def rotate_log_key(self, payload, author):
        """The founder's act, of the committed key, with a handover by the key that it replaces: section 15 of event.md."""
        if not self.log_keys or author != self.founder:
            self.missing("not-allowed", f"log-key-rotated stated by the founder {self.founder}", author)
            return
        current, new = self.log_keys[-1], payload["key"]
        public = bytes.fromhex(new["key"])
        if derived("key commitment", public).hex() != current.next:
            self.missing("commitment", f"the log key committed to before, {current.next}",
                         derived("key commitment", public).hex())
            return
        if any(key_id(public) in party.keys for party in self.parties.values()):
            self.report.fault("registry", self.position, "a log key that is new to the log", key_id(public).hex())
            return
        message = b"ytterby log key v1\0" + self.origin_hash + public + bytes.fromhex(new["next"])
        fault = signature_fault(current.public, bytes.fromhex(payload["handover"]), message)
        if fault:
            self.missing("handover", f"a handover by the log key {key_id(current.public).hex()}", fault)
            return
        if not self.grant(self.operator, new):
            return
        old = self.parties[self.operator].keys.get(key_id(current.public))
        if old and old.revoked_at is None:
            old.revoked_at = self.position
        self.log_keys.append(LogKey(new, self.position))

    def grant(self, party, grant):
        """Registers a key, if it is sound and its owner has proved to hold it; whether it did."""
        public = bytes.fromhex(grant["key"])
        fault = key_fault(public)
        if fault:
            self.report.fault("possession", self.position, f"a sound public key for {party}", fault)
            return False
        message = b"ytterby possession v1\0" + self.origin_hash + party.encode() + public
        self.report.count("proofs of possession")
        fault = signature_fault(public, bytes.fromhex(grant["possession"]), message)
        if fault:
            self.report.fault("possession", self.position, f"a proof of possession by the key of {party}", fault)
            return False
        # A revoked key stays revoked, whoever adds it again.
        self.parties[party].keys.setdefault(key_id(public), Key(public, grant["next"]))
        return True
