"""Powers over parties, sites, lots and quota, and the acts that amend, succeed and annul: section 15 of docs/spec/event.md, rules
5, 6, 12 and 13.

Which of an act's parties decide over it is asked here as well, by whoever has not all of them. Knows no signatures and no keys.
"""
from event_format import SPEC, Refused
from keys import derived
from powers import NATION, Broken, covers
from read_event import read_body
from rules import check_annullable

REGULATOR, ENTERPRISE = "regulator", "enterprise"
NUMBERS = {name: number for number, name in SPEC.payloads.items()}
NATIONAL = ("indicator-set", "quota-allocated", "quota-moved", "quota-deducted", "rules-changed")
NATIONAL_SECTORS = ("industry", "natural-resources")
# Acts that say themselves in which division they are.
PLACED = ("party-registered", "site-licensed", "access-granted")


def party_of(place):
    """Whose a site or a lot is."""
    return place.partition("/")[0]


def is_annullable(event):
    try:
        check_annullable(NUMBERS[event])
    except Refused:
        return False
    return True


def annulled_id(payload):
    """The id of the event that an annulment takes back."""
    return derived("event id", bytes.fromhex(payload["annulled"]))


def annulled_by(payload):
    """The event that an annulment takes back; its bytes are those of one, by its form."""
    try:
        return read_body(bytes.fromhex(payload["annulled"]))
    except Refused:
        return None


def subjects(payload):
    """Whom an act is about."""
    event = payload["event"]
    if event == "act-annulled":
        annulled = annulled_by(payload)
        return subjects(annulled["payload"]) if annulled else []
    if event in ("lot-sealed", "lot-released"):
        return [party_of(lot) for lot in payload["lots"]]
    if event in ("site-licensed", "site-amended", "inspection-recorded"):
        return [party_of(payload["site"])]
    if event == "party-succeeded":
        return [payload["party"], payload["successor"]]
    if event in ("quota-allocated", "quota-moved"):
        holders = [payload[name] for name in ("holder", "from", "to") if name in payload]
        return [holder["party"] for holder in holders if "party" in holder]
    if event == "access-granted":
        return [payload["auditor"]]
    return [payload["party"]] if "party" in payload else []


def places(payload):
    """Whose place decides whether an act may be stated."""
    if payload["event"] == "act-annulled":
        annulled = annulled_by(payload)
        return [annulled["author"]] if annulled else []
    return [] if payload["event"] in PLACED else subjects(payload)


class Acts:
    """What acts say of parties and sites, as far as it decides over later acts."""

    def __init__(self, registry):
        self.registry, self.successions, self.licences = registry, {}, {}
        self.annulled_at = {}  # of every act that may be annulled, by id: where it was, or None

    def permit(self, payload, author):
        """Raises Broken with the first rule that the act breaks."""
        event, own = payload["event"], self.registry.parties[author]
        if event in NATIONAL:
            self.permit_national(event, author, own)
        if event == "reference-changed" and author != self.registry.founder:
            raise Broken("not-allowed", f"{event} stated by the founder {self.registry.founder}", author)
        if event in ("site-licensed", "access-granted"):
            self.within(own, author, payload["division"])
        if event in ("site-licensed", "site-amended", "quota-allocated", "quota-moved", "quota-deducted"):
            for party in subjects(payload):
                self.enterprise(event, party)
        if event in ("inspection-recorded", "lot-sealed", "lot-released", "penalty-imposed"):
            for party in subjects(payload):
                self.within(own, author, self.known(event, party).division)
        if event == "access-granted":
            self.known(event, payload["auditor"])
        elif event == "site-amended":
            licence = self.licence(payload)
            if licence is None:
                raise Broken("registry", f"a licence {payload['licence']} of {payload['site']} to amend", "none", is_open=True)
            self.within(own, author, licence["division"])
            self.within(own, author, payload["division"])
        elif event == "party-succeeded":
            self.permit_succession(payload, author, own)
        elif event == "act-annulled":
            self.permit_annulment(payload, author, own)

    def permit_national(self, event, author, own):
        # An office may have been moved by an entry that is missing.
        if own.division != NATION:
            raise Broken("not-national", f"{event} stated at the national level", f"{author} of {own.division}", is_open=True)
        if own.sector not in NATIONAL_SECTORS:
            raise Broken("wrong-sector", f"{event} stated by {' or '.join(NATIONAL_SECTORS)}", f"{author} of {own.sector}")

    def known(self, event, party):
        found = self.registry.parties.get(party)
        if found is None:
            raise Broken("registry", f"a registered party in {event}", party, is_open=True, about=party)
        return found

    def enterprise(self, event, party):
        found = self.known(event, party)
        if found.kind != ENTERPRISE:
            raise Broken("registry", f"an enterprise in {event}", f"{found.kind} {party}")
        return found

    def within(self, own, author, division):
        if not covers(own.division, division):
            raise Broken("outside-division", f"an act within the division {own.division} of {author}", division, is_open=True)

    def permit_succession(self, payload, author, own):
        for party in subjects(payload):
            self.within(own, author, self.enterprise(payload["event"], party).division)
            if party in self.successions:
                raise Broken("registry", f"no successor of {party} yet", self.successions[party].hex(), is_open=True, about=party)

    def permit_annulment(self, payload, author, own):
        """Of an act that the log holds, once, by the one who stated it, the founder, or an office over that one."""
        registry, annulled, identity = self.registry, annulled_by(payload), annulled_id(payload)
        if identity not in self.annulled_at:
            raise Broken("unknown-act", "an annulled act that the log holds", identity.hex(), is_open=True)
        if self.annulled_at[identity] is not None:
            raise Broken("annulled-already", f"an act that was not annulled at {self.annulled_at[identity]}", identity.hex())
        if author in (annulled["author"], registry.founder):
            return
        office = self.known(payload["event"], annulled["author"])
        if annulled["author"] == registry.founder:
            raise Broken("kept-for-the-founder", f"an act of {registry.founder} annulled by itself", author)
        above = own.sector == office.sector and covers(own.division, office.division) and own.division != office.division
        if office.kind == REGULATOR and not above:
            raise Broken("not-over-regulators", f"{annulled['author']}, the founder {registry.founder} or a {office.sector} regulator "
                         f"strictly above {office.division}", f"{author} of {own.sector} in {own.division}", is_open=True)

    def licence(self, payload):
        """The newest licence of a site for this activity under this number."""
        held = self.licences.get(payload["site"], [])
        same = [one for one in held if (one["activity"], one["licence"]) == (payload["activity"], payload["licence"])]
        return same[-1] if same else None

    def note(self, payload, identity):
        """The log holds this act, so it may be annulled."""
        if is_annullable(payload["event"]):
            self.annulled_at[identity] = None

    def apply(self, payload, identity, position):
        """Lets an act that was permitted take effect."""
        event = payload["event"]
        self.note(payload, identity)
        if event == "site-licensed":
            licence = {name: payload[name] for name in ("activity", "licence", "division")}
            self.licences.setdefault(payload["site"], []).append(licence)
        elif event == "site-amended":
            self.licence(payload)["division"] = payload["division"]
        elif event == "party-succeeded":
            self.successions[payload["party"]] = identity
        elif event == "act-annulled":
            self.annulled_at[annulled_id(payload)] = position
            # An act that is not the one that holds changes nothing.
            self.successions = {party: act for party, act in self.successions.items() if act != annulled_id(payload)}
