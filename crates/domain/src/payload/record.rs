//! Facts about the record itself: stock-takes, corrections, month closes, documents, erasures.
//!
//! Invariant: a correction never corrects a correction, so it nests one level and no deeper. A closed month is never
//! rewritten; these events only add.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::lines::{LotLine, SealedFields, SealedKind, check_distinct, check_lines};
use super::{FIRST_FACT, Instrument, Payload};
use crate::coded::coded_enum;
use crate::composition::Composition;
use crate::form::FormError;
use crate::id::{Bytes32, Code, EventId};
use crate::limits::{CORRECTED_BYTES_MAX, LINES_MAX};
use crate::list::{Blob, List};
use crate::text::Term;
use crate::time::{Moment, Month};

/// Material in a process vessel at the cut, such as a mixer-settler of a separation circuit: it is no lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vessel {
    pub vessel: Code,
    pub volume_ml: u64,
    pub reo_mg_per_l: u64,
    pub composition: Option<Composition>,
    /// The declared method by which volume and content were found.
    pub method: Option<Code>,
}

/// 45: a page of a physical inventory taking at a site. Lots of the site that are on none of its pages were found to be
/// gone, once the last page has come.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockCounted {
    pub site: Code,
    /// Not after the event occurred: a count of a time to come would cover everything until then.
    pub as_of: Moment,
    /// The inventory taking that the page belongs to.
    pub inventory: Code,
    /// From 1.
    pub page: u16,
    /// No page comes after it.
    pub last: bool,
    pub lots: List<LotLine, 0, LINES_MAX>,
    pub vessels: List<Vessel, 0, LINES_MAX>,
}

impl StockCounted {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.page == 0 {
            return Err(FormError::PageZero);
        }
        check_lines(&self.lots)?;
        check_distinct(self.vessels.iter().map(|vessel| &vessel.vessel))
    }
}

coded_enum! {
    /// What was wrong with the corrected event (as in EPCIS error declarations).
    CorrectionCause, "cause of correction" {
        DidNotOccur = 1 "did-not-occur",
        IncorrectData = 2 "incorrect-data",
    }
}

/// 46: an earlier event of the same author was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventCorrected {
    /// The whole signed body of the corrected event: a fold can reverse it without a look-up, its hash proves it.
    pub corrected: Blob<CORRECTED_BYTES_MAX>,
    pub cause: CorrectionCause,
    pub reason: Term,
    /// The right data, of the same kind of event.
    pub replacement: Option<Box<Replacement>>,
}

/// The payload that stands in place of a corrected one. Not itself a correction, so decoding never nests.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Replacement(Payload);

impl Replacement {
    /// Refuses what can't be corrected.
    pub fn new(payload: Payload) -> Result<Self, FormError> {
        payload.check_correctable()?;
        Ok(Self(payload))
    }

    /// The right data.
    pub fn payload(&self) -> &Payload {
        &self.0
    }

    /// What may be filled in later leaves it as correctable as it was.
    pub(super) fn sealed_mut(&mut self) -> Option<&mut SealedFields> {
        self.0.sealed_mut()
    }
}

/// Reads the payload number first, so that bytes of a correction inside a correction are refused before any nesting.
impl<C> Decode<C> for Replacement {
    fn decode<D: bincode::de::Decoder<Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        let number = bincode::de::read::Reader::peek_read(decoder.reader(), 2);
        if number.is_some_and(|number| number == EventCorrected::NUMBER.to_le_bytes()) {
            return Err(crate::codec::refuse(&FormError::NestedCorrection));
        }
        Self::new(Payload::decode(decoder)?).map_err(|form| crate::codec::refuse(&form))
    }
}

bincode::impl_borrow_decode!(Replacement);

impl EventCorrected {
    /// The permanent number of this payload.
    pub const NUMBER: u16 = 46;

    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.replacement.is_some() != (self.cause == CorrectionCause::IncorrectData) {
            return Err(FormError::Replacement);
        }
        self.replacement
            .as_ref()
            .map_or(Ok(()), |replacement| replacement.0.check())
    }
}

impl Payload {
    /// The rule between a payload and the time of its event; of a replacement, the time of the corrected event.
    pub fn check_time(&self, occurred: Moment) -> Result<(), FormError> {
        match self {
            Self::StockCounted(count) if count.as_of > occurred => {
                Err(FormError::CountedAfterOccurred {
                    as_of_ms: count.as_of.ms(),
                    occurred_ms: occurred.ms(),
                })
            }
            _ => Ok(()),
        }
    }

    /// As [`check_correctable`], of a payload that was read.
    pub fn check_correctable(&self) -> Result<(), FormError> {
        check_correctable(self.number())
    }
}

/// Whether an event with this payload number can be corrected: only movements and stock-takes of enterprises, since acts of
/// office have their own counter-acts. Asked of a number, so that a reader can look before it decodes; a number that no
/// payload has is the decoder's to refuse.
///
/// # Errors
/// What is done instead.
pub fn check_correctable(number: u16) -> Result<(), FormError> {
    let Some(event) = Payload::name_of(number) else {
        return Ok(());
    };
    let instead = match event {
        "event-corrected" => return Err(FormError::NestedCorrection),
        "month-closed" => "close the month of the correction; a closed month stays as filed",
        "detail-erased" => "an erasure is final",
        _ if number < FIRST_FACT => "issue the counter-act of office instead",
        _ => return Ok(()),
    };
    Err(FormError::NotCorrectable { event, instead })
}

/// 47: the author files a month (Order 71 article 10).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthClosed {
    pub month: Month,
    /// BLAKE3 of the month's statement, as the author's own projection has it.
    pub statement: Bytes32,
    /// First sequence number that the filing covers.
    pub first_seq: u64,
    /// Last sequence number that the filing covers.
    pub last_seq: u64,
    /// Nothing moved in the month.
    pub nil: bool,
}

impl MonthClosed {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.last_seq < self.first_seq {
            return Err(FormError::SequenceRange {
                first: self.first_seq,
                last: self.last_seq,
            });
        }
        Ok(())
    }
}

/// 48: a document belongs to an event; its bytes stay outside the log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentAttached {
    pub about: EventId,
    pub media_type: Term,
    /// BLAKE3 of the document.
    pub digest: Bytes32,
    pub file_name: Term,
    pub bytes: u64,
}

impl DocumentAttached {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.bytes == 0 {
            return Err(FormError::Range {
                what: "bytes of the document",
                found: 0,
                min: 1,
                max: u64::MAX,
            });
        }
        Ok(())
    }
}

/// 49: a sealed detail and its salt were erased.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetailErased {
    pub about: EventId,
    pub field: SealedKind,
    pub instrument: Instrument,
}

impl DetailErased {
    pub(super) fn check(&self) -> Result<(), FormError> {
        Ok(())
    }
}
