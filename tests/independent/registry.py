"""Parties, their keys and their chains: what docs/spec says about each event beyond its form.

Follows section 3 of log.md, sections 2 and 3 of checkpoint.md and section 9 of event.md, entry by entry. A grant or a
registration counts only if its own event holds, so nothing that rests on a forged one passes. Where entries before are
missing or unreadable, what may rest on them is counted as not checked. Knows no files; the tree's roots are asked for later.
"""
from acts import Acts
from ed25519 import key_fault, signature_fault
from event_format import SPEC, Refused
from merkle import leaf_hash, tree_hash
from keys import Key, check_apart, commitment, derived, key_id, later, shown_key
from powers import NATION, Broken, Numbers, covers
from read_event import read_body, read_entry
from seen import Seen, order_fault
from witnesses import Clocks

NUMBERS = {name: number for number, name in SPEC.payloads.items()}
FIRST_FACT = 32
KEY_EVENTS = ("key-added", "key-revoked")
# event.md says which events are acts of office, not whose. That one is the operator's and all others are a regulator's, the
# authority being one, is what a node answers to those who try.
REGULATOR, OFFICES = "regulator", {"heads-committed": "operator", "clock-confirmed": "operator"}
HEADS_BACK_MAX = 65_536
ABOUT_A_PARTY = ("party-suspended", "party-reinstated", "party-delisted", "party-amended", "key-added", "key-revoked")
# Of these one signature is enough: the recovery key stands for all, an objection only keeps things as they are.
BY_ONE = ("authority-recovered", "grant-objected")


def kind_of(kind):
    """The kind of a party by name, and the sector of a regulator."""
    if isinstance(kind, str):
        return kind, None
    (name, of), = kind.items()
    return name, of.get("sector")


class Party:
    def __init__(self, kind, division=NATION, sector=None):
        self.kind, self.division, self.sector, self.keys = kind, division, sector, {}

    def valid_keys(self, received):
        return sum(key.is_valid(received) for key in self.keys.values())

    def commitments(self, received):
        """Hashes of the keys that may follow the party's own."""
        return [key.next for key in self.keys.values() if not key.void and not key.is_pending(received)]


class LogKey:
    """A key that signs checkpoints: the one of the size behind the event that brought it, with the key before, and later ones."""

    def __init__(self, grant, position):
        self.public, self.next, self.first_size = bytes.fromhex(grant["key"]), grant["next"], position + 1


class Chain:
    """An author's head, and the ids behind it to tell equivocation from repetition."""

    def __init__(self, ledger, gap):
        self.seq, self.prev, self.ids, self.gap = 0, ledger, {}, gap
        self.last = None  # when the last event was signed, and the size that it saw


class Registry:
    def __init__(self, report, fallback_origin):
        self.report, self.parties, self.chains = report, {}, {}
        self.origin, self.log_keys, self.founder, self.operator = fallback_origin, [], None, None
        self.received, self.gaps, self.moves, self.numbers = None, 0, [], Numbers()
        self.ledger, self.seen, self.recovery, self.delays = None, Seen(), None, Numbers()
        self.clocks = Clocks()
        self.acts = Acts(self)

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
            self.clocks.received[position] = entry["received"]
            body = read_body(raw)
        except Refused as refused:
            self.report.fault("malformed-entry", position, "an entry in the canonical form", f"one refused as {refused}")
            self.skip(1)
            return
        self.report.count("entries well formed")
        payload, faults = body["payload"], len(self.report.faults)
        founding = position == 0 and payload["event"] == "ledger-founded"
        if not self.is_for_this_ledger(body, founding):
            return
        if founding:
            self.found(body, raw)
        elif position == 0:
            self.report.fault("founding", 0, "ledger-founded first", payload["event"])
        author = self.parties.get(body["author"])
        signed_by, own = self.check_signatures(author, entry, body, raw) if author else ([], False)
        permitted = self.is_permitted(author, body, entry["received"], signed_by, founding)
        before = self.chains[body["author"]].last if body["author"] in self.chains else None
        # Who shows a key and is refused has not signed with one of its own.
        self.check_chain(body, raw, permitted or own)
        if len(self.report.faults) == faults:
            self.check_order(body, entry["received"], before)
        # What is refused has no effect, and what it says is not looked at.
        if permitted and len(self.report.faults) == faults:
            self.apply(payload, body["author"], entry["received"], derived("event id", raw))
            if payload["event"] == "heads-committed":
                self.check_heads(payload)

    def is_for_this_ledger(self, body, founding):
        """What is for another ledger is not looked into, nor laid to its author: section 3 of log.md."""
        ledger = derived("origin", body["payload"]["origin"].encode()) if founding else self.ledger
        if ledger is None and self.gaps:
            self.report.count("not decided, as entries before are missing")
        if ledger is None or bytes.fromhex(body["ledger"]) == ledger:
            return True
        self.told("another-ledger", f"an event for the ledger {ledger.hex()}", body["ledger"])
        return False

    def check_order(self, body, received, before):
        fault = order_fault(body, self.position, received, before)
        if fault:
            self.told(*fault)
        else:
            self.seen.take(self.position, body["seen"])

    def is_permitted(self, author, body, received, signed_by, founding):
        """Whether the author, its keys and its powers allow this event, as far as the entries show."""
        if author is None:
            self.missing("unregistered", f"a registered author instead of {body['author']}", "no registration before it")
            return False
        try:
            if signed_by and not founding:
                self.check_number(author, body["payload"], received, len(signed_by))
            self.check_actor(author, body, founding)
            if signed_by and not founding:
                self.permit(body["payload"], body["author"], received, signed_by)
        except Broken as broken:
            if broken.is_open:
                self.missing(broken.kind, broken.expected, broken.found, broken.about)
            else:
                self.told(broken.kind, broken.expected, broken.found)
            return False
        return bool(signed_by) and not founding

    def told(self, kind, expected, found):
        self.report.fault(kind, self.position, expected, found)

    def missing(self, kind, expected, found, about=None):
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

    def found(self, body, raw):
        """Takes the two parties and their keys, even of a founding event that fails: all other faults are told by them."""
        payload = body["payload"]
        self.origin = payload["origin"]
        for party, kind, sector, grant in (("authority", REGULATOR, "industry", "authority_key"),
                                           ("operator", "operator", None, "log_key")):
            self.parties[payload[party]] = Party(kind, NATION, sector)
            try:
                check_apart(payload["recovery"], payload[grant])
                self.check_grant(payload[party], payload[grant])
                self.grant(payload[party], payload[grant])
            except Broken as broken:
                self.told(broken.kind, broken.expected, broken.found)
        # From here on there is a ledger; the possessions above were for the origin alone.
        self.ledger = derived("ledger", self.origin_hash + derived("event id", raw))
        self.founder, self.operator = payload["authority"], payload["operator"]
        self.log_keys.append(LogKey(payload["log_key"], 0))
        number = payload["rules"]["authority_signatures"]
        if number > 1:
            self.told("too-few-keys-held", f"{number} valid keys of the founding authority", "1")
        self.numbers.found(payload["zone"], body["occurred"], number)
        self.delays.found(payload["zone"], body["occurred"], payload["rules"]["grant_delay_days"])
        self.recovery = payload["recovery"]

    def check_chain(self, body, raw, signed):
        identity = derived("event id", raw)
        chain = self.chains.setdefault(body["author"], Chain(bytes.fromhex(body["ledger"]), 0))
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
            chain.last = body["signed"], body["seen"]["size"]
            self.moves.append((self.position, body["author"], seq, identity))

    def check_heads(self, payload):
        """The operator's commitment to every author's newest event, section 7 of log.md."""
        if self.gaps:
            self.report.count("not decided, as entries before are missing")
            return
        self.report.count("heads commitments")
        covered, found = payload["covered"], (payload["authors"], bytes.fromhex(payload["root"]))
        if not self.position - HEADS_BACK_MAX <= covered <= self.position:
            self.report.fault("false-heads", self.position, f"a commitment to what lies at most {HEADS_BACK_MAX} entries back",
                              f"one over {covered} entries")
            return
        heads = {author: (seq, identity) for position, author, seq, identity in self.moves if position < covered}
        leaves = [leaf_hash(bytes([len(author)]) + author.encode() + seq.to_bytes(8, "little") + identity)
                  for author, (seq, identity) in sorted(heads.items(), key=lambda head: (len(head[0]), head[0]))]
        root = tree_hash(leaves)
        if found != (len(leaves), root):
            self.report.fault("false-heads", self.position, f"{len(leaves)} heads with root {root.hex()}",
                              f"{found[0]} with root {found[1].hex()} over {covered} entries")

    def check_signatures(self, author, entry, body, raw):
        """The keys that signed, or none if one of them may not; and whether all are the author's, valid, and did sign."""
        message = b"ytterby event v1\0" + raw
        keys, sound, own = [], True, True
        for signature in entry["signatures"]:
            identity = bytes.fromhex(signature["key"])
            held = author.keys.get(identity)
            own = own and held is not None and held.is_valid(entry["received"])
            try:
                key = self.signing_key(author, entry, body, identity)
            except Broken as broken:
                (self.missing if broken.is_open else self.told)(broken.kind, broken.expected, broken.found)
                sound = False
                key = held
            if key is None:
                continue
            fault = signature_fault(key.public, bytes.fromhex(signature["signature"]), message)
            self.report.count("event signatures")
            if fault:
                self.report.fault("signature", self.position, f"a signature by {signature['key']}", fault)
                sound = own = False
            keys.append(key)
        return keys if sound else [], own

    def signing_key(self, author, entry, body, identity):
        """The author's key with this id, or the one that the event itself shows, where the author had committed to it."""
        payload, received = body["payload"], entry["received"]
        event, shown = payload["event"], shown_key(payload)
        # One that is registered is judged as that: committed to once, it may have been revoked since.
        fits = (shown is not None and len(entry["signatures"]) == 1 and key_id(shown) == identity
                and not self.is_registered(identity))
        if event == "authority-recovered":
            if not fits or commitment(shown) != self.recovery:
                raise Broken("commitment", f"one signature by the recovery key committed to, {self.recovery}", identity.hex(),
                             is_open=True)
            return Key(shown, None)
        own = event == "key-added" and payload["party"] == body["author"] and author.valid_keys(received) == 0
        if fits and (event == "grant-objected" or own):
            if commitment(shown) not in author.commitments(received):
                raise Broken("commitment", f"a key that {body['author']} committed to", identity.hex(), is_open=True)
            return Key(shown, None)
        key = author.keys.get(identity)
        if key is None:
            raise Broken("key", "a signature by a key of the author", f"one by {identity.hex()}, not among them", is_open=True)
        if key.revoked_at is not None:
            raise Broken("key", f"a key that is valid, {identity.hex()} is revoked at {key.revoked_at}", "a signature by it")
        if key.is_pending(received):
            raise Broken("key", f"a key that is in effect, {identity.hex()} is from {key.begins}", f"a signature by it at {received}")
        return key

    def check_number(self, author, payload, received, signed):
        """k of n, by the rules of the day on which the log took the event; the author chooses no day."""
        if author.kind != REGULATOR or author.division != NATION or payload["event"] in BY_ONE:
            return
        number = self.numbers.largest if payload["event"] == "rules-changed" else self.numbers.in_force
        if signed < number(received):
            raise Broken("too-few-signatures", f"{number(received)} signatures of different keys", str(signed), is_open=True)

    def check_actor(self, author, body, founding):
        """Whether a party of this kind may state this event."""
        event, kind = body["payload"]["event"], author.kind
        if event == "ledger-founded":
            allowed, actor = founding and kind == REGULATOR, "the authority, first of all"
        elif event == "grant-objected" or event in KEY_EVENTS and body["payload"]["party"] == body["author"]:
            return
        else:
            actor = "enterprise" if NUMBERS[event] >= FIRST_FACT else OFFICES.get(event, REGULATOR)
            allowed = kind == actor
        if not allowed:
            raise Broken("not-allowed", f"{event} stated by: {actor}", f"{kind} {body['author']}")

    def permit(self, payload, author, received, signed_by):
        """The rules of the act itself."""
        event = payload["event"]
        if event in ABOUT_A_PARTY:
            self.check_about(event, payload, author)
        self.acts.permit(payload, author)
        if event == "party-registered":
            self.permit_registration(payload, author)
        elif event == "key-added":
            if payload["party"] == author:
                committed = commitment(bytes.fromhex(payload["key"]["key"]))
                if committed not in self.parties[author].commitments(received):
                    raise Broken("commitment", f"a key that {author} committed to before", committed, is_open=True)
            self.permit_grant(payload["party"], payload["key"])
        elif event == "key-revoked":
            self.permit_revocation(payload, author, received)
        elif event == "rules-changed":
            self.permit_rules(payload, received)
        elif event == "log-key-rotated":
            self.permit_log_key(payload, author)
        elif event == "party-amended":
            self.permit_amendment(payload, author)
        elif event == "grant-objected":
            self.permit_objection(payload, author, received)
        elif event == "authority-recovered":
            self.permit_recovery(payload, author, received)

    def permit_amendment(self, payload, author):
        """From above the old place, which was looked at, and the new one; founder and operator stay national."""
        party, division = payload["party"], payload["division"]
        subject = self.parties[party]
        if (subject.kind == "enterprise") != bool(payload["activities"]):
            raise Broken("activities", "activities of an enterprise, and of nobody else", f"{len(payload['activities'])}")
        if party in (self.founder, self.operator) and division != NATION:
            raise Broken("outside-division", f"{party} to stay national", division)
        self.check_over(author, subject.kind, division, subject.sector)

    def permit_objection(self, payload, author, received):
        key = self.parties[author].keys.get(bytes.fromhex(payload["key"]))
        if key is None or key.revoked_at is not None or not key.is_pending(received):
            raise Broken("key", f"a key granted to {author} that is not in effect yet", payload["key"], is_open=key is None)

    def permit_recovery(self, payload, author, received):
        """By the founder alone, with keys enough to act; the next recovery key stands apart from them and is a new one."""
        if author != self.founder:
            raise Broken("not-allowed", f"authority-recovered stated by the founder {self.founder}", author, is_open=True)
        needed = self.numbers.largest(received)
        if len(payload["keys"]) < needed:
            raise Broken("too-few-keys-held", f"{needed} keys", str(len(payload["keys"])), is_open=True)
        for grant in payload["keys"]:
            check_apart(payload["next"], grant)
            self.permit_grant(author, grant)
        # What the authority gives up may be a thief's by now, the keys that were to follow it too.
        given_up = [known for key in self.parties[author].keys.values() for known in (key.next, commitment(key.public))]
        if payload["next"] in [self.recovery] + given_up:
            raise Broken("recovery-not-apart", "a commitment to another recovery key", "one that was known before")

    def check_about(self, event, payload, author):
        """The founder is its own master and the operator's; others act on parties in their division, regulators on lower ones."""
        party = payload["party"]
        by_itself = event in KEY_EVENTS and party == author
        if (party == self.founder and author != party) or (party == self.operator and author != self.founder and not by_itself):
            raise Broken("kept-for-the-founder", f"{event} about {party} stated by {self.founder}", author)
        subject = self.parties.get(party)
        if subject is None:
            raise Broken("registry", f"a registered party in {event}", party, is_open=True)
        if event == "key-revoked":
            key = subject.keys.get(bytes.fromhex(payload["key"]))
            if key is None:
                raise Broken("registry", f"a key of {party} to revoke", payload["key"], is_open=True)
            if key.revoked_at is not None:
                raise Broken("registry", f"a valid key of {party} to revoke", f"one revoked at {key.revoked_at}")
        if not by_itself:
            self.check_over(author, subject.kind, subject.division, subject.sector)

    def check_over(self, author, kind, division, sector):
        own = self.parties[author]
        if not covers(own.division, division):
            raise Broken("outside-division", f"an act within the division {own.division} of {author}", division, is_open=True)
        above = own.sector == sector and own.division != division
        if kind == REGULATOR and author != self.founder and not above:
            raise Broken("not-over-regulators", f"the founder {self.founder} or a {sector} regulator strictly above {division}",
                         f"{author} of {own.sector} in {own.division}", is_open=True)

    def permit_registration(self, payload, author):
        kind, sector = kind_of(payload["kind"])
        if kind == "operator":
            raise Broken("second-operator", f"no operator but {self.operator}", payload["party"])
        self.check_over(author, kind, payload["division"], sector)
        if payload["party"] in self.parties:
            raise Broken("registry", "a party that is not registered yet", payload["party"])
        self.permit_grant(payload["party"], payload["key"])

    def permit_revocation(self, payload, author, received):
        party = payload["party"]
        if self.parties[party].keys[bytes.fromhex(payload["key"])].is_pending(received):
            return
        left = self.parties[party].valid_keys(received) - 1
        if party == self.founder and left < self.numbers.largest(received):
            raise Broken("too-few-keys-left", f"{self.numbers.largest(received)} valid keys of {party} to be left", str(left),
                         is_open=True)
        if party == author and left < 1:
            raise Broken("last-key", f"another valid key of {party}", "its last one revoked by itself", is_open=True)

    def permit_rules(self, payload, received):
        needed = payload["rules"]["authority_signatures"]
        held = self.parties[self.founder].valid_keys(received) if self.founder in self.parties else 0
        if held < needed:
            raise Broken("too-few-keys-held", f"{needed} valid keys of the founder {self.founder}", str(held), is_open=True)
        self.permit_delay(payload, received)

    def permit_delay(self, payload, received):
        """Rules that shorten the time to object are announced for as long as it lasts now."""
        days, effective = self.delays.in_force(received), payload["effective"]
        last = self.delays.day_of(later(received, days))
        if payload["rules"]["grant_delay_days"] < days and effective <= last:
            raise Broken("notice-too-short", f"fewer than {days} days to object from a day after {last} on", effective, is_open=True)

    def permit_grant(self, party, grant):
        if self.is_kept_for_the_log(grant):
            raise Broken("registry", "a key other than the one that is to follow the log key", "that one")
        check_apart(self.recovery, grant, follows=False)
        self.check_grant(party, grant)

    def apply(self, payload, author, received, identity):
        """Lets an event that was permitted take effect."""
        event = payload["event"]
        if event == "clock-confirmed":
            self.clocks.confirmed.add(received)
        if event == "party-registered":
            kind, sector = kind_of(payload["kind"])
            self.parties[payload["party"]] = Party(kind, payload["division"], sector)
        if event == "party-registered":
            self.grant(payload["party"], payload["key"])
        elif event == "key-added":
            by_itself = payload["party"] == author
            begins = None if by_itself else later(received, self.delays.in_force(received))
            self.grant(payload["party"], payload["key"], begins)
        elif event in ("key-revoked", "grant-objected"):
            party = payload.get("party", author)
            self.parties[party].keys[bytes.fromhex(payload["key"])].end(self.position, received)
        elif event == "party-amended":
            self.parties[payload["party"]].division = payload["division"]
        elif event == "authority-recovered":
            for key in self.parties[author].keys.values():
                key.revoked_at, key.void = self.position if key.revoked_at is None else key.revoked_at, True
            for grant in payload["keys"]:
                self.grant(author, grant)
            self.recovery = payload["next"]
        elif event == "rules-changed":
            self.numbers.schedule(payload["effective"], payload["rules"]["authority_signatures"])
            self.delays.schedule(payload["effective"], payload["rules"]["grant_delay_days"])
        elif event == "log-key-rotated":
            self.rotate_log_key(payload["key"])
        self.acts.apply(payload, identity, self.position)

    def is_registered(self, identity):
        return any(identity in party.keys for party in self.parties.values())

    def is_kept_for_the_log(self, grant):
        committed = commitment(bytes.fromhex(grant["key"]))
        return bool(self.log_keys) and committed == self.log_keys[-1].next

    def permit_log_key(self, payload, author):
        """The founder's act, of the committed key, with a handover by the key that it replaces: section 15 of event.md."""
        if not self.log_keys or author != self.founder:
            raise Broken("not-allowed", f"log-key-rotated stated by the founder {self.founder}", author, is_open=True)
        current, new = self.log_keys[-1], payload["key"]
        public = bytes.fromhex(new["key"])
        committed = commitment(public)
        if committed != current.next:
            raise Broken("commitment", f"the log key committed to before, {current.next}", committed, is_open=True)
        if self.is_registered(key_id(public)):
            raise Broken("registry", "a log key that is new to the log", key_id(public).hex())
        message = b"ytterby log key v1\0" + self.ledger + public + bytes.fromhex(new["next"])
        fault = signature_fault(current.public, bytes.fromhex(payload["handover"]), message)
        if fault:
            raise Broken("handover", f"a handover by the log key {key_id(current.public).hex()}", fault, is_open=True)
        self.check_grant(self.operator, new)

    def rotate_log_key(self, new):
        old = self.parties[self.operator].keys.get(key_id(self.log_keys[-1].public))
        if old and old.revoked_at is None:
            old.revoked_at = self.position
        self.grant(self.operator, new)
        self.log_keys.append(LogKey(new, self.position))

    def check_grant(self, party, grant):
        """A granted key is sound, and its owner has proved to hold it."""
        public = bytes.fromhex(grant["key"])
        fault = key_fault(public)
        if fault:
            raise Broken("possession", f"a sound public key for {party}", fault)
        if self.is_registered(key_id(public)):
            raise Broken("key-exists", f"a key for {party} that is new to the log", key_id(public).hex())
        message = b"ytterby possession v1\0" + (self.ledger or self.origin_hash) + party.encode() + public
        self.report.count("proofs of possession")
        fault = signature_fault(public, bytes.fromhex(grant["possession"]), message)
        if fault:
            raise Broken("possession", f"a proof of possession by the key of {party}", fault)

    def grant(self, party, grant, begins=None):
        public = bytes.fromhex(grant["key"])
        # A revoked key stays revoked, whoever adds it again.
        self.parties[party].keys.setdefault(key_id(public), Key(public, grant["next"], begins))
