//! What stands against stating something: the form of it, the rules of the ledger, or what was stated before.
//!
//! Invariant: names the event that stands in the way, if one does. Decides nothing.

use domain::payload::SealedKind;
use domain::{Activity, Code, Day, EventId, Month, PartyId, SiteId};

use super::rows::{RefusalKind, kind, refusals};

refusals! {
    /// An event can't be stated so, or not now.
    EventRefused {
        rule "malformed-event" Form { why: String, way_out: String }
            "{why}"
            help "{way_out}";
        rule "not-admitted" NotAdmitted { why: String, code: String, advice: String, recorded: String }
            "{why} [{code}]"
            help "{advice}{recorded}";
        rule "unsealed" Unsealed { place: String, why: String }
            "{place}: {why}";
        rule "unknown-value" UnknownValue { value: String, table: String, day: Day }
            "{value} is not in the table {table} of {day}"
            help "look for a slip; what the table lacks, the founding authority adds with `ytterby reference set`";
        rule "month-not-over" MonthNotOver { month: Month, first: Day }
            "{month} is not over yet"
            help "it can be filed from {first} on";
        rule "month-filed" MonthFiled { month: Month, event: EventId }
            "{month} was filed by event {event}"
            help "a closed month never changes: `ytterby correct` books the difference in the open month";
        rule "month-twice" MonthTwice { month: Month }
            "{month} would be filed twice"
            help "leave one of the two out";
        rule "corrected-already" Corrected { event: EventId, at: u64, what: String }
            "event {event} was corrected at position {at} already: {what} stands in its place"
            help "if that is wrong too, `ytterby correct {event} --instead-of {at}` puts another one in its place";
        rule "not-what-stands" NotWhatStands { event: EventId, named: u64, stands: String }
            "no correction at position {named} stands in the place of event {event}: {stands}"
            help "look at what stands, then name it: --instead-of POSITION, or leave that out";
        rule "stands-already" Stands { event: EventId, at: u64 }
            "the correction at position {at} says the same of event {event} already";
        rule "corrected-twice" CorrectedTwice { event: EventId }
            "event {event} would be corrected twice"
            help "leave one of the two out";
        slip "unknown-licence" UnknownLicence { site: SiteId, licence: String, activity: Activity }
            "{site} has no licence {licence} for {activity}"
            help "`ytterby site list` shows the licences";
        slip "bad-names" BadNames { given: String }
            "{given:?} is not a pair of names; write ZH=EN, such as 某矿业=Some Mining";
        slip "bad-count" BadCount { given: String }
            "{given:?} is not a count"
            help "write PARTY/CODE=NET_KG,REO_KG, such as 91150000MA0000004J/L-1=1000,500.5";
        slip "bad-fine" BadFine { given: String }
            "{given:?} is not an amount of yuan"
            help "write it as 1000000 or 52000.50";
        slip "bad-field" BadField { given: String, why: String }
            "{given:?}: {why}"
            help "write FIELD=VALUE with a name that `ytterby show` or the dry run shows, such as quantity.net_kg=24990";
        rule "nothing-stands" NothingStands { event: EventId }
            "event {event} was corrected, and nothing stands in its place"
            help "--replacement FILE states something in its place";
        rule "value-not-here" ValueNotHere { field: SealedKind, event: EventId }
            "the {field} that event {event} sealed is not kept here, so it can't be sealed again"
            help "correct it where the value is kept, or state all of it: --replacement FILE";
        slip "bad-line" BadLine { given: String }
            "{given:?} says nothing of a line"
            help "write LINE=KG such as 0=24990, and of a line that goes back LINE=REASON; `ytterby inbox` numbers the lines";
        slip "nothing-under-way" NothingUnderWay { given: String, party: PartyId }
            "nothing under way to {party} goes by {given:?}"
            help "`ytterby inbox {party}` lists what is; `ytterby show {given}` says what became of it";
        slip "no-such-line" NoSuchLine { line: u16, shipment: Code }
            "shipment {shipment} has no line {line}"
            help "`ytterby inbox` numbers the lines, from 0";
        slip "line-not-named" LineNotNamed { line: u16, shipment: Code }
            "nothing is said of line {line} of shipment {shipment}, and a receipt that ends it would say that nothing came"
            help "--all receives what is not named as it was sent, --part leaves it under way; --set {line}=0 says that nothing came, --reject {line}=REASON sends it back";
        slip "line-named-twice" LineNamedTwice { line: u16 }
            "two things are said of line {line}"
            help "keep one of them";
        slip "nothing-named" NothingNamed { shipment: Code }
            "nothing is said of any line of shipment {shipment}"
            help "--all receives it as it was sent; --set LINE=KG a line with another mass";
        slip "which-site" WhichSite { party: PartyId, sites: String }
            "say where it came to: --site CODE"
            help "sites of {party}: {sites}";
        slip "bad-typed-file" BadTyped { path: String, why: String, way_out: &'static str }
            "{path}: {why}"
            help "{way_out}";
        rule "row-key-twice" KeyTwice { key: String, place: String, other: String }
            "{place}: the key {key:?} is that of {other}, which states something else"
            help "give each statement a key of its own";
        rule "row-key-recorded" KeyRecorded { key: String, place: String, at: u64 }
            "{place}: the key {key:?} was recorded at {at} and states something else there"
            help "if what is recorded is wrong, `ytterby correct {at}`; if this is another statement, give it a key of its own; `--again` records the row all the same";
        rule "row-keys-unreadable" RowKeysUnreadable { path: String }
            "{path} does not hold the keys of rows"
            help "move it away; rows whose keys it held are then known by what they state";
        rule "waits-in-outbox" Waits { count: usize, party: PartyId, path: String }
            "{count} signed events of {party} wait in {path}"
            help "take them first: `ytterby take {path}`";
        rule "not-signed-again" NotSignedAgain { event: EventId, path: String }
            "event {event} waits in {path} and is not signed by the log key alone, so it can't be signed again behind the operator's word on the clock"
            help "take it on a day on which the clock is not in doubt; or move {path} away, give --clock-is-right, and have the act prepared and signed again";
        rule "outbox-of-another-log" OutboxOfAnother { path: String, other: String, origin: String }
            "{path} holds events for the log {other:?}, and this is {origin:?}"
            help "work on each log in a folder of its own";
        rule "outbox-full" OutboxFull { count: usize, path: String, most: usize }
            "{count} events would wait in {path}, which holds at most {most}; none of these was kept"
            help "have the operator take what waits, and follow a newer copy";
        rule "outbox-forked" OutboxForked { event: EventId, path: String, author: PartyId, why: String }
            "event {event} in {path} does not continue what {author} has in the log: {why}"
            help "another machine of {author} may have signed; move {path} away, keep it, and record again what the log lacks";
        rule "not-one-act" NotOneAct { path: String, count: usize }
            "{path} holds {count} events, and an act is one";
        rule "act-for-another-log" ActForAnotherLog { path: String, other: String, origin: String }
            "{path} is for the log {other:?}, and this is {origin:?}";
        rule "act-for-another-ledger" ActForAnotherLedger { path: String, origin: String }
            "{path} is for another ledger of the name {origin:?}";
        rule "does-not-follow" DoesNotFollow { author: PartyId, why: String }
            "the act does not follow what {author} has signed so far: {why}"
            help "if it is in the log, it needs no signature; else follow a newer copy, or prepare it again";
        rule "not-the-author" NotTheAuthor { position: u64, author: PartyId }
            "event {position} is of {author}"
            help "only its author erases a detail of it";
        rule "not-sealed" NotSealed { position: u64, field: SealedKind }
            "event {position} seals no {field}";
        rule "nothing-sealed" NothingSealed { path: String, position: u64 }
            "{path}: event {position} sealed nothing";
        rule "not-disclosable" NotDisclosable { field: SealedKind, position: u64, state: String }
            "the {field} of event {position} can't be disclosed: {state}";
        rule "bad-disclosure" BadDisclosure { path: String, why: String }
            "{path}: {why}";
        rule "details-of-another-event" DetailsOfAnother { why: String }
            "{why}"
            help "move it away; what it holds is not a detail of this event";
        rule "details-unreadable" DetailsUnreadable { why: String, others: String }
            "{why}; it can only be erased as a whole, and no erasure of these is logged: {others}"
            help "put a backup of the file in its place; if there is none, overwrite and remove the file (`shred -u FILE`), then erase each of its fields";
    }
}
