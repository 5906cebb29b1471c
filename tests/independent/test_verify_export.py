"""The export verifier against logs with one change each: every change must be found, by name and place, and nothing else."""
import contextlib
import datetime
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True  # leaves no folder beside the sources

import export_maker as maker
import verify_export
from export_maker import (AUTHORITY, CITY, CITY_OF, CUSTOMS, DAY, ELSEWHERE, KEYS, MINE, OPERATOR, ORIGIN, PROVINCE,
                          PROVINCE_OF, STRANGER, TRADER)
from tile_folder import parse_tile_path, tile_path

BUNDLE, TILE = "tile/entries/000.p/12", "tile/0/000.p/12"


class Exports(unittest.TestCase):
    def report(self, files, **given):
        with tempfile.TemporaryDirectory() as folder:
            maker.write(folder, files)
            return verify_export.verify(folder, **given)

    def expect(self, files, verdict, *faults, **given):
        """Exactly these faults, as (kind, position), and this verdict."""
        report = self.report(files, **given)
        self.assertEqual([(fault["kind"], fault["position"]) for fault in report.faults], list(faults), list(report.lines()))
        self.assertEqual(report.verdict(), verdict)
        return report


class WholeLogs(Exports):
    def test_good(self):
        root = maker.root_of([maker.leaf_hash(entry) for entry in maker.a_dozen().entries[:5]])
        report = self.expect(maker.a_dozen().files(), "GOOD", log_key=(ORIGIN, KEYS[OPERATOR][0].public), known=(5, root))
        self.assertEqual(report.counts, {"entries well formed": 12, "proofs of possession": 5, "chain links": 12,
                                         "event signatures": 12, "roots seen by authors": 12, "entries": 12, "authors": 2, "tiles": 1,
                                         "checkpoint signatures": 1, "size of the checkpoint": 12,
                                         "known root at size": 5})
        self.assertEqual(report.policy, ["log key in the founding"])

    def test_a_bit_in_an_entry(self):
        files = maker.a_dozen().files()
        data = bytearray(files[BUNDLE])
        data[-1] ^= 1  # the last byte of the last signature
        files[BUNDLE] = bytes(data)
        self.expect(files, "TAMPERED", ("signature", 11), ("wrong-tile", TILE), ("wrong-root", "checkpoint"))

    def test_missing_tail_bundle(self):
        files = maker.a_dozen().files()
        del files[BUNDLE]
        report = self.expect(files, "INCOMPLETE", ("missing-entries", 0), log_key=(ORIGIN, KEYS[OPERATOR][0].public))
        self.assertIn("12 hashes whose entries are missing: taken from the tiles as they stand", report.unchecked)

    def test_wrong_tile(self):
        files = maker.a_dozen().files()
        files[TILE] = files[TILE][:32 * 4] + bytes(32) + files[TILE][32 * 5:]
        self.expect(files, "TAMPERED", ("wrong-tile", TILE))

    def test_missing_tile(self):
        files = maker.a_dozen().files()
        del files[TILE]
        self.expect(files, "INCOMPLETE", ("missing-tile", TILE))

    def test_narrow_and_needless_tiles(self):
        files = maker.a_dozen().files()
        self.expect(files | {"tile/0/001.p/1": bytes(32)}, "TAMPERED", ("wrong-tile", "tile/0/001.p/1"))
        files["tile/0/000.p/11"] = files.pop(TILE)[:32 * 11]
        self.expect(files, "INCOMPLETE", ("missing-tile", TILE))

    def test_bundle_that_is_not_filled(self):
        files = maker.a_dozen().files()
        self.expect(files | {BUNDLE: files[BUNDLE] + b"\0"}, "MALFORMED", ("malformed-bundle", BUNDLE))
        files |= {"tile/entries/000.p/13": files.pop(BUNDLE) + b"\0\0"}
        self.expect(files, "MALFORMED", ("malformed-bundle", "tile/entries/000.p/13"))

    def test_two_entries_swapped(self):
        log, swapped = maker.a_dozen(), maker.a_dozen()
        swapped.entries[4], swapped.entries[5] = log.entries[5], log.entries[4]
        order = [("chain-gap", 4), ("receive-time", 5), ("repeated", 5)]
        # The operator may sign the new order: the author's chain still tells.
        self.expect(swapped.files(), "TAMPERED", *order)
        files = log.files() | {BUNDLE: swapped.files()[BUNDLE]}
        self.expect(files, "TAMPERED", *order, ("wrong-tile", TILE), ("wrong-root", "checkpoint"))

    def test_foreign_event(self):
        log = maker.a_dozen()
        again = maker.LogMaker().event(AUTHORITY, maker.founded(zone=0)).ledger
        for ledger in (again, maker.origin_hash(), bytes(32)):
            log = maker.a_dozen().event(TRADER, maker.mined("ORE-9"), ledger=ledger)
            # It is no event of this log's trader: the trader's chain goes on as if it were not there.
            log.heads[TRADER] = (0, log.ledger)
            self.expect(log.event(TRADER, maker.mined("ORE-9")).files(), "TAMPERED", ("another-ledger", 12))

    def test_repeated_seq(self):
        log = maker.a_dozen()
        log.event(MINE, maker.mined("ORE-4"), turn=1, seq=6, prev=bytes(32))
        self.expect(log.files(), "TAMPERED", ("equivocation", 12))

    def test_gap_and_wrong_link(self):
        log = maker.a_dozen()
        log.event(MINE, maker.mined("ORE-8"), turn=1, seq=10)
        log.event(MINE, maker.mined("ORE-9"), turn=1, prev=bytes(32))
        self.expect(log.files(), "TAMPERED", ("chain-gap", 12), ("wrong-link", 13))

    def test_a_bit_in_a_seq(self):
        log = maker.a_dozen()
        entry = bytearray(log.entries[5])
        entry[16 + 53 + 6] ^= 4  # a leap far ahead, which the next event does not follow
        log.entries[5] = bytes(entry)
        self.expect(log.files(), "TAMPERED", ("signature", 5), ("chain-gap", 5), ("chain-gap", 6))

    def test_a_forged_event_does_not_accuse_its_author(self):
        log, forged = maker.a_dozen(), maker.a_dozen().event(MINE, maker.mined("ORE-66"), turn=1)
        log.entries.append(forged.entries[12][:-1] + bytes([forged.entries[12][-1] ^ 1]))
        log.event(MINE, maker.mined("ORE-9"), turn=1)
        self.expect(log.files(), "TAMPERED", ("signature", 12))
        log.entries.append(log.entries[12])
        self.expect(log.files(), "TAMPERED", ("signature", 12), ("receive-time", 14), ("signature", 14), ("repeated", 14))

    def test_receive_time_goes_back(self):
        log = maker.a_dozen().event(MINE, maker.mined("ORE-9"), turn=1, late=-5000)
        self.expect(log.files(), "TAMPERED", ("receive-time", 12))

    def test_malformed_entry(self):
        log = maker.a_dozen()
        log.entries[6] += b"\0"
        self.expect(log.files(), "MALFORMED", ("malformed-entry", 6))

    def test_several_bundles(self):
        log = maker.a_dozen()
        for lot in range(100, 700):
            log.event(MINE, maker.mined(f"ORE-{lot}"), turn=1)
        self.expect(log.files(), "GOOD")
        files = log.files()
        del files["tile/entries/001"]
        self.expect(files, "INCOMPLETE", ("missing-entries", 256))
        del files["tile/0/001"]  # tile/1 still has the hash of the whole
        self.expect(files, "INCOMPLETE", ("missing-entries", 256), ("missing-tile", "tile/0/001"))
        files = log.files()
        cut = {"tile/entries/000": files["tile/entries/000"][:-3]}
        report = self.expect(files | cut, "MALFORMED", ("malformed-bundle", "tile/entries/000"), ("missing-entries", 255))
        self.assertNotIn("the checkpoint's root: entries and hashes for it are missing", report.unchecked)
        both = files | cut
        del both["tile/0/000"], both["tile/1/000.p/2"]
        report = self.expect(both, "MALFORMED", ("malformed-bundle", "tile/entries/000"), ("missing-entries", 255),
                             ("missing-tile", "tile/0/000"), ("missing-tile", "tile/1/000.p/2"))
        self.assertIn("the checkpoint's root: entries and hashes for it are missing", report.unchecked)
        files["tile/1/000.p/2"] = files["tile/1/000.p/2"][:32] + bytes(32)
        self.expect(files, "TAMPERED", ("wrong-tile", "tile/1/000.p/2"))
        files = log.files() | {"tile/0/000.p/3": log.files()["tile/0/000"][:96], "tile/entries/000.p/1": b"\0\1x"}
        self.expect(files, "TAMPERED", ("wrong-tile", "tile/entries/000.p/1"))


class SeenByAuthors(Exports):
    """Section 3 of log.md, rules 6 and 8: what authors had seen, and when they signed."""

    def grown(self):
        """A log whose authors had seen all that stood before them."""
        log = maker.LogMaker().event(AUTHORITY, maker.founded())
        for author, payload in [(AUTHORITY, maker.registered(MINE)), (AUTHORITY, maker.registered(TRADER))] + [
                (MINE, maker.mined(f"ORE-{lot}")) for lot in range(3)] + [(TRADER, maker.mined("ORE-9"))]:
            log.see().event(author, payload)
        return log

    def again(self, log, dropped):
        """The operator leaves one entry out, and signs tree and checkpoint again."""
        del log.entries[dropped]
        return log.files()

    def test_good(self):
        report = self.expect(self.grown().files(), "GOOD")
        self.assertEqual(report.counts["roots seen by authors"], 7)

    def test_what_was_dropped_was_seen(self):
        # The mine's own last event is gone, which its chain does not tell; the trader had seen it.
        self.expect(self.again(self.grown(), 5), "TAMPERED", ("seen", 5))
        # The same event of a trader that had seen less contradicts nothing.
        log = self.grown()
        log.entries.pop()
        log.heads[TRADER] = (0, log.ledger)
        self.expect(self.again(log.see(5).event(TRADER, maker.mined("ORE-9")), 5), "GOOD")

    def test_sizes(self):
        log = self.grown()
        for seen, kind in (((8, bytes(32)), "seen"), ((5, log.see(5).seen[1]), "seen-less"), ((6, bytes(32)), "seen"),
                           (log.see(6).seen, None), (log.see(7).seen, None), ((2**64 - 1, bytes(32)), "seen")):
            made = self.grown().event(TRADER, maker.mined("ORE-10"), seen=seen)
            self.expect(made.files(), "TAMPERED" if kind else "GOOD", *([(kind, 7)] if kind else []))
        # Who signs for the first time may have seen nothing.
        self.expect(self.grown().event(OPERATOR, maker.heads(), seen=(0, maker.root_of([]))).files(), "GOOD")

    def test_times(self):
        for ahead, kind in ((5, None), (6, None), (4, "signed-before-last")):
            log = self.grown().event(TRADER, maker.mined("ORE-10"), ahead=5).event(TRADER, maker.mined("ORE-11"), ahead=ahead)
            self.expect(log.files(), "TAMPERED" if kind else "GOOD", *([(kind, 8)] if kind else []))
        # Another author's clock is another matter.
        log = self.grown().event(TRADER, maker.mined("ORE-10"), ahead=5).event(MINE, maker.mined("ORE-11"))
        self.expect(log.files(), "GOOD")

    def test_across_bundles(self):
        log = self.grown()
        for lot in range(100, 700):
            log = (log.see() if lot % 7 == 0 else log).event(MINE, maker.mined(f"ORE-{lot}"))
        self.expect(log.files(), "GOOD")
        files = log.files()
        del files["tile/entries/001"], files["tile/0/001"], files["tile/1/000.p/2"]
        report = self.report(files)
        self.assertEqual(report.verdict(), "INCOMPLETE")
        self.assertIn("roots seen by authors not decided, as hashes for them are missing", report.counts)
        log.entries.pop(300)
        found = {fault["kind"] for fault in self.report(log.files()).faults}
        self.assertEqual(found, {"chain-gap", "seen"})

    def test_a_founding_for_another_name(self):
        log = maker.LogMaker().event(AUTHORITY, maker.founded(), ledger=maker.origin_hash("other.example/log"))
        self.assertEqual(self.report(log.files()).verdict(), "TAMPERED")


class Checkpoints(Exports):
    def test_stale_checkpoint(self):
        log = maker.a_dozen()
        self.expect(log.files() | {"checkpoint": log.checkpoint(8)}, "ROLLED-BACK", ("stale-checkpoint", "checkpoint"))

    def test_wrong_signature(self):
        log = maker.a_dozen()
        forged = log.files() | {"checkpoint": log.checkpoint(key=KEYS[STRANGER][0])}
        self.expect(forged, "TAMPERED", ("checkpoint-signature", "checkpoint"))
        # A size under a signature that was made for another.
        resized = log.files() | {"checkpoint": log.checkpoint().replace(b"\n12\n", b"\n11\n")}
        self.expect(resized, "TAMPERED", ("checkpoint-signature", "checkpoint"), ("stale-checkpoint", "checkpoint"),
                    ("wrong-root", "checkpoint"))

    def test_truncated_files(self):
        files = maker.a_dozen().files()
        self.expect(files | {BUNDLE: files[BUNDLE][:-5]}, "MALFORMED", ("malformed-bundle", BUNDLE), ("missing-entries", 11))
        self.expect(files | {TILE: files[TILE][:-5]}, "MALFORMED", ("malformed-tile", TILE))
        note = files["checkpoint"]
        self.expect(files | {"checkpoint": note[:-1]}, "MALFORMED", ("malformed-checkpoint", "checkpoint"))

    def test_missing_checkpoint(self):
        files = maker.a_dozen().files()
        del files["checkpoint"]
        self.expect(files, "INCOMPLETE", ("missing-checkpoint", "checkpoint"))

    def test_known_root(self):
        files, empty = maker.a_dozen().files(), bytes(32)
        self.expect(files, "ROLLED-BACK", ("rolled-back", 12), known=(13, empty))
        self.expect(files, "ROLLED-BACK", ("split-view", 7), known=(7, empty))

    def test_log_key(self):
        files, faults = maker.a_dozen().files(), (("log-key", 0), ("checkpoint-signature", "checkpoint"))
        self.expect(files, "TAMPERED", faults[0], log_key=(ORIGIN, KEYS[STRANGER][0].public))

        # The name is part of what the key vouches for.
        self.expect(files, "TAMPERED", *faults, log_key=("other.example/log", KEYS[OPERATOR][0].public))

    def rotated(self, **changes):
        """Three entries: the founding, a rotation of the log key, a registration."""
        made = maker.LogMaker().event(AUTHORITY, maker.founded()).event(AUTHORITY, maker.log_key_rotated(**changes))
        return made.event(AUTHORITY, maker.registered(MINE))

    def signed(self, log, *turns):
        return log.files() | {"checkpoint": log.checkpoint(keys=[KEYS[OPERATOR][turn] for turn in turns])}

    def test_log_key_handed_over(self):
        log = self.rotated()
        files = self.signed(log, 1)
        for turn in (0, 1):
            self.expect(files, "GOOD", log_key=(ORIGIN, KEYS[OPERATOR][turn].public))
        self.expect(files, "TAMPERED", ("log-key", 0), log_key=(ORIGIN, KEYS[OPERATOR][2].public))
        wrong = ("checkpoint-signature", "checkpoint")
        for turns in ((0,), (2,), (0, 1)):
            self.expect(self.signed(log, *turns), "TAMPERED", wrong)

        log.entries.pop()
        self.expect(self.signed(log, 0, 1), "GOOD")
        for turns in ((0,), (1,)):
            self.expect(self.signed(log, *turns), "TAMPERED", wrong)

    def test_log_key_that_may_not_follow(self):
        wrong = ("checkpoint-signature", "checkpoint")
        for fault, changes in (("commitment", {"to": 2}), ("handover", {"by": 1}), ("possession", {"owner": MINE})):
            self.expect(self.signed(self.rotated(**changes), 1), "TAMPERED", (fault, 1), wrong)
        kept = maker.LogMaker().event(AUTHORITY, maker.founded())
        kept.event(OPERATOR, maker.key_added(OPERATOR, maker.grant(OPERATOR, 1)))
        self.expect(kept.files(), "TAMPERED", ("registry", 1))
        stranger = maker.LogMaker().event(AUTHORITY, maker.founded()).event(OPERATOR, maker.log_key_rotated())
        self.expect(stranger.files(), "TAMPERED", ("not-allowed", 1))

    def test_hostile_size(self):
        files = maker.a_dozen().files()
        files["checkpoint"] = files["checkpoint"].replace(b"\n12\n", b"\n18446744073709551615\n")
        self.assertEqual(self.report(files).verdict(), "TAMPERED")

    def test_paths(self):
        files = maker.a_dozen().files()
        for path in ("tile/0/x000/001", "tile/00/000", "tile/8/000", "tile/0/000.p/256", "tile/0/000.p/012", "tile/note"):
            self.expect(files | {path: b""}, "MALFORMED", ("malformed-path", path))
        self.assertEqual(tile_path(0, 1_234_067), "tile/0/x001/x234/067")
        self.assertEqual(parse_tile_path("tile/entries/x001/x234/067.p/8"), ("entries", 1_234_067, 8))


class Registrations(Exports):
    def test_unregistered_author(self):
        self.expect(maker.a_dozen().event(STRANGER, maker.mined("ORE-9")).files(), "TAMPERED", ("unregistered", 12))

    def test_revoked_key(self):
        self.expect(maker.a_dozen().event(MINE, maker.mined("ORE-9")).files(), "TAMPERED", ("key", 12))

    def test_key_of_nobody(self):
        self.expect(maker.a_dozen().event(MINE, maker.mined("ORE-9"), turn=2).files(), "TAMPERED", ("key", 12))

    def test_no_founding(self):
        log = maker.LogMaker().event(AUTHORITY, maker.registered(MINE))
        self.expect(log.files(), "TAMPERED", ("founding", 0), ("unregistered", 0))

    def test_founding_twice(self):
        self.expect(maker.a_dozen().event(AUTHORITY, maker.founded()).files(), "TAMPERED", ("not-allowed", 12))

    def test_possession(self):
        elsewhere = lambda ledger: maker.grant(STRANGER)(maker.origin_hash())
        log = maker.a_dozen().event(AUTHORITY, maker.registered(STRANGER, elsewhere))
        self.expect(log.files(), "TAMPERED", ("possession", 12))
        log.event(STRANGER, maker.mined("ORE-9"))  # what is refused registers nobody
        self.expect(log.files(), "TAMPERED", ("possession", 12), ("unregistered", 13))

    def test_key_of_small_order(self):
        neutral = lambda ledger: b"\1" + bytes(31) + maker.grant(STRANGER)(ledger)[32:]
        log = maker.a_dozen().event(AUTHORITY, maker.registered(STRANGER, neutral))
        report = self.expect(log.files(), "TAMPERED", ("possession", 12))
        self.assertEqual(report.faults[0]["found"], "a key of small order")

    def test_commitment(self):
        log = maker.a_dozen().event(TRADER, maker.key_added(TRADER, maker.grant(TRADER, 2)))
        self.expect(log.files(), "TAMPERED", ("commitment", 12))
        # A regulator grants any key: a party that lost its own has no other way.
        self.expect(maker.a_dozen().event(AUTHORITY, maker.key_added(TRADER, maker.grant(TRADER, 2))).files(), "GOOD")

    def test_who_states_what(self):
        for author, payload in ((MINE, maker.registered(STRANGER)), (MINE, maker.key_revoked(TRADER)),
                                (AUTHORITY, maker.mined("ORE-9")), (OPERATOR, maker.mined("ORE-9")),
                                (AUTHORITY, maker.heads())):
            log = maker.a_dozen().event(author, payload, turn=1 if author == MINE else 0)
            self.expect(log.files(), "TAMPERED", ("not-allowed", 12))
        # What may not be stated has no effect either.
        log = maker.a_dozen().event(MINE, maker.registered(STRANGER), turn=1).event(STRANGER, maker.mined("ORE-9"))
        self.expect(log.files(), "TAMPERED", ("not-allowed", 12), ("unregistered", 13))
        self.expect(maker.a_dozen().event(OPERATOR, maker.heads()).files(), "GOOD")

    def test_false_heads(self):
        covers_nothing = maker.heads()
        for false in (covers_nothing[:-1] + b"\0", maker.number(20, 2) + maker.number(5, 8) + covers_nothing[10:],
                      maker.number(20, 2) + maker.number(13, 8) + covers_nothing[10:]):
            self.expect(maker.a_dozen().event(OPERATOR, false).files(), "TAMPERED", ("false-heads", 12))

    def test_registered_twice(self):
        self.expect(maker.a_dozen().event(AUTHORITY, maker.registered(MINE)).files(), "TAMPERED", ("registry", 12))
        self.expect(maker.a_dozen().event(AUTHORITY, maker.key_revoked(STRANGER)).files(), "TAMPERED", ("registry", 12))


FIRST, SECOND, THIRD = (datetime.date(2024, 2, 1) + datetime.timedelta(days) for days in range(3))


class Powers(Exports):
    """Section 15 of event.md: each rule with an act that it refuses, and one beside it that it lets pass."""

    def founded(self, *registrations, **changes):
        log = maker.LogMaker().event(AUTHORITY, maker.founded(**changes))
        for payload in registrations:
            log.event(AUTHORITY, payload)
        return log

    def levels(self):
        return self.founded(maker.regulator(PROVINCE, PROVINCE_OF), maker.regulator(CITY, CITY_OF),
                            maker.regulator(CUSTOMS, 0, sector=4), maker.registered(MINE))

    def with_keys(self, count, **changes):
        log = self.founded(**changes)
        for turn in range(1, count):
            log.event(AUTHORITY, maker.key_added(AUTHORITY, maker.grant(AUTHORITY, turn)), turn=turn - 1)
        return log

    def last(self, log, kind=None):
        """The last event, and no other, is refused so; or the log is good."""
        faults = [(kind, len(log.entries) - 1)] if kind else []
        self.expect(log.files(), "TAMPERED" if kind else "GOOD", *faults)

    def test_one_operator(self):
        self.last(self.founded(maker.registered(STRANGER, kind=b"\x04")), "second-operator")
        self.last(self.founded(maker.registered(STRANGER, kind=b"\x03")))
        # Before the division is asked, and whatever else it is.
        self.last(self.levels().event(CITY, maker.registered(OPERATOR, kind=b"\x04", division=ELSEWHERE)), "second-operator")

    def test_over_regulators(self):
        acts = [maker.standing(act, CITY) for act in (3, 4, 5)]
        acts += [maker.key_added(CITY, maker.grant(CITY, 1)), maker.key_revoked(CITY)]
        for act in acts:
            self.last(self.levels().event(PROVINCE, act))
            self.last(self.levels().event(AUTHORITY, act))
            self.last(self.levels().event(CUSTOMS, act), "not-over-regulators")  # above it, of another sector
        for act in (3, 4, 5):
            self.last(self.levels().event(CITY, maker.standing(act, CITY)), "not-over-regulators")
        self.last(self.levels().event(CITY, maker.key_added(CITY, maker.grant(CITY, 1))))
        self.last(self.levels().event(CUSTOMS, maker.standing(3, MINE)))

    def test_registered_regulators(self):
        self.last(self.levels().event(PROVINCE, maker.regulator(STRANGER, CITY_OF)))
        self.last(self.levels().event(PROVINCE, maker.regulator(STRANGER, PROVINCE_OF)), "not-over-regulators")
        self.last(self.levels().event(PROVINCE, maker.regulator(STRANGER, CITY_OF, sector=4)), "not-over-regulators")
        self.last(self.levels().event(CUSTOMS, maker.regulator(STRANGER, 0, sector=4)), "not-over-regulators")
        self.last(self.levels().event(CUSTOMS, maker.regulator(STRANGER, PROVINCE_OF, sector=4)))
        # Behind the division, before the registry.
        self.last(self.levels().event(PROVINCE, maker.regulator(STRANGER, ELSEWHERE, sector=4)), "outside-division")
        self.last(self.levels().event(PROVINCE, maker.regulator(CITY, PROVINCE_OF)), "not-over-regulators")
        self.last(self.levels().event(CITY, maker.standing(3, PROVINCE)), "outside-division")

    def test_kept_for_the_founder(self):
        for subject in (AUTHORITY, OPERATOR):
            for act in [maker.standing(act, subject) for act in (3, 4, 5)] + [
                    maker.key_added(subject, maker.grant(subject, 2)), maker.key_revoked(subject)]:
                for author in (CUSTOMS, CITY):
                    self.last(self.levels().event(author, act), "kept-for-the-founder")
        for subject in (AUTHORITY, OPERATOR):
            self.last(self.levels().event(AUTHORITY, maker.standing(3, subject)))
        self.last(self.levels().event(AUTHORITY, maker.key_revoked(OPERATOR)))
        self.last(self.with_keys(2))
        # Its own keys are the operator's too; the last one stays.
        self.last(self.levels().event(OPERATOR, maker.key_revoked(OPERATOR)), "last-key")

    def test_rules_are_national(self):
        self.last(self.levels().event(AUTHORITY, maker.rules_changed(SECOND, 1)))
        self.last(self.levels().event(PROVINCE, maker.rules_changed(SECOND, 1)), "not-national")
        self.last(self.levels().event(CUSTOMS, maker.rules_changed(SECOND, 1)), "wrong-sector")

    def test_number_of_the_day_of_receipt(self):
        # Signed on the first of the month, the day before the second signature is asked for: what counts is the receipt.
        raised = lambda: self.with_keys(2).event(AUTHORITY, maker.rules_changed(SECOND, 2))
        self.last(raised().event(AUTHORITY, maker.registered(MINE)))
        self.last(raised().event(AUTHORITY, maker.registered(MINE), late=DAY), "too-few-signatures")
        self.last(raised().event(AUTHORITY, maker.registered(MINE), late=DAY, turns=(0, 1)))
        # Signed for a day on which two are asked for, received before it.
        self.last(raised().event(AUTHORITY, maker.registered(MINE), ahead=DAY // 2))

    def test_the_day_is_that_of_the_zone(self):
        # 01:02 UTC of the first: the day before in the west, the same in the east.
        for zone, kind in ((-840 % 65_536, None), (480, "too-few-signatures")):
            log = self.with_keys(2, zone=zone)
            log.event(AUTHORITY, maker.rules_changed(FIRST, 2))
            self.last(log.event(AUTHORITY, maker.registered(MINE)), kind)

    def test_every_national_regulator(self):
        # No cap: a regulator with one key that is asked for two can't act, nor change its keys, until the founder gives one.
        log = lambda: self.with_keys(2).event(AUTHORITY, maker.regulator(CUSTOMS, 0, sector=4)).event(
            AUTHORITY, maker.regulator(PROVINCE, PROVINCE_OF)).event(AUTHORITY, maker.rules_changed(FIRST, 2))
        for act in (maker.registered(MINE), maker.key_added(CUSTOMS, maker.grant(CUSTOMS, 1))):
            self.last(log().event(CUSTOMS, act), "too-few-signatures")
        given = log().event(AUTHORITY, maker.key_added(CUSTOMS, maker.grant(CUSTOMS, 1)), turns=(0, 1))
        self.last(given.event(CUSTOMS, maker.registered(MINE), turns=(0, 1), late=7 * maker.DAY))
        self.last(log().event(PROVINCE, maker.registered(MINE)))

    def test_a_raise_is_not_called_off_by_fewer(self):
        raised = lambda: self.with_keys(3).event(AUTHORITY, maker.rules_changed(SECOND, 3))
        for day in (FIRST, SECOND, THIRD):
            self.last(raised().event(AUTHORITY, maker.rules_changed(day, 1), turns=(0, 1)), "too-few-signatures")
            self.last(raised().event(AUTHORITY, maker.rules_changed(day, 1), turns=(0, 1, 2)))
        # A number that was put aside for its day binds until the day, the later one of a day from it on.
        aside = lambda: raised().event(AUTHORITY, maker.rules_changed(SECOND, 1), turns=(0, 1, 2))
        self.last(aside().event(AUTHORITY, maker.rules_changed(THIRD, 1)), "too-few-signatures")
        self.last(aside().event(AUTHORITY, maker.rules_changed(THIRD, 1), late=DAY))

    def test_keys_for_a_raise(self):
        for held in (1, 2, 3):
            self.last(self.with_keys(held).event(AUTHORITY, maker.rules_changed(THIRD, held)))
            self.last(self.with_keys(held).event(AUTHORITY, maker.rules_changed(THIRD, held + 1)), "too-few-keys-held")
        revoked = self.with_keys(2).event(AUTHORITY, maker.key_revoked(AUTHORITY), turn=1)
        self.last(revoked.event(AUTHORITY, maker.rules_changed(THIRD, 2), turn=1), "too-few-keys-held")
        # Behind the other rules of the act.
        self.last(self.levels().event(CUSTOMS, maker.rules_changed(SECOND, 8)), "wrong-sector")

    def test_the_time_to_object_is_not_cut_short(self):
        # Seven days from the first: a key granted now would sign on the eighth, so shorter rules may hold from the ninth.
        days = lambda count: FIRST + datetime.timedelta(count)
        for effective, kind in ((days(-30), "notice-too-short"), (days(0), "notice-too-short"), (days(7), "notice-too-short"),
                                (days(8), None)):
            self.last(self.levels().event(AUTHORITY, maker.rules_changed(effective, 1, delay=6)), kind)
        for delay in (7, 90):
            self.last(self.levels().event(AUTHORITY, maker.rules_changed(FIRST, 1, delay=delay)))
        longer = lambda: self.levels().event(AUTHORITY, maker.rules_changed(FIRST, 1, delay=20))
        self.last(longer().event(AUTHORITY, maker.rules_changed(days(20), 1, delay=7)), "notice-too-short")
        self.last(longer().event(AUTHORITY, maker.rules_changed(days(21), 1, delay=7)))

    def test_who_objects(self):
        grants = lambda: self.levels().event(AUTHORITY, maker.key_added(MINE, maker.grant(MINE, 2)))
        objected = maker.objected(KEYS[MINE][2])
        self.last(grants().event(MINE, objected))
        # The one committed to and not registered; it may be shown alone.
        by_next = maker.objected(KEYS[MINE][2], KEYS[MINE][1])
        self.last(grants().event(MINE, by_next, turn=1))
        # Rotated in and revoked since, the same key objects to nothing: it may be a thief's.
        stolen = lambda: self.levels().event(MINE, maker.key_added(MINE, maker.grant(MINE, 1))).event(
            AUTHORITY, maker.key_revoked(MINE, 1)).event(AUTHORITY, maker.key_added(MINE, maker.grant(MINE, 2)))
        self.last(stolen().event(MINE, objected))
        self.expect(stolen().event(MINE, by_next, turn=1).files(), "TAMPERED", ("key", 8))

    def test_the_next_recovery_key_was_known_to_nobody(self):
        log, fresh = self.levels, maker.grant(AUTHORITY, 2)
        self.last(log().event(AUTHORITY, maker.recovered(fresh, maker.Key("later").commitment), by=maker.RECOVERY))
        for known in (maker.RECOVERY, KEYS[AUTHORITY][0], KEYS[AUTHORITY][1]):
            self.last(log().event(AUTHORITY, maker.recovered(fresh, known.commitment), by=maker.RECOVERY), "recovery-not-apart")

    def test_a_founding_brings_one_key(self):
        self.last(self.founded())
        self.last(self.founded(signatures=2), "too-few-keys-held")

    def test_a_key_is_granted_once(self):
        levels = lambda: self.levels().event(AUTHORITY, maker.key_added(MINE, maker.grant(MINE, 2)))
        self.last(levels())
        self.last(levels().event(AUTHORITY, maker.key_added(MINE, maker.grant(MINE, 2))), "key-exists")

    def test_keys_that_are_left(self):
        for effective in (FIRST, THIRD):
            for held, kind in ((2, "too-few-keys-left"), (3, None)):
                log = self.with_keys(held).event(AUTHORITY, maker.rules_changed(effective, 2))
                self.last(log.event(AUTHORITY, maker.key_revoked(AUTHORITY), turns=(0, 1)), kind)
        self.last(self.founded().event(AUTHORITY, maker.key_revoked(AUTHORITY)), "too-few-keys-left")
        self.last(self.with_keys(2).event(AUTHORITY, maker.key_revoked(AUTHORITY)))
        # What is not its key, or no longer, is told as such.
        self.last(self.founded().event(AUTHORITY, maker.key_revoked(AUTHORITY, turn=1)), "registry")
        revoked = self.with_keys(2).event(AUTHORITY, maker.key_revoked(AUTHORITY))
        self.last(revoked.event(AUTHORITY, maker.key_revoked(AUTHORITY), turn=1), "registry")

    def test_ahead_of_receipt(self):
        for ahead, kind in ((DAY + 12_000, None), (DAY + 12_001, "ahead-of-receipt")):  # received twelve seconds later
            self.last(maker.a_dozen().event(MINE, maker.mined("ORE-9"), turn=1, ahead=ahead), kind)
        # Refused, so without effect; but signed, so the chain goes on behind it. And asked last.
        log = maker.a_dozen().event(AUTHORITY, maker.registered(STRANGER), ahead=2 * DAY)
        log.event(STRANGER, maker.mined("ORE-9"))
        log.event(AUTHORITY, maker.registered(STRANGER), ahead=2 * DAY, late=2 * DAY)
        self.expect(log.files(), "TAMPERED", ("ahead-of-receipt", 12), ("unregistered", 13))
        self.last(maker.a_dozen().event(MINE, maker.mined("ORE-9"), turn=1, seq=20, ahead=2 * DAY), "chain-gap")

    def test_heads_of_what_is_admitted(self):
        false = maker.heads(7)
        self.last(self.founded().event(OPERATOR, maker.heads()))
        self.last(self.founded().event(OPERATOR, false), "false-heads")
        for kind, log in (("not-allowed", self.founded().event(AUTHORITY, false)),
                          ("key", self.founded().event(OPERATOR, false, turn=1)),
                          ("chain-gap", self.founded().event(OPERATOR, false, seq=4)),
                          ("ahead-of-receipt", self.founded().event(OPERATOR, false, ahead=2 * DAY))):
            self.last(log, kind)
            self.assertNotIn("heads commitments", self.report(log.files()).counts)

    def test_the_head_moves_behind_false_heads(self):
        log = self.founded().event(OPERATOR, maker.heads(7))
        leaves = []
        for author in sorted((AUTHORITY, OPERATOR)):
            seq, identity = log.heads[author]
            leaves.append(maker.leaf_hash(bytes([18]) + author.encode() + maker.number(seq - 1, 8) + identity))
        log.event(OPERATOR, maker.heads(2, leaves))
        self.expect(log.files(), "TAMPERED", ("false-heads", 1))

    def test_how_far_back_heads_may_lie(self):
        with unittest.mock.patch("registry.HEADS_BACK_MAX", 12):
            self.last(maker.a_dozen().event(OPERATOR, maker.heads()))
            log = maker.a_dozen().event(MINE, maker.mined("ORE-9"), turn=1).event(OPERATOR, maker.heads())
            self.last(log, "false-heads")


class Hostile(Exports):
    def test_any_damage_is_found_and_raises_nothing(self):
        whole, dice = maker.a_dozen().files(), random.Random(7)
        for _ in range(300):
            files = dict(whole)
            path = dice.choice((BUNDLE, BUNDLE, TILE, "checkpoint"))
            data, at = bytearray(files[path]), dice.randrange(len(files[path]))
            if dice.random() < 0.6:
                data[at] ^= 1 << dice.randrange(8)
            elif dice.random() < 0.5:
                del data[at:at + dice.randrange(1, 40)]
            else:
                data[at:at] = dice.randbytes(dice.randrange(1, 40))
            files[path] = bytes(data)
            if files[path] != whole[path]:
                self.assertNotEqual(self.report(files).verdict(), "GOOD", (path, at))

    def test_random_entries(self):
        dice = random.Random(8)
        log = maker.a_dozen()
        log.entries = [dice.randbytes(dice.randrange(1, 300)) for _ in range(200)]
        self.assertEqual(self.report(log.files()).verdict(), "MALFORMED")

    def test_corrections_in_corrections(self):
        log = maker.a_dozen()
        payload = maker.mined("ORE-1")
        for _ in range(200):
            body = (maker.number(1, 2) + bytes(32) + maker.party(MINE) + bytes(48) + maker.root_of([])
                    + maker.number(maker.START, 8) * 2 + payload)
            if len(body) > 24_000:
                break
            payload = maker.number(46, 2) + maker.text_of(body) + b"\x01" + maker.text("x") + b"\x00"
        log.event(MINE, payload, turn=1)
        self.expect(log.files(), "MALFORMED", ("malformed-entry", 12))


class Command(Exports):
    def run_main(self, *words):
        printed = io.TextIOWrapper(io.BytesIO(), "utf-8")
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            try:
                code = verify_export.main(words)
            except SystemExit as left:
                code = left.code
        printed.flush()
        return code, printed.buffer.getvalue().decode()

    def test_exit_codes(self):
        log_key = maker.verifier_key(ORIGIN, KEYS[OPERATOR][0])
        with tempfile.TemporaryDirectory() as folder:
            files = maker.a_dozen().files()
            maker.write(folder, files)
            code, printed = self.run_main(folder, "--log-key", log_key)
            self.assertEqual((code, printed.splitlines()[0]), (0, "GOOD"))
            maker.write(folder, {TILE: bytes(32 * 12)})
            code, printed = self.run_main(folder)
            self.assertEqual((code, printed.splitlines()[0]), (1, "TAMPERED"))
            self.assertRegex(printed.splitlines()[1], f"^wrong-tile at {TILE}: expected hash 0 to be [0-9a-f]+, found 00")
            code, printed = self.run_main(folder, "--json")
            document = json.loads(printed)
            self.assertEqual((code, document["verdict"], len(document["faults"])), (1, "TAMPERED", 1))
            for usage in ([], [folder, "--log-key", log_key[:-4]], [folder, "--known-size", "3"], [folder, "--loud"]):
                self.assertEqual(self.run_main(*usage)[0], 2, usage)
        self.assertEqual(self.run_main(folder)[0], 3)

    def test_a_reader_that_is_gone_has_no_verdict(self):
        reads, writes = os.pipe()
        os.close(reads)
        with tempfile.TemporaryDirectory() as folder, os.fdopen(writes, "wb") as closed:
            maker.write(folder, maker.a_dozen().files())
            done = subprocess.run([sys.executable, verify_export.__file__, folder], stdout=closed, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual((done.returncode, done.stderr.count(b"Traceback")), (3, 0))

    def test_a_missing_module_is_named(self):
        program = "import sys; sys.modules['blake3'] = None; sys.argv = ['x', '.']; import verify_export"
        done = subprocess.run([sys.executable, "-c", program], cwd=pathlib.Path(__file__).parent, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("pip install cryptography blake3", done.stderr)


if __name__ == "__main__":
    unittest.main()
