//! What is under way to an enterprise and waits to be received.
//!
//! Invariant: a line is shown while something of it is neither received nor returned; masses are what the book holds as under
//! way. Knows no layout.

use books::Books;
use domain::{Code, DAY_MS, EventId, LotId, Moment, PartyId, Product, Zone};
use projection::{Book, Sent, Shipment};

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::resolve::registered;
use crate::schema::answers;
use crate::statement::product;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

answers! {
    /// Shipments that wait for a receipt, those sent first in front.
    pub struct Inbox {
        pub party: PartyId,
        pub party_name: Option<String>,
        /// Until when the days are counted.
        pub by: Moment,
        pub shipments: Vec<Waiting>,
    }

    /// A shipment under way.
    pub struct Waiting {
        pub shipment: Code,
        /// Of the dispatch; a receipt names it.
        pub event: EventId,
        pub sender: PartyId,
        pub sender_name: Option<String>,
        pub from_site: Code,
        pub title: &'static str,
        pub sent: Moment,
        /// Whole days since it was sent.
        pub days: i64,
        pub lines: Vec<WaitingLine>,
    }

    /// One line of it.
    pub struct WaitingLine {
        /// As the dispatch numbers it, from 0.
        pub line: u16,
        pub lot: LotId,
        pub product: Option<Product>,
        pub sent_net_mg: Mg,
        pub sent_reo_mg: Mg,
        pub under_way_net_mg: Mg,
        pub under_way_reo_mg: Mg,
    }
}

impl Inbox {
    /// The list in one line.
    pub fn summary(&self) -> String {
        match self.shipments.len() {
            0 => "nothing is under way".to_owned(),
            1 => "1 shipment is under way".to_owned(),
            many => format!("{many} shipments are under way"),
        }
    }
}

pub(crate) fn inbox(reading: &Reading, party: PartyId, by: Moment) -> Result<Inbox, NoAnswer> {
    let registry = reading.registry()?;
    registered(registry, &party)?;
    let books = reading.books()?;
    let shipments = under_way(books, |sent| sent.to == party).into_iter();
    let shipments = shipments.map(|(event, sent, shipment)| Waiting {
        shipment: sent.shipment,
        event,
        sender: sent.shipper,
        sender_name: name_of(registry, &sent.shipper),
        from_site: sent.site,
        title: sent.title.name(),
        sent: sent.occurred,
        days: days_since(sent.occurred, by),
        lines: lines(&books.book, shipment),
    });
    let shipments = shipments.collect();
    Ok(Inbox {
        party,
        party_name: name_of(registry, &party),
        by,
        shipments: books.sound(shipments)?,
    })
}

/// Shipments under way that are wanted, those sent first in front.
pub(crate) fn under_way(
    books: &Books,
    wanted: impl Fn(&Sent) -> bool,
) -> Vec<(EventId, Sent, &Shipment)> {
    let open = books.book.open_shipments();
    let mut wanted: Vec<_> = open.filter(|(_, sent, _)| wanted(sent)).collect();
    wanted.sort_by_key(|(id, sent, _)| (sent.occurred, *id));
    wanted
}

/// Whole days; none if it is yet to come.
pub(crate) fn days_since(sent: Moment, by: Moment) -> i64 {
    (by.ms() - sent.ms()).max(0) / DAY_MS
}

fn lines(book: &Book, shipment: &Shipment) -> Vec<WaitingLine> {
    let lines = shipment.lines.iter().zip(0..);
    let lines = lines.map(|(line, number)| {
        let open = shipment.under_way(number);
        WaitingLine {
            line: number,
            lot: line.lot,
            product: book.lot(&line.lot).map(|record| record.product),
            sent_net_mg: Mg(line.sent.net),
            sent_reo_mg: Mg(line.sent.reo),
            under_way_net_mg: Mg(open.net),
            under_way_reo_mg: Mg(open.reo),
        }
    });
    lines
        .filter(|line| line.under_way_net_mg != Mg(0) || line.under_way_reo_mg != Mg(0))
        .collect()
}

pub(crate) fn tables(answer: &Inbox, zone: Zone) -> Vec<Table> {
    let row = |(shipment, line): (&Waiting, &WaitingLine)| {
        vec![
            Cell::text(shipment.shipment),
            Cell::Day(zone.day_of(shipment.sent)),
            Cell::Count(shipment.days.into()),
            Cell::Party(shipment.sender),
            Cell::or_nothing(shipment.sender_name.as_ref(), Cell::text),
            Cell::Count(line.line.into()),
            Cell::text(line.lot),
            Cell::Text(product(line.product)),
            Cell::Mass(line.under_way_net_mg),
            Cell::Mass(line.under_way_reo_mg),
            Cell::id(shipment.event),
        ]
    };
    let names = [
        "shipment", "sent", "#days", "from", "name", "#line", "lot", "product", "+:net t",
        "+:REO t", "dispatch",
    ];
    let lines = answer.shipments.iter().flat_map(|shipment| {
        let lines = shipment.lines.iter();
        lines.map(move |line| (shipment, line))
    });
    vec![Table::new(&names).with(lines.map(row))]
}
