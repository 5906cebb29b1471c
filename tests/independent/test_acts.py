"""Powers over parties, sites, lots and quota, rules 5, 6, 12 and 13 of section 15 of event.md: each with an act that it refuses,
and one beside it that it lets pass."""
import sys
import unittest

sys.dont_write_bytecode = True  # leaves no folder beside the sources

import export_maker as maker
from export_maker import AUTHORITY, CITY, CITY_OF, CUSTOMS, ELSEWHERE, MINE, MINING, OPERATOR, PROVINCE, PROVINCE_OF, STRANGER, TRADER
from test_verify_export import Exports

NEARBY = 360_100


class Acts(Exports):
    def levels(self):
        log = maker.LogMaker().event(AUTHORITY, maker.founded())
        for payload in (maker.regulator(PROVINCE, PROVINCE_OF), maker.regulator(CITY, CITY_OF),
                        maker.regulator(CUSTOMS, 0, sector=4), maker.registered(MINE), maker.registered(TRADER)):
            log.event(AUTHORITY, payload)
        return log

    def last(self, log, kind=None):
        """The last event, and no other, is refused so; or the log is good."""
        faults = [(kind, len(log.entries) - 1)] if kind else []
        self.expect(log.files(), "TAMPERED" if kind else "GOOD", *faults)

    def each(self, cases, log=None):
        for author, act, kind in cases:
            with self.subTest(author=author, act=act[:40], kind=kind):
                self.last((log or self.levels)().event(author, act), kind)

    def test_amended(self):
        self.each((
            (CITY, maker.amended(MINE, CITY_OF, MINING), None),
            (CITY, maker.amended(MINE, NEARBY, MINING), "outside-division"),
            (PROVINCE, maker.amended(MINE, NEARBY, MINING), None),
            (CITY, maker.amended(MINE, CITY_OF), "activities"),
            (CITY, maker.amended(STRANGER, CITY_OF, MINING), "registry"),
            (CITY, maker.amended(CITY, CITY_OF), "not-over-regulators"),
            (PROVINCE, maker.amended(CITY, NEARBY), None),
            (PROVINCE, maker.amended(CITY, PROVINCE_OF), "not-over-regulators"),
            (AUTHORITY, maker.amended(CITY, PROVINCE_OF), None),
            (AUTHORITY, maker.amended(CITY, PROVINCE_OF, MINING), "activities"),
            (CUSTOMS, maker.amended(OPERATOR, 0), "kept-for-the-founder"),
            (AUTHORITY, maker.amended(OPERATOR, 0), None),
            (AUTHORITY, maker.amended(AUTHORITY, CITY_OF), "outside-division"),
            (MINE, maker.amended(MINE, CITY_OF, MINING), "not-allowed")))
        # Powers go by where a party is since then.
        moved = lambda: self.levels().event(PROVINCE, maker.amended(MINE, NEARBY, MINING))
        self.each(((CITY, maker.standing(3, MINE), "outside-division"), (PROVINCE, maker.standing(3, MINE), None)), moved)

    def test_licences(self):
        self.each((
            (CITY, maker.licensed(MINE, CITY_OF), None),
            (CITY, maker.licensed(MINE, NEARBY), "outside-division"),
            (CITY, maker.licensed(STRANGER, CITY_OF), "registry"),
            (AUTHORITY, maker.licensed(OPERATOR, CITY_OF), "registry"),
            (CITY, maker.licence_amended(MINE, CITY_OF), "registry")))
        licensed = lambda: self.levels().event(PROVINCE, maker.licensed(MINE, CITY_OF))
        self.each((
            (CITY, maker.licence_amended(MINE, CITY_OF), None),
            (CITY, maker.licence_amended(MINE, CITY_OF, "C2"), "registry"),
            (CITY, maker.licence_amended(TRADER, CITY_OF), "registry"),
            (CITY, maker.licence_amended(MINE, NEARBY), "outside-division"),
            (PROVINCE, maker.licence_amended(MINE, NEARBY), None)), licensed)
        # Whoever oversees where the licence was may take it away; who oversees where it is to be may not fetch it.
        moved = lambda: licensed().event(PROVINCE, maker.licence_amended(MINE, NEARBY))
        self.each(((CITY, maker.licence_amended(MINE, CITY_OF), "outside-division"),), moved)

    def test_succeeded(self):
        self.each((
            (CITY, maker.succeeded(MINE, TRADER), None),
            (CITY, maker.succeeded(MINE, STRANGER), "registry"),
            (PROVINCE, maker.succeeded(MINE, CITY), "registry"),
            (CUSTOMS, maker.succeeded(MINE, TRADER), None),
            (MINE, maker.succeeded(MINE, TRADER), "not-allowed")))
        away = lambda: self.levels().event(PROVINCE, maker.amended(TRADER, NEARBY, MINING))
        self.each(((CITY, maker.succeeded(MINE, TRADER), "outside-division"),), away)
        done = lambda: self.levels().event(CITY, maker.succeeded(MINE, TRADER))
        self.each(((CITY, maker.succeeded(TRADER, MINE), "registry"), (CITY, maker.succeeded(MINE, TRADER), "registry")), done)
        undone = done()
        undone.event(CITY, maker.annulled(undone.entries[-1]))
        self.last(undone.event(CITY, maker.succeeded(TRADER, MINE)))

    def test_annulled(self):
        for author, kind in ((CITY, None), (PROVINCE, None), (AUTHORITY, None), (CUSTOMS, "not-over-regulators"),
                             (MINE, "not-allowed")):
            log = self.levels().event(CITY, maker.lots(14, MINE))
            self.last(log.event(author, maker.annulled(log.entries[-1])), kind)
        for by, kind in ((PROVINCE, "not-over-regulators"), (AUTHORITY, "kept-for-the-founder")):
            log = self.levels().event(by, maker.lots(14, MINE))
            self.last(log.event(CITY, maker.annulled(log.entries[-1])), kind)
        # An act is annulled once: a later succession of the same two stays.
        log = self.levels().event(CITY, maker.succeeded(MINE, TRADER))
        first = log.entries[-1]
        log.event(CITY, maker.annulled(first)).event(CITY, maker.succeeded(MINE, TRADER))
        self.last(log.event(CITY, maker.annulled(first)), "annulled-already")
        # Bytes of acts that nobody stated here: of the next event of the office, and of another ledger.
        ahead = self.levels().event(CITY, maker.lots(14, MINE))
        self.last(self.levels().event(CITY, maker.annulled(ahead.entries[-1])), "unknown-act")
        elsewhere = maker.LogMaker().event(AUTHORITY, maker.founded(zone=0)).event(AUTHORITY, maker.lots(14, MINE))
        self.last(self.levels().event(AUTHORITY, maker.annulled(elsewhere.entries[-1])), "unknown-act")

    def test_national_acts(self):
        self.each(((AUTHORITY, maker.reference_changed(), None), (PROVINCE, maker.reference_changed(), "not-allowed"),
                   (CUSTOMS, maker.reference_changed(), "not-allowed"), (MINE, maker.reference_changed(), "not-allowed"),
                   (AUTHORITY, maker.quota_deducted(MINE), None), (PROVINCE, maker.quota_deducted(MINE), "not-national"),
                   (AUTHORITY, maker.quota_deducted(STRANGER), "registry"), (AUTHORITY, maker.quota_deducted(CITY), "registry")))

    def test_lots_lie_where_their_makers_are(self):
        self.each(((CITY, maker.lots(14, MINE, TRADER), None), (CITY, maker.lots(15, MINE, STRANGER), "registry")))
        away = lambda: self.levels().event(AUTHORITY, maker.amended(TRADER, ELSEWHERE, MINING))
        self.each(((CITY, maker.lots(14, MINE, TRADER), "outside-division"), (CUSTOMS, maker.lots(14, MINE, TRADER), None)), away)

    def test_what_is_missing_may_have_allowed_it(self):
        """An amendment may be among the entries that are not there: nobody is accused for want of it."""
        log = self.levels().event(PROVINCE, maker.amended(MINE, NEARBY, MINING))
        fill = lambda count: [log.event(TRADER, maker.mined(f"ORE-{len(log.entries)}")) for _ in range(count)]
        fill(256 - len(log.entries))
        log.event(PROVINCE, maker.amended(MINE, CITY_OF, MINING)).event(PROVINCE, maker.licensed(MINE, CITY_OF))
        fill(512 - len(log.entries))
        for act in (maker.lots(14, MINE), maker.licence_amended(MINE, CITY_OF), maker.standing(3, MINE)):
            log.event(CITY, act)
        files = log.files()
        self.expect(files, "GOOD")
        del files["tile/entries/001"]
        self.expect(files, "INCOMPLETE", ("missing-entries", 256))


if __name__ == "__main__":
    unittest.main()
