"""Form rules that span several fields of an event: sections 5 and 9 of docs/spec/event.md.

They work on the JSON form of values, but for the first look at corrected bytes, and raise Refused with the code of the rule that is broken first. A payload's rules
stand in the order in which a node checks them, so that both name the same rule where several are broken.
"""
from event_format import SPEC, Refused

WHOLE = 1_000_000
CORRECTION = next(number for number, name in SPEC.payloads.items() if name == "event-corrected")
ANNULMENT = next(number for number, name in SPEC.payloads.items() if name == "act-annulled")
# Section 10: acts with a counter-act of their own, or without an end.
NOT_ANNULLABLE = {*range(1, 9), 18, *range(20, 24), *range(27, 30)}
# Bytes of a party's code, by the kind before it.
CODE_BYTES = {1: 18, 2: 20}


def check_year(year):
    if not SPEC.limits["first year"] <= year <= SPEC.limits["last year"]:
        raise Refused("month")


def check_quantity(quantity):
    if quantity["net_mg"] == 0:
        raise Refused("nothing-weighed")
    if quantity["reo_mg"] > quantity["net_mg"] * max(SPEC.factors.values()) // WHOLE + 1:
        raise Refused("reo-above-net")
    if quantity["wet"]:
        dry = quantity["wet"]["wet_mg"] * (WHOLE - quantity["wet"]["moisture_ppm"]) // WHOLE
        if quantity["net_mg"] not in (dry, dry + 1):
            raise Refused("wet-and-net")


def check_correctable(number):
    if number == CORRECTION:
        raise Refused("nested-correction")
    if number < 32 or SPEC.payloads.get(number) in ("month-closed", "detail-erased"):
        raise Refused("not-correctable")


def check_annullable(number):
    if number == ANNULMENT:
        raise Refused("nested-annulment")
    if number in NOT_ANNULLABLE or number > 31:
        raise Refused("not-annullable")


def check_assay(part):
    if part["assay_method"] is not None and part["composition"] is None:
        raise Refused("assay-without-composition")


def check_lot(part):
    """The rules of a new lot."""
    check_assay(part)
    check_goods(part)


def check_goods(part):
    """REO fits the net mass of the product."""
    kind, _, of = part["product"].partition("/")
    most = WHOLE
    if kind == "metal":
        most = SPEC.factors[of]
    elif kind == "alloy":
        shares = part["composition"].split(",") if part["composition"] else []
        most = max([SPEC.factors[share.split(":")[0]] for share in shares] or SPEC.factors.values())
    quantity = part["quantity"]
    # One milligram of grace: REO is rounded to a whole milligram when it is computed.
    if quantity["reo_mg"] * WHOLE > quantity["net_mg"] * most + WHOLE:
        raise Refused("reo-above-net")


def distinct(items):
    items = list(items)
    if len(set(items)) != len(items):
        raise Refused("lot-twice")


def distinct_lots(lines):
    distinct(line["lot"] for line in lines)


def ascending(keys):
    keys = list(keys)
    if any(low >= high for low, high in zip(keys, keys[1:])):
        raise Refused("list-order")


def code_of(kind, name):
    return next(code for code, other in SPEC.codes[kind].items() if other == name)


def sealed(fields):
    ascending(code_of("sealed field", field["field"]) for field in fields)


def not_reversed(first, last):
    # Days and months of four-digit years sort as their text.
    if last < first:
        raise Refused("period-reversed")


def party_key(party):
    """Parties sort by the length of their code, then by its characters."""
    return len(party), party


def check_rules(rules):
    # In the order of the page; the least of each, then the most.
    limits = {"return_due_day": (1, 28), "transit_days": (1, 366), "muf_sigma_milli": (1, 100_000),
              "authority_signatures": (1, 8), "grant_delay_days": (0, 90), "clock_gap_days": (1, 366),
              "breakdown_days": (1, 366), "opening_stock_days": (0, 366), "circuit_months": (1, 24),
              "uncertainty_floor_ppm": (0, rules["uncertainty_cap_ppm"])}
    if any(not least <= rules[field] <= most for field, (least, most) in limits.items()):
        raise Refused("range")
    ascending(code_of("basis", known["basis"]) for known in rules["uncertainties"])
    ascending(code_of("process", band["process"]) for band in rules["yield_bands"])
    for band in rules["yield_bands"]:
        not_reversed(band["low_ppm"], band["high_ppm"])


def ledger_founded(p):
    if any(character.isspace() or character == "+" for character in p["origin"]):
        raise Refused("code-character")
    if p["authority"] == p["operator"]:
        raise Refused("same-holder")
    check_rules(p["rules"])


def party_registered(p):
    if "enterprise" in p["kind"]:
        ascending(code_of("activity", activity) for activity in p["kind"]["enterprise"]["activities"])


def quota_moved(p):
    if p["from"] == p["to"]:
        raise Refused("same-holder")
    check_year(p["year"])


def inspection_recorded(p):
    distinct(p["inspectors"])
    distinct_lots(p["counted"])


def access_granted(p):
    ascending(map(party_key, p["parties"]))
    not_reversed(p["first_month"], p["last_month"])


def opening_stock_declared(p):
    for lot in p["lots"]:
        check_lot(lot)
    distinct_lots(p["lots"])


def lot_mined(p):
    check_assay(p)
    leached = [f"compound/{form}/mixed" for form in ("carbonate", "oxalate", "oxide")]
    if p["product"] not in ["ore/" + p["ore"], "raw-ore/" + p["ore"]] + (leached if p["ore"] == "ion-adsorption" else []):
        raise Refused("product-not-possible")
    check_goods(p)


def is_ore(product):
    return product.startswith(("ore/", "raw-ore/"))


def scrap_collected(p):
    check_assay(p)
    if is_ore(p["product"]):
        raise Refused("product-not-possible")
    check_goods(p)


def lot_recovered(p):
    if is_ore(p["product"]):
        raise Refused("product-not-possible")
    check_lot(p)


def method_declared(p):
    not_reversed(p["from"], p["until"])
    if p["elements"] and p["kind"] != "assay":
        raise Refused("elements-of-no-assay")
    ascending(code_of("rare earth element", known["element"]) for known in p["elements"])


def party_succeeded(p):
    if p["party"] == p["successor"]:
        raise Refused("same-holder")


def reference_changed(p):
    for row in p["rows"]:
        last = row["until"] or "9999-12-31"
        not_reversed(row["from"], last)
        for period in row["suspensions"]:
            not_reversed(period["from"], period["until"])
            not_reversed(row["from"], period["from"])
            not_reversed(period["until"], last)
        for before, after in zip(row["suspensions"], row["suspensions"][1:]):
            ascending([before["until"], after["from"]])
    for before, after in zip(p["rows"], p["rows"][1:]):
        # By the bytes of the key; rows of one key follow each other and share no day.
        keys = [row["key"].encode() for row in (before, after)]
        ascending(keys if keys[0] != keys[1] else [before["until"] or "9999-12-31", after["from"]])


def stock_counted(p):
    if p["page"] == 0:
        raise Refused("page-zero")
    distinct_lots(p["lots"])
    distinct(vessel["vessel"] for vessel in p["vessels"])


def lot_processed(p):
    if not p["outputs"] and not p["discards"] and not p["retained"]:
        raise Refused("nothing-produced")
    distinct_lots(p["inputs"])
    made = p["outputs"] + p["retained"]
    for lot in made:
        check_lot(lot)
    distinct_lots(made)


def shipment_dispatched(p):
    distinct_lots(p["lines"])
    if any(invoice["cancels"] == invoice["number"] for invoice in p["invoices"]):
        raise Refused("invoice-cancels-itself")
    distinct((invoice["code"], invoice["number"]) for invoice in p["invoices"])
    sealed(p["sealed"])


def shipment_received(p):
    places = [line["line"] for line in p["lines"]]
    if any(low >= high for low, high in zip(places, places[1:])):
        raise Refused("line-twice")
    if any((line["received"] is None) != (line["outcome"] == "rejected") for line in p["lines"]):
        raise Refused("receipt-quantity")


def lines_and_sealed(p):
    sealed(p.get("sealed", []))
    distinct_lots(p["lines"])


def lot_exported(p):
    if p["licence"]:
        not_reversed(p["licence"]["from"], p["licence"]["until"])
    lines_and_sealed(p)


def event_corrected(p):
    if (p["replacement"] is not None) != (p["cause"] == "incorrect-data"):
        raise Refused("replacement")
    if p["replacement"] is not None:
        check_fields(p["replacement"])


def month_closed(p):
    if p["last_seq"] < p["first_seq"]:
        raise Refused("sequence-range")


def document_attached(p):
    if p["bytes"] == 0:
        raise Refused("range")


# The payloads that have such rules.
RULES = {
    "ledger-founded": ledger_founded,
    "party-registered": party_registered,
    "site-licensed": lambda p: not_reversed(p["from"], p["until"]),
    "indicator-set": lambda p: check_year(p["year"]),
    "quota-allocated": lambda p: check_year(p["year"]),
    "quota-moved": quota_moved,
    "quota-deducted": lambda p: check_year(p["year"]),
    "inspection-recorded": inspection_recorded,
    "lot-sealed": lambda p: distinct(p["lots"]),
    "lot-released": lambda p: distinct(p["lots"]),
    "rules-changed": lambda p: check_rules(p["rules"]),
    "access-granted": access_granted,
    "party-amended": lambda p: ascending(code_of("activity", activity) for activity in p["activities"]),
    "site-amended": lambda p: not_reversed(p["from"], p["until"]),
    "party-succeeded": party_succeeded,
    "reference-changed": reference_changed,
    "authority-recovered": lambda p: distinct(grant["key"] for grant in p["keys"]),
    "opening-stock-declared": opening_stock_declared,
    "lot-mined": lot_mined,
    "lot-imported": check_lot,
    "scrap-collected": scrap_collected,
    "lot-processed": lot_processed,
    "shipment-dispatched": shipment_dispatched,
    "shipment-received": shipment_received,
    "lot-exported": lot_exported,
    "lot-used": lines_and_sealed,
    "lot-discarded": lines_and_sealed,
    "lot-lost": lines_and_sealed,
    "stock-counted": stock_counted,
    "event-corrected": event_corrected,
    "month-closed": month_closed,
    "document-attached": document_attached,
    "lot-recovered": lot_recovered,
    "method-declared": method_declared,
}


def check_fields(payload):
    RULES.get(payload["event"], lambda _: None)(payload)


def payload_number(data):
    """The payload number of a body that was not read: behind version, ledger, author, seq, prev, seen, occurred and signed."""
    kind = 2 + 32
    if len(data) <= kind or data[kind] not in CODE_BYTES:
        return None
    at = kind + 1 + CODE_BYTES[data[kind]] + 8 + 32 + (8 + 32) + 8 + 8
    return int.from_bytes(data[at:at + 2], "little") if len(data) >= at + 2 else None


def check_time(payload, occurred):
    # Moments sort as their text.
    if payload["event"] == "stock-counted" and payload["as_of"] > occurred:
        raise Refused("counted-after-occurred")


def carried(text, check, refusal, read_body):
    """The event that another carries. Its number is looked at before it is read, or those that carry some would nest."""
    data = bytes.fromhex(text)
    number = payload_number(data)
    if number in SPEC.payloads:
        check(number)
    try:
        return read_body(data)
    except Refused:
        raise Refused(refusal) from None


def check_payload(body, read_body):
    """The rules of a body's payload; `read_body` reads the event that a correction or an annulment carries."""
    payload = body["payload"]
    check_fields(payload)
    check_time(payload, body["occurred"])
    if payload["event"] == "act-annulled":
        carried(payload["annulled"], check_annullable, "annulled", read_body)
    if payload["event"] != "event-corrected":
        return
    corrected = carried(payload["corrected"], check_correctable, "corrected", read_body)
    if (corrected["author"], corrected["ledger"]) != (body["author"], body["ledger"]):
        raise Refused("corrects-foreign")
    if payload["replacement"] and payload["replacement"]["event"] != corrected["payload"]["event"]:
        raise Refused("replacement-kind")
    if payload["replacement"]:
        check_time(payload["replacement"], corrected["occurred"])
