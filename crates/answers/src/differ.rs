//! Two JSON documents compared figure by figure, and a reader that takes no document with two meanings.
//!
//! Invariant: nothing that stands in only one of the two is passed over. Knows nothing of reports.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// One place where two documents differ; nothing stands for what is not there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// JSON pointer (RFC 6901): into the claim, or, of what the claim leaves out, into what was computed.
    pub place: String,
    pub claimed: Option<Value>,
    pub computed: Option<Value>,
}

/// Every place where `claimed` differs from `computed`.
pub(crate) fn differences(claimed: &Value, computed: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), Some(claimed), Some(computed), &mut found);
    found
}

fn compare(
    place: String,
    claimed: Option<&Value>,
    computed: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (claimed, computed) {
        (Some(Value::Object(claimed)), Some(Value::Object(computed))) => {
            for (key, value) in computed {
                let place = format!("{place}/{}", escaped(key));
                compare(place, claimed.get(key), Some(value), found);
            }
            for (key, value) in claimed
                .iter()
                .filter(|(key, _)| !computed.contains_key(*key))
            {
                let place = format!("{place}/{}", escaped(key));
                compare(place, Some(value), None, found);
            }
        }
        (Some(Value::Array(claimed)), Some(Value::Array(computed))) => {
            compare_lists(&place, claimed, computed, found);
        }
        (claimed, computed) if claimed != computed => found.push(Difference {
            place,
            claimed: claimed.cloned(),
            computed: computed.cloned(),
        }),
        _ => {}
    }
}

/// Where rows were left out or added, what stands alike before and behind them is no difference.
fn compare_lists(place: &str, claimed: &[Value], computed: &[Value], found: &mut Vec<Difference>) {
    let alike = |(one, other): &(&Value, &Value)| one == other;
    let (mut first, mut behind) = (0, 0);
    if claimed.len() != computed.len() {
        first = claimed.iter().zip(computed).take_while(alike).count();
        let shorter = claimed.len().min(computed.len());
        let from_the_end = claimed.iter().rev().zip(computed.iter().rev());
        behind = from_the_end.take(shorter - first).take_while(alike).count();
    }
    let until = claimed.len().max(computed.len()) - behind;
    let within = |list: &[Value], at: usize| at < list.len() - behind;
    for at in first..until {
        let claimed = claimed.get(at).filter(|_| within(claimed, at));
        let computed = computed.get(at).filter(|_| within(computed, at));
        compare(format!("{place}/{at}"), claimed, computed, found);
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Reads a document; one with a duplicate key is refused, since two readers would see two documents.
///
/// # Errors
/// Not JSON, a duplicate key, or a number that is not whole.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Once.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value of whole numbers")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Self)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            let value = object.next_value_seed(Self)?;
            if members.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate key {key:?}")));
            }
            members.insert(key, value);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(claimed: &Value, computed: &Value) -> Vec<(String, bool, bool)> {
        let found = differences(claimed, computed).into_iter();
        found
            .map(|found| {
                (
                    found.place,
                    found.claimed.is_some(),
                    found.computed.is_some(),
                )
            })
            .collect()
    }

    #[test]
    fn every_place_is_named_and_what_shifted_is_not() {
        let computed = json!({"a/b": [1, 2, 3, 4], "c": {"d": 5, "e": null}});
        let place = |place: &str, claimed, computed| (place.to_owned(), claimed, computed);
        for (claimed, expected) in [
            (computed.clone(), vec![]),
            (
                json!({"a/b": [1, 9, 3, 4], "c": {"d": 5, "e": null}}),
                vec![place("/a~1b/1", true, true)],
            ),
            (
                json!({"a/b": [1, 3, 4], "c": {"d": 5, "e": null}}),
                vec![place("/a~1b/1", false, true)],
            ),
            (
                json!({"a/b": [1, 2, 2, 3, 4], "c": {"d": 5, "e": null}}),
                vec![place("/a~1b/2", true, false)],
            ),
            (
                json!({"a/b": [], "c": {"d": "5", "f": 1}}),
                vec![
                    place("/a~1b/0", false, true),
                    place("/a~1b/1", false, true),
                    place("/a~1b/2", false, true),
                    place("/a~1b/3", false, true),
                    place("/c/d", true, true),
                    place("/c/e", false, true),
                    place("/c/f", true, false),
                ],
            ),
        ] {
            assert_eq!(places(&claimed, &computed), expected, "{claimed}");
        }
    }

    #[test]
    fn a_document_has_one_meaning() {
        let text = br#"{"a": [1, -2, "x", null, true]}"#;
        assert_eq!(read(text).unwrap(), json!({"a": [1, -2, "x", null, true]}));
        for twice in [&br#"{"a": 1, "a": 2}"#[..], br#"[{"a": {"b": 1, "b": 1}}]"#] {
            let fault = read(twice).unwrap_err().to_string();
            assert!(fault.contains("duplicate key"), "{fault}");
        }
        for other in [&b"1.5"[..], b"{} {}", b"{"] {
            assert!(read(other).is_err());
        }
    }
}
