//! JSON whose objects name nothing twice: readers that keep the first and the last would see different documents.
//!
//! Invariant: what is accepted means the same to every reader of JSON. Knows no documents.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads one document.
///
/// # Errors
/// It is not JSON, or an object has a key twice.
pub fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    read_as(Once { fractions: true }, bytes)
}

/// As [`read`], and every number is a whole one.
///
/// # Errors
/// As there, or a number is not whole.
pub fn read_whole(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    read_as(Once { fractions: false }, bytes)
}

fn read_as(once: Once, bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = once.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// What reads each value.
#[derive(Clone, Copy)]
struct Once {
    fractions: bool,
}

impl<'de> DeserializeSeed<'de> for Once {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.fractions {
            "JSON"
        } else {
            "a JSON value of whole numbers"
        })
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

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        if self.fractions {
            return Ok(value.into());
        }
        Err(E::custom(format!("{value} is not a whole number")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate key {key:?}")));
            }
            let value = object.next_value_seed(self)?;
            members.insert(key, value);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_has_one_meaning() {
        let text = br#"{"a": [1, -2, "x", null, true]}"#;
        for reader in [read, read_whole] {
            let expected = json!({"a": [1, -2, "x", null, true]});
            assert_eq!(reader(text).unwrap(), expected);
            for twice in [&br#"{"a": 1, "a": 2}"#[..], br#"[{"a": {"b": 1, "b": 1}}]"#] {
                let fault = reader(twice).unwrap_err().to_string();
                assert!(fault.contains("duplicate key"), "{fault}");
            }
            for other in [&b"{} {}"[..], b"{"] {
                assert!(reader(other).is_err());
            }
        }
        assert_eq!(read(b"1.5").unwrap(), json!(1.5));
        assert!(read_whole(b"1.5").is_err());
    }
}
