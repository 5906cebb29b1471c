//! Inventories: the pages of a physical inventory taking, in any order.
//!
//! Invariant: an inventory is one site, one time and one code. It is complete while a page marked last and every page below
//! it are there, so that no lot stands at nothing because its page is late. A page stated again counts once, as it was
//! stated first. Whatever a page changes is told as the inventory before and after it. Knows nothing of stock.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{LotLine, StockCounted, Vessel};
use domain::{Code, EventId, Moment, PartyId, SiteId};

use super::Book;
use crate::event::Fact;

/// One physical inventory taking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct InventoryId {
    pub site: SiteId,
    pub as_of: Moment,
    pub code: Code,
}

/// A page as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Page {
    event: EventId,
    last: bool,
    lots: Vec<LotLine>,
    vessels: Vec<Vessel>,
}

/// The pages that are there, by number and position of the statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Pages {
    pages: BTreeMap<(u16, u64), Page>,
    /// The name of its count, once it was complete, and the position at which it came to be.
    count: Option<(EventId, u64)>,
}

/// A line of a complete inventory, and where it was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedLot {
    pub line: LotLine,
    pub stated_at: u64,
}

/// What was in a vessel, and where it was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedVessel {
    pub vessel: Vessel,
    pub stated_at: u64,
}

/// An inventory whose pages are all there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    pub id: InventoryId,
    /// The event by which it became complete first: its differences are booked under this name.
    pub count: EventId,
    /// Position at which that was stated: of what happened at its very time, what was entered before belongs to it.
    pub position: u64,
    /// A lot that lies in two places may be on two pages.
    pub lots: Vec<CountedLot>,
    /// Each vessel once.
    pub vessels: Vec<CountedVessel>,
}

impl Inventory {
    /// When it was taken, as counts see it.
    pub fn time(&self) -> (Moment, u64) {
        (self.id.as_of, self.position)
    }
}

/// What the fact at hand changes: a complete inventory before it, and after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recounted {
    pub before: Option<Inventory>,
    pub now: Option<Inventory>,
}

impl Recounted {
    pub(super) fn any(&self) -> Option<&Inventory> {
        self.now.as_ref().or(self.before.as_ref())
    }

    /// The inventory that is no longer complete.
    pub(super) fn ended(&self) -> Option<&Inventory> {
        self.before.as_ref().filter(|_| self.now.is_none())
    }
}

impl Pages {
    /// Every page up to the last one, the first statement of each.
    fn complete(&self) -> Option<Vec<(u64, &Page)>> {
        let marked = self.pages.iter().rev().find(|(_, page)| page.last);
        let ((last, _), _) = marked?;
        let first_of = |number| {
            let mut stated = self.pages.range((number, 0)..=(number, u64::MAX));
            stated.next().map(|((_, at), page)| (*at, page))
        };
        (1..=*last).map(first_of).collect()
    }

    fn inventory(&self, id: InventoryId) -> Option<Inventory> {
        let (count, position) = self.count?;
        let pages = self.complete()?;
        let (mut lots, mut vessels) = (Vec::new(), Vec::<CountedVessel>::new());
        for (stated_at, page) in pages {
            let on_page = page.lots.iter();
            lots.extend(on_page.map(|line| CountedLot {
                line: *line,
                stated_at,
            }));
            for vessel in &page.vessels {
                let same = |known: &CountedVessel| known.vessel.vessel == vessel.vessel;
                if !vessels.iter().any(same) {
                    vessels.push(CountedVessel {
                        vessel: *vessel,
                        stated_at,
                    });
                }
            }
        }
        Some(Inventory {
            id,
            count,
            position,
            lots,
            vessels,
        })
    }
}

impl Book {
    /// What the fact at hand changes of a physical inventory taking.
    pub fn recounted(&self) -> &Recounted {
        &self.recounted
    }

    /// Takes a page, or takes it back.
    pub(super) fn turn_page(&mut self, fact: &Fact<'_>, page: &StockCounted) -> Recounted {
        let place = (page.page, fact.stated_at);
        let id = self.inventory_of(fact.author, page, place);
        let name = self.name_of_count(fact, id);
        let pages = self.inventories.entry(id).or_default();
        let before = pages.inventory(id);
        if fact.sign > 0 {
            let taken = Page {
                event: fact.stated_by,
                last: page.last,
                lots: page.lots.to_vec(),
                vessels: page.vessels.to_vec(),
            };
            pages.pages.insert(place, taken);
        } else {
            pages.pages.remove(&place);
        }
        if pages.count.is_none() && pages.complete().is_some() {
            pages.count = Some((name, fact.stated_at));
        }
        let now = pages.inventory(id);
        if pages.pages.is_empty() {
            self.inventories.remove(&id);
        }
        Recounted { before, now }
    }

    /// Of whose site a page is: a successor's by now, unless it was taken as its author's before.
    fn inventory_of(&self, author: PartyId, page: &StockCounted, place: (u16, u64)) -> InventoryId {
        let of = |party| InventoryId {
            site: SiteId {
                party,
                code: page.site,
            },
            as_of: page.as_of,
            code: page.inventory,
        };
        let known = self.inventories.get(&of(author));
        let is_known = known.is_some_and(|pages| pages.pages.contains_key(&place));
        of(if is_known {
            author
        } else {
            self.holder(author)
        })
    }

    /// The page that completes an inventory names its count, unless it named that of another one already: then the
    /// correction does that moved it here.
    fn name_of_count(&self, fact: &Fact<'_>, id: InventoryId) -> EventId {
        let known = self.counts.get(&fact.stated_by);
        let other = known.filter(|base| base.inventory != id);
        let is_taken = other.is_some_and(|base| self.inventories.contains_key(&base.inventory));
        if is_taken { fact.cause } else { fact.stated_by }
    }
}
