//! A small country: authority, operator, a county department, a mine and a separator, ready to trade.
//!
//! Invariant: party numbers are fixed: 1 authority, 2 operator, 3 department, 4 mine, 5 separator, 6 trader.
//! Knows nothing of projections.

use author::SignedEvent;
use domain::{Activity, PartyKind, Payload, Sector};

use crate::{Authors, FOUNDED, at, founding, party, registration};

/// Authors of the country and the events that founded it.
#[derive(Debug)]
pub struct TestCountry {
    pub authors: Authors,
    pub founding: Vec<SignedEvent>,
}

/// An enterprise with one activity.
fn enterprise(activity: Activity) -> PartyKind {
    PartyKind::Enterprise {
        activities: vec![activity].try_into().unwrap(),
    }
}

impl TestCountry {
    /// The mine's number.
    pub const MINE: u32 = 4;
    /// The separator's number.
    pub const SEPARATOR: u32 = 5;
    /// The trader's number.
    pub const TRADER: u32 = 6;

    /// Founded on 1 January 2024.
    pub fn new() -> Self {
        let mut authors = Authors::default();
        let acts = [
            founding(),
            registration(
                3,
                PartyKind::Regulator {
                    sector: Sector::Industry,
                },
                "150207",
            ),
            registration(Self::MINE, enterprise(Activity::Mining), "150207"),
            registration(Self::SEPARATOR, enterprise(Activity::Separation), "150207"),
            registration(Self::TRADER, enterprise(Activity::Trading), "360700"),
        ];
        let founding = acts
            .into_iter()
            .map(|act| authors.sign(1, at(FOUNDED), act))
            .collect();
        Self { authors, founding }
    }

    /// The mine's lot with this number: 1000 kg of mixed concentrate with 500 kg of REO.
    pub fn mined(&mut self, number: u64) -> SignedEvent {
        self.mined_by(Self::MINE, number)
    }

    /// The same by any enterprise.
    pub fn mined_by(&mut self, author: u32, number: u64) -> SignedEvent {
        let json = format!(
            r#"{{"event":"lot-mined","site":"PIT","lot":"M-{number}","product":"ore/mixed","quantity":{{"net_mg":1000000000,"reo_mg":500000000,"basis":"measured"}},"composition":"La:300000,Ce:500000,Nd:200000","ore":"mixed"}}"#
        );
        let payload: Payload = serde_json::from_str(&json).unwrap();
        self.authors.sign(author, at("2024-01-05"), payload)
    }

    /// A party's id.
    pub fn id(number: u32) -> domain::PartyId {
        party(number)
    }
}

impl Default for TestCountry {
    fn default() -> Self {
        Self::new()
    }
}
