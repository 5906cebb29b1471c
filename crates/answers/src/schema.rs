//! JSON Schemas of answers, from the very declarations that serde writes them by.
//!
//! Invariant: a field that is declared is in the schema with its type. Knows no file.

use std::collections::BTreeMap;

use domain::payload::Invoice;
use domain::{Body, Code, Payload};
use serde_json::{Map, Value, json};

/// A type whose JSON has a schema.
pub trait Schema {
    /// Its schema.
    fn schema() -> Value;
}

/// An object with these members, all of them always there.
pub(crate) fn object(members: &[(&str, Value)]) -> Value {
    let names: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    let members = members.iter().cloned();
    let members: Map<_, _> = members
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    json!({"type": "object", "properties": members, "required": names})
}

/// Declares types of answers: data with serde and a schema.
macro_rules! answers {
    ($($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* pub $field:ident: $type:ty),+ $(,)?
    })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type),+ }

        impl $crate::schema::Schema for $name {
            fn schema() -> serde_json::Value {
                $crate::schema::object(&[
                    $((stringify!($field), <$type as $crate::schema::Schema>::schema())),+
                ])
            }
        }
    )+};
}

pub(crate) use answers;

macro_rules! schemas {
    ($($type:literal: $($of:ty),+;)+) => {
        $($(impl Schema for $of {
            fn schema() -> Value {
                json!({"type": $type})
            }
        })+)+
    };
}

schemas! {
    "boolean": bool;
    "integer": u8, u16, u32, u64, i8, i64;
    "string": String, &'static str,
        domain::Bytes32, Code, domain::Day, domain::Division, domain::EventId,
        domain::KeyId, domain::LotId, domain::Moment, domain::Month, domain::PartyId,
        domain::SiteId, domain::Track, domain::Activity, domain::Product,
        domain::payload::Process, projection::Column, projection::FindingCode,
        projection::Severity, books::State, flow::ReturnState;
}

impl<T: Schema> Schema for Option<T> {
    fn schema() -> Value {
        json!({"anyOf": [T::schema(), {"type": "null"}]})
    }
}

impl<T: Schema> Schema for Box<T> {
    fn schema() -> Value {
        T::schema()
    }
}

impl<T: Schema> Schema for Vec<T> {
    fn schema() -> Value {
        json!({"type": "array", "items": T::schema()})
    }
}

impl<T: Schema> Schema for BTreeMap<String, T> {
    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": T::schema()})
    }
}

/// A special VAT invoice, as the domain writes it.
impl Schema for Invoice {
    fn schema() -> Value {
        let text = || json!({"type": "string"});
        object(&[
            ("code", Option::<Code>::schema()),
            ("number", text()),
            ("date", text()),
            ("goods_mg", json!({"type": "integer"})),
            ("cancels", Option::<Code>::schema()),
        ])
    }
}

/// The body of an event, as the domain writes it. What a payload of each name holds is in `docs/spec/event.md`.
impl Schema for Body {
    fn schema() -> Value {
        let text = || json!({"type": "string"});
        let number = || json!({"type": "integer"});
        let names: Vec<_> = Payload::TABLE.iter().map(|(_, name)| *name).collect();
        let payload = json!({
            "type": "object",
            "properties": {"event": {"enum": names}},
            "required": ["event"],
            "additionalProperties": true,
        });
        object(&[
            ("version", number()),
            ("ledger", text()),
            ("author", text()),
            ("seq", number()),
            ("prev", text()),
            ("seen", object(&[("size", number()), ("root", text())])),
            ("occurred", text()),
            ("signed", text()),
            ("payload", payload),
        ])
    }
}
