//! Shipments: what was sent, what of it was settled by receipts, rejections and withdrawal, what is under way.
//!
//! Invariant: a settlement remembers exactly what it booked, so that its reversal books exactly the opposite, even if
//! the dispatch was corrected in between. Does not judge differences.

use bincode::{Decode, Encode};
use domain::payload::{DispatchLine, Title};
use domain::{Code, EventId, LotId, Moment, PartyId};

use crate::amount::Amount;

/// A shipment by its dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Dispatch {
    pub shipment: Code,
    pub shipper: PartyId,
    /// Site that it left.
    pub site: Code,
    pub to: PartyId,
    pub title: Title,
    pub occurred: Moment,
    /// By line number.
    pub lines: Vec<TransitLine>,
    /// Receipts and withdrawals that stand, in log order.
    pub settlements: Vec<Settlement>,
    /// False once the dispatch was corrected away; kept for settlements that refer to it.
    pub(crate) stands: bool,
    /// Of the event.
    pub(crate) position: u64,
    /// Whether it or a settlement of it was ever corrected: then its events alone do not tell how it stands.
    pub(crate) corrected: bool,
}

/// One line of a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct TransitLine {
    pub lot: LotId,
    pub sent: Amount,
    pub received: Amount,
    /// Rejected or withdrawn: back with the shipper.
    pub returned: Amount,
}

impl From<&DispatchLine> for TransitLine {
    fn from(line: &DispatchLine) -> Self {
        Self {
            lot: line.lot,
            sent: Amount::from(&line.quantity),
            received: Amount::ZERO,
            returned: Amount::ZERO,
        }
    }
}

impl TransitLine {
    /// Sent and not settled; never below nothing.
    pub fn unsettled(&self) -> Amount {
        (self.sent - self.received - self.returned).not_below_zero()
    }

    /// Shipper/receiver difference: sent minus received minus returned.
    pub fn difference(&self) -> Amount {
        self.sent - self.received - self.returned
    }
}

/// A receipt or a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Settlement {
    pub id: EventId,
    /// Of the event.
    pub position: u64,
    pub by: PartyId,
    pub occurred: Moment,
    /// Nothing more will come.
    pub is_final: bool,
    pub lines: Vec<SettledLine>,
}

/// What a settlement booked of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SettledLine {
    pub line: u16,
    pub lot: LotId,
    pub received: Amount,
    pub returned: Amount,
}

impl Dispatch {
    /// Whether nothing more is to come: a final settlement stands, or every line is settled in full.
    pub fn is_complete(&self) -> bool {
        self.settlements.iter().any(|settled| settled.is_final)
            || self.lines.iter().all(|line| line.unsettled().net == 0)
    }

    /// What of a line is under way.
    pub fn in_transit(&self, line: u16) -> Amount {
        let open = self
            .lines
            .get(usize::from(line))
            .filter(|_| !self.is_complete());
        open.map(TransitLine::unsettled).unwrap_or_default()
    }

    pub(crate) fn settlement(&self, id: &EventId) -> Option<&Settlement> {
        self.settlements.iter().find(|settled| settled.id == *id)
    }

    pub(crate) fn add(&mut self, settlement: Settlement) {
        self.book(&settlement.lines, 1);
        // Nearly every shipment is settled by one receipt.
        if self.settlements.is_empty() {
            self.settlements.reserve_exact(1);
        }
        self.settlements.push(settlement);
    }

    pub(crate) fn remove(&mut self, id: &EventId) {
        if let Some(place) = self
            .settlements
            .iter()
            .position(|settled| settled.id == *id)
        {
            let settlement = self.settlements.remove(place);
            self.book(&settlement.lines, -1);
        }
    }

    fn book(&mut self, settled: &[SettledLine], sign: i8) {
        for part in settled {
            if let Some(line) = self.lines.get_mut(usize::from(part.line)) {
                line.received += part.received.times(sign);
                line.returned += part.returned.times(sign);
            }
        }
    }
}
