//! The address of a key in a token: a PKCS#11 URI (RFC 7512), read whole or refused.
//!
//! Invariant: every attribute of an accepted URI narrows what is found, none is passed over, none is given twice; and no URI
//! holds or names a PIN. Knows no module and no token: what the address leads to is found elsewhere.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

const SCHEME: &str = "pkcs11:";

/// Why a text is not the address of a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UriRefusal {
    #[error(
        "a key in a token is named by a URI such as {EXAMPLE}; this one does not begin with pkcs11:"
    )]
    Scheme,
    #[error(
        "the PIN must not stand in a URI, where others see it: leave {0} out and give the PIN as a passphrase is given"
    )]
    Pin(&'static str),
    #[error(
        "{0:?} is not an attribute that is known here; known are token, manufacturer, model, serial, object, id, type and, after the question mark, module-path"
    )]
    Unknown(String),
    #[error("{0} stands there twice; leave one out")]
    Twice(&'static str),
    #[error(
        "{0:?} is not an attribute with a value; write NAME=VALUE, with ; between two and & after the question mark"
    )]
    NoValue(String),
    #[error("{attribute} is badly written: {why}")]
    Value {
        attribute: &'static str,
        why: &'static str,
    },
    #[error("type={0} is not the kind of object that signs; leave it out or write type=private")]
    Type(String),
    #[error("the URI names no PKCS#11 module; end it with ?module-path=/the/module.so")]
    NoModule,
    #[error("module-path={} is not an absolute path: which module is loaded must not depend on the working directory", .0.display())]
    RelativeModule(PathBuf),
    #[error("the URI names no key: add ;object=NAME or ;id=%01")]
    NoKey,
}

const ENCODE: &str =
    "blanks, # \" < > and all that is not ASCII are written as % and two hexadecimal digits";

const EXAMPLE: &str = "pkcs11:token=mine;object=key-1?module-path=/usr/lib/softhsm/libsofthsm2.so";

/// Where a key is: the module, what is known of the token, and what the key is called in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUri {
    text: String,
    pub(crate) module: PathBuf,
    pub(crate) token: Option<String>,
    pub(crate) manufacturer: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) object: Option<String>,
    pub(crate) id: Option<Vec<u8>>,
}

impl TokenUri {
    /// Whether a text is meant to be such a URI.
    pub fn is_meant(text: &str) -> bool {
        text.get(..SCHEME.len())
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
    }

    /// The file of the module.
    pub fn module(&self) -> &Path {
        &self.module
    }
}

/// As it was written.
impl fmt::Display for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Attributes as they come in; each takes one value.
#[derive(Default)]
struct Read {
    token: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    serial: Option<String>,
    object: Option<String>,
    kind: Option<String>,
    id: Option<Vec<u8>>,
    module: Option<String>,
}

impl Read {
    fn path_attribute(&mut self, name: &str, value: &str) -> Result<(), UriRefusal> {
        match name {
            "token" => put_text(&mut self.token, "token", value),
            "manufacturer" => put_text(&mut self.manufacturer, "manufacturer", value),
            "model" => put_text(&mut self.model, "model", value),
            "serial" => put_text(&mut self.serial, "serial", value),
            "object" => put_text(&mut self.object, "object", value),
            "type" => put_text(&mut self.kind, "type", value),
            "id" => put(&mut self.id, "id", octets("id", value)?),
            _ => Err(unknown(name)),
        }
    }

    fn query_attribute(&mut self, name: &str, value: &str) -> Result<(), UriRefusal> {
        match name {
            "module-path" => put_text(&mut self.module, "module-path", value),
            _ => Err(unknown(name)),
        }
    }
}

/// The PIN has its own refusal wherever it stands, and its value is never repeated.
fn unknown(name: &str) -> UriRefusal {
    match name {
        "pin-value" => UriRefusal::Pin("pin-value"),
        "pin-source" => UriRefusal::Pin("pin-source"),
        other => UriRefusal::Unknown(other.to_owned()),
    }
}

fn put<T>(place: &mut Option<T>, attribute: &'static str, value: T) -> Result<(), UriRefusal> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(UriRefusal::Twice(attribute)),
    }
}

fn put_text(
    place: &mut Option<String>,
    attribute: &'static str,
    value: &str,
) -> Result<(), UriRefusal> {
    let why = "its bytes are no UTF-8";
    let text = String::from_utf8(octets(attribute, value)?)
        .map_err(|_| UriRefusal::Value { attribute, why })?;
    put(place, attribute, text)
}

/// Percent-decoded bytes. Only what RFC 3986 lets stand for itself may; the rest is %-encoded.
fn octets(attribute: &'static str, value: &str) -> Result<Vec<u8>, UriRefusal> {
    let refuse = |why| UriRefusal::Value { attribute, why };
    if value.is_empty() {
        return Err(refuse("it is empty; leave it out"));
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
                    return Err(refuse("after % there must be two hexadecimal digits"));
                };
                u8::try_from(high * 16 + low).unwrap_or(u8::MAX)
            }
            b'#' | b'"' | b'<' | b'>' => return Err(refuse(ENCODE)),
            other if other.is_ascii_graphic() => other,
            _ => return Err(refuse(ENCODE)),
        });
    }
    Ok(bytes)
}

fn attributes(
    text: &str,
    separator: char,
    mut read: impl FnMut(&str, &str) -> Result<(), UriRefusal>,
) -> Result<(), UriRefusal> {
    if text.is_empty() {
        return Ok(());
    }
    text.split(separator).try_for_each(|attribute| {
        let (name, value) = attribute
            .split_once('=')
            .ok_or_else(|| UriRefusal::NoValue(attribute.to_owned()))?;
        read(name, value)
    })
}

impl FromStr for TokenUri {
    type Err = UriRefusal;

    fn from_str(text: &str) -> Result<Self, UriRefusal> {
        if !Self::is_meant(text) {
            return Err(UriRefusal::Scheme);
        }
        let rest = &text[SCHEME.len()..];
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut read = Read::default();
        attributes(path, ';', |name, value| read.path_attribute(name, value))?;
        attributes(query, '&', |name, value| read.query_attribute(name, value))?;
        if let Some(kind) = read.kind.filter(|kind| kind != "private") {
            return Err(UriRefusal::Type(kind));
        }
        let module = PathBuf::from(read.module.ok_or(UriRefusal::NoModule)?);
        if !module.is_absolute() {
            return Err(UriRefusal::RelativeModule(module));
        }
        if read.object.is_none() && read.id.is_none() {
            return Err(UriRefusal::NoKey);
        }
        Ok(Self {
            text: text.to_owned(),
            module,
            token: read.token,
            manufacturer: read.manufacturer,
            model: read.model,
            serial: read.serial,
            object: read.object,
            id: read.id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_read_and_decoded() {
        let text = "PKCS11:model=SoftHSM%20v2;manufacturer=Snake%20Oil;serial=0a1b;token=%E7%9F%BF;id=%01%fF;object=key-1;type=private?module-path=/lib/a.so";
        let uri: TokenUri = text.parse().unwrap();
        assert_eq!(uri.token.as_deref(), Some("矿"));
        assert_eq!(uri.model.as_deref(), Some("SoftHSM v2"));
        assert_eq!(uri.manufacturer.as_deref(), Some("Snake Oil"));
        assert_eq!(uri.serial.as_deref(), Some("0a1b"));
        assert_eq!(uri.object.as_deref(), Some("key-1"));
        assert_eq!(uri.id.as_deref(), Some(&[1, 255][..]));
        assert_eq!(uri.module(), Path::new("/lib/a.so"));
        assert_eq!(uri.to_string(), text);
    }

    #[test]
    fn faulty_addresses_are_refused_by_name() {
        let value = |attribute, why| UriRefusal::Value { attribute, why };
        let digits = "after % there must be two hexadecimal digits";
        let cases = [
            ("file:x", UriRefusal::Scheme),
            ("", UriRefusal::Scheme),
            ("pkcs11:", UriRefusal::NoModule),
            ("pkcs11:?module-path=/m", UriRefusal::NoKey),
            ("pkcs11:object=a", UriRefusal::NoModule),
            (
                "pkcs11:object=a?module-path=m.so",
                UriRefusal::RelativeModule("m.so".into()),
            ),
            (
                "pkcs11:object=a?pin-value=1234",
                UriRefusal::Pin("pin-value"),
            ),
            (
                "pkcs11:object=a;pin-value=1234",
                UriRefusal::Pin("pin-value"),
            ),
            (
                "pkcs11:object=a?pin-source=/p",
                UriRefusal::Pin("pin-source"),
            ),
            (
                "pkcs11:slot-id=3;object=a",
                UriRefusal::Unknown("slot-id".into()),
            ),
            (
                "pkcs11:object=a?module-name=m",
                UriRefusal::Unknown("module-name".into()),
            ),
            ("pkcs11:object=a;object=a", UriRefusal::Twice("object")),
            ("pkcs11:id=%01;id=%02", UriRefusal::Twice("id")),
            ("pkcs11:object", UriRefusal::NoValue("object".into())),
            ("pkcs11:object=a;", UriRefusal::NoValue(String::new())),
            (
                "pkcs11:object=",
                value("object", "it is empty; leave it out"),
            ),
            ("pkcs11:id=%1", value("id", digits)),
            ("pkcs11:id=%zz", value("id", digits)),
            (
                "pkcs11:object=%FF",
                value("object", "its bytes are no UTF-8"),
            ),
            (
                "pkcs11:object=a;type=cert?module-path=/m",
                UriRefusal::Type("cert".into()),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<TokenUri>(), Err(expected), "{text}");
        }
        for text in [
            "pkcs11:object=a b",
            "pkcs11:object=矿",
            "pkcs11:object=a?x?y=z",
        ] {
            assert!(text.parse::<TokenUri>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_refusal_repeats_a_pin() {
        for text in ["pkcs11:object=a?pin-value=0815", "pkcs11:pin-value=0815"] {
            let refusal = text.parse::<TokenUri>().unwrap_err();
            assert!(!refusal.to_string().contains("0815"), "{refusal}");
        }
    }
}
