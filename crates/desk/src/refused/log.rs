//! What stands against writing to a log, following it, or handing on what it holds.
//!
//! Invariant: says which log and which file. Decides nothing.

use domain::PartyId;

use super::rows::{RefusalKind, kind, refusals};

refusals! {
    /// The log here is not one that this can be done with.
    LogRefused {
        slip "no-ledger" NoLedger { folder: String }
            "{folder} holds no ledger and follows none"
            help "`ytterby found` founds a ledger, `ytterby follow` keeps a copy of one that is elsewhere";
        fault "log-gone" LogGone { folder: String }
            "the log of the ledger in {folder} is gone: its indexes are there, and no segment of the log"
            help "restore the folder `log` from a backup; an index can be rebuilt from the log, and the log from nothing";
        slip "bad-origin" BadOrigin { origin: String, why: String }
            "{origin:?} can't name a log: {why}"
            help "write it as a domain and a path, such as ledger.example/rare-earths";
        rule "ledger-here" LedgerHere { folder: String }
            "{folder} holds a ledger already";
        slip "log-elsewhere" Elsewhere { folder: String }
            "{folder} follows a log that is elsewhere"
            help "send the file to the operator, who takes it where the log and its key are";
        slip "log-here" LogHere { folder: String }
            "{folder} holds the log itself and follows none";
        rule "not-written-here" NotWrittenHere
            "the log is not written here, and this has to be in it at once"
            help "it is done where the log and its key are, by the operator";
        slip "clock-not-asked" ClockNotAsked
            "no log is written here, so its clock is not asked"
            help "--clock-is-right is for the operator, where the log and its key are";
        rule "empty-ledger" Empty
            "the ledger is empty";
        fault "not-a-founding" NoFounding
            "the first entry does not found the ledger";
        rule "damaged-store" DamagedStore { why: String }
            "the store refuses to open: {why}";
        rule "lost-tail" LostTail { size: u64, known: u64, path: String }
            "the log ends at {size}, and it signed {known} entries once ({path}): it has lost its tail"
            help "restore the newest copy of the ledger; --accept-loss goes on without, for all witnesses to see";
        rule "not-a-checkpoint-of-this-log" NotItsCheckpoint { path: String, why: String }
            "{path} is not a checkpoint of this log: {why}"
            help "lay the right one there, or take it away";
        fault "wrong-log-key" WrongLogKey { why: String }
            "{why}"
            help "if a rotation was cut off, `ytterby key rotate-log` finishes it";
        slip "not-a-pack" NotAPack { path: String, why: &'static str }
            "{path} is not a pack{why}"
            help "the operator makes one: `ytterby export --pack FILE`";
        slip "whose-log" WhoseLog
            "whose log is it? Its key is not known here"
            help "give --log-key KEY, as the operator tells it by telephone or in a letter; later copies need none";
        rule "pack-of-another-log" PackOfAnotherLog { origin: String }
            "this folder follows {origin}, and the pack is of another log"
            help "follow each log in a folder of its own: --ledger DIR";
        rule "bad-pack" BadPack
            "the pack is not good; what was kept here before stays"
            help "ask the operator for a newer one, and an auditor what is wrong with this one";
        slip "one-founding-file" OneFoundingFile
            "there is no ledger here yet; it is founded by one file, alone";
        slip "no-founding-file" NoFoundingFile { path: String }
            "there is no ledger here yet, and {path} does not hold the founding of one alone"
            help "take the file that the authority made: `ytterby found --out FILE`";
        rule "founding-refused" FoundingRefused { why: String, code: String }
            "the founding is refused: {why} [{code}]";
        rule "operators-events" OperatorsEvents { operator: PartyId }
            "the files hold events of the operator, {operator}, which have their numbers already"
            help "take them while the clock is not in doubt, or leave their file out: any write here with --clock-is-right says that it is right, and the operator signs those events again behind that";
        rule "bad-extract" BadExtract
            "the extract is not good; nothing was written"
            help "`ytterby verify` says what is wrong with the ledger";
        slip "nothing-sent" NothingSent
            "nothing that was sent is known here"
            help "give --sent FILE with the signed events that were sent";
        slip "unknown-log" UnknownLog { origin: String }
            "the key of the log {origin:?} is not known here"
            help "give --log-key KEY from your own notes, or follow a copy first: `ytterby follow`";
        rule "not-acknowledged" NotAcknowledged { position: u64, size: u64 }
            "the event at position {position} is in the log and not acknowledged: the witnesses that this ledger asks for have cosigned its first {size} entries"
            help "`ytterby cosign` asks them for the newest";
        rule "policy-of-other-logs" PolicyOfOtherLogs { path: String }
            "{path} names other logs, and not the key that signs this one"
            help "add a line `log KEY` with the key that `ytterby inspect` shows";
        rule "no-quorum" NoQuorum { path: String, why: String }
            "{path}: {why}"
            help "`ytterby acknowledge witnessed --policy FILE` sets another one, `ytterby acknowledge durable` none";
        rule "not-witnessed" NotWitnessed { why: String }
            "no witnessed checkpoint is at hand: {why}"
            help "`ytterby cosign` gets one";
        slip "own-policy" OwnPolicy
            "this ledger acknowledges by a policy of its own, and what another one is content with must not take the place of that"
            help "leave out --policy, or set another one: `ytterby acknowledge witnessed --policy FILE`";
        slip "no-policy" NoPolicy
            "no witnesses are named"
            help "give --policy FILE; `ytterby acknowledge witnessed --policy FILE` makes it the ledger's own";
        rule "bad-mirror" BadMirror { why: String, copy: String }
            "{why}"
            help "`ytterby verify {copy}` says more; `ytterby follow` keeps a good copy";
        fault "mirror-unread" MirrorUnread { why: String }
            "{why}";
    }
}
