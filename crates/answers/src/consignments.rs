//! Shipments from both sides: what was sent, what its receiver said of it, and what is left between the two.
//!
//! Invariant: of each line sent = received + rejected + withdrawn + under way + difference, as the book has it; a dispatch that
//! did not occur is none. Judges no difference.

use books::Books;
use domain::payload::{ShipmentDispatched, Title};
use domain::{Code, Division, EventId, LotId, Moment, PartyId, Payload, Zone};
use projection::{Amount, Shipment, feed};

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::resolve::registered;
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

answers! {
    /// Shipments, in the order of the log.
    pub struct Consignments {
        pub shipments: Vec<Consignment>,
    }

    /// One shipment.
    pub struct Consignment {
        pub shipment: Code,
        /// Of the dispatch.
        pub event: EventId,
        pub sender: PartyId,
        pub sender_name: Option<String>,
        /// Nothing where the goods left the ledger.
        pub receiver: Option<PartyId>,
        pub receiver_name: Option<String>,
        pub title: &'static str,
        pub sent: Moment,
        /// Numbers of its invoices.
        pub invoices: Vec<String>,
        pub lines: Vec<BothSides>,
    }

    /// One line of it.
    pub struct BothSides {
        /// As the dispatch numbers it, from 0.
        pub line: u16,
        pub lot: LotId,
        pub sent_net_mg: Mg,
        pub sent_reo_mg: Mg,
        pub received_net_mg: Mg,
        pub received_reo_mg: Mg,
        pub rejected_net_mg: Mg,
        pub rejected_reo_mg: Mg,
        pub withdrawn_net_mg: Mg,
        pub withdrawn_reo_mg: Mg,
        pub under_way_net_mg: Mg,
        pub under_way_reo_mg: Mg,
        /// Above nothing where less came than was sent.
        pub difference_net_mg: Mg,
        pub difference_reo_mg: Mg,
    }
}

/// Which shipments.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// Sent or received by this party.
    pub party: Option<PartyId>,
    /// Of which sender or receiver is there.
    pub division: Option<Division>,
    /// Only sales without an invoice.
    pub uninvoiced: bool,
}

pub(crate) fn consignments(reading: &Reading, wanted: Wanted) -> Result<Consignments, NoAnswer> {
    let registry = reading.registry()?;
    if let Some(party) = &wanted.party {
        registered(registry, party)?;
    }
    let books = reading.books()?;
    let mut found = Vec::new();
    feed(&*reading.store, 0, reading.size(), &mut |event| {
        if !matches!(event.body.payload, Payload::ShipmentDispatched(_)) {
            return;
        }
        let stands = match books.book.standing(&event.id) {
            None => Some(&event.body.payload),
            Some((_, payload)) => payload,
        };
        let Some(Payload::ShipmentDispatched(sent)) = stands else {
            return;
        };
        let is_uninvoiced = sent.title == Title::Sale && sent.invoices.is_empty();
        let parties = [Some(event.body.author), sent.to.receiver()];
        let is_of = wanted
            .party
            .is_none_or(|party| parties.contains(&Some(party)));
        if is_of && (is_uninvoiced || !wanted.uninvoiced) {
            let (sender, occurred) = (event.body.author, event.body.occurred);
            found.push((sender, one(books, event.id, (sender, occurred), sent)));
        }
    })?;
    let mut shipments = Vec::new();
    for (sender, mut shipment) in found {
        let receiver = shipment.receiver;
        let is_there = reading.is_within(wanted.division, Some(&sender))?
            || (receiver.is_some() && reading.is_within(wanted.division, receiver.as_ref())?);
        if is_there {
            shipment.sender_name = name_of(registry, &sender);
            shipment.receiver_name = receiver.and_then(|party| name_of(registry, &party));
            shipments.push(shipment);
        }
    }
    Ok(Consignments {
        shipments: books.sound(shipments)?,
    })
}

fn one(
    books: &Books,
    event: EventId,
    (sender, occurred): (PartyId, Moment),
    sent: &ShipmentDispatched,
) -> Consignment {
    let receiver = sent.to.receiver();
    let account = books.book.shipment(&event);
    let invoices = sent.invoices.iter();
    let lines = (0..).zip(&*sent.lines);
    Consignment {
        shipment: sent.shipment,
        event,
        sender,
        sender_name: None,
        receiver,
        receiver_name: None,
        title: sent.title.name(),
        sent: occurred,
        invoices: invoices.map(|invoice| invoice.number.to_string()).collect(),
        lines: lines
            .map(|(number, line)| {
                let stated = Amount::from(&line.quantity);
                both_sides(account.as_ref(), (number, line.lot), stated)
            })
            .collect(),
    }
}

/// A line as its account has it; goods that left the ledger have none.
fn both_sides(account: Option<&Shipment>, (line, lot): (u16, LotId), stated: Amount) -> BothSides {
    let booked = account.and_then(|account| account.lines.get(usize::from(line)));
    let nothing = Amount::ZERO;
    let (sent, received, rejected, withdrawn) = booked
        .map_or((stated, nothing, nothing, nothing), |line| {
            (line.sent, line.accepted, line.rejected, line.withdrawn)
        });
    let under_way = account.map(|account| account.under_way(line));
    let difference = account.map(|account| account.difference(line));
    let (under_way, difference) = (
        under_way.unwrap_or_default(),
        difference.unwrap_or_default(),
    );
    BothSides {
        line,
        lot,
        sent_net_mg: Mg(sent.net),
        sent_reo_mg: Mg(sent.reo),
        received_net_mg: Mg(received.net),
        received_reo_mg: Mg(received.reo),
        rejected_net_mg: Mg(rejected.net),
        rejected_reo_mg: Mg(rejected.reo),
        withdrawn_net_mg: Mg(withdrawn.net),
        withdrawn_reo_mg: Mg(withdrawn.reo),
        under_way_net_mg: Mg(under_way.net),
        under_way_reo_mg: Mg(under_way.reo),
        difference_net_mg: Mg(difference.net),
        difference_reo_mg: Mg(difference.reo),
    }
}

pub(crate) fn tables(answer: &Consignments, zone: Zone) -> Vec<Table> {
    let row = |(shipment, line): (&Consignment, &BothSides)| {
        vec![
            Cell::text(shipment.shipment),
            Cell::Day(zone.day_of(shipment.sent)),
            Cell::Party(shipment.sender),
            Cell::or_nothing(shipment.receiver, Cell::Party),
            Cell::text(shipment.title),
            Cell::Count(shipment.invoices.len() as i128),
            Cell::Count(line.line.into()),
            Cell::text(line.lot),
            Cell::Mass(line.sent_net_mg),
            Cell::Mass(line.received_net_mg),
            Cell::Mass(line.rejected_net_mg),
            Cell::Mass(line.withdrawn_net_mg),
            Cell::Mass(line.under_way_net_mg),
            Cell::Mass(line.difference_net_mg),
            Cell::id(shipment.event),
        ]
    };
    let names = [
        "shipment",
        "sent",
        "from",
        "to",
        "title",
        "#invoices",
        "#line",
        "lot",
        "+:sent t",
        "+:received t",
        "+:rejected t",
        "+:withdrawn t",
        "+:under way t",
        "+:difference t",
        "dispatch",
    ];
    let lines = answer.shipments.iter().flat_map(|shipment| {
        let lines = shipment.lines.iter();
        lines.map(move |line| (shipment, line))
    });
    vec![Table::new(&names).with(lines.map(row))]
}
