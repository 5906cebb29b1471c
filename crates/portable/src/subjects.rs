//! Whom an act of office is about: for who makes an extract, to find all who vouch for somebody, and for who checks one, to
//! know what can't be decided without chains that it does not hold.
//!
//! Invariant: both are asked here, so that neither knows of an act what the other does not. Knows no log.

use domain::{PartyId, Payload};

/// The parties that an act is about; nobody for what is not an act about a party.
pub(crate) fn subjects(payload: &Payload) -> Vec<PartyId> {
    match payload {
        Payload::PartyRegistered(act) => vec![act.party],
        Payload::PartySuspended(act)
        | Payload::PartyReinstated(act)
        | Payload::PartyDelisted(act) => vec![act.party],
        Payload::KeyAdded(act) => vec![act.party],
        Payload::KeyRevoked(act) => vec![act.party],
        Payload::SiteLicensed(act) => vec![act.site.party],
        Payload::PartyAmended(act) => vec![act.party],
        Payload::SiteAmended(act) => vec![act.site.party],
        Payload::PartySucceeded(act) => vec![act.party, act.successor],
        Payload::InspectionRecorded(act) => vec![act.site.party],
        Payload::PenaltyImposed(act) => vec![act.party],
        Payload::LotSealed(act) | Payload::LotReleased(act) => {
            act.lots.iter().map(|lot| lot.creator).collect()
        }
        // It is no annulment itself, by its form.
        Payload::ActAnnulled(act) => match wire::decode_body(&act.annulled) {
            Ok(annulled) => subjects(&annulled.payload),
            Err(_) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The parties whose place decides whether the act may be stated: of an annulment, whoever stated the act that it takes back.
pub(crate) fn places(payload: &Payload) -> Vec<PartyId> {
    match payload {
        Payload::ActAnnulled(act) => {
            let annulled = wire::decode_body(&act.annulled);
            annulled.into_iter().map(|body| body.author).collect()
        }
        // These say themselves where it is to be.
        Payload::PartyRegistered(_) | Payload::SiteLicensed(_) => Vec::new(),
        payload => subjects(payload),
    }
}
