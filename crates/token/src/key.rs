//! A key in a token: found by name, made, and signed with.
//!
//! Invariant: one private key with one public key next to it, else none is used; every signature is looked at before it is
//! given on; what fails while it is made is removed again. Knows no PIN: that is `token`'s business.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use signing::{PublicKey, Signature, Signer, SigningFault};

use crate::fault::{TokenFault, TokenRefusal, failed};
use crate::point;
use crate::token::Token;

/// DER of the object identifier 1.3.101.112, id-Ed25519 (RFC 8410).
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

/// A key in a token, with the session that signs.
pub struct TokenKey {
    // A session may move between threads, but two must not use it at once.
    session: Mutex<Session>,
    private: ObjectHandle,
    public: PublicKey,
}

impl Token {
    /// Opens the key that the URI names.
    ///
    /// # Errors
    /// The PIN does not open the token; no key fits, or several do; its public key is missing or no good.
    pub fn open(&self, pin: &str) -> Result<TokenKey, TokenFault> {
        let session = self.login(pin, false)?;
        let mut found = find(&session, &self.wanted(ObjectClass::PRIVATE_KEY))?;
        let token = self.label().to_owned();
        let private = match (found.pop(), found.len()) {
            (Some(private), 0) => private,
            (Some(_), others) => {
                let count = others + 1;
                return Err(TokenRefusal::SeveralKeys { token, count }.into());
            }
            (None, _) => {
                let seen = labels(&session)?;
                return Err(TokenRefusal::NoKey { token, seen }.into());
            }
        };
        let public = self.public_of(&session, private)?;
        Ok(TokenKey::new(session, private, public))
    }

    /// Makes the key that the URI names, in the token and never to leave it.
    ///
    /// # Errors
    /// As [`Self::open`]; a key of that name is there, or the token would give the key away.
    pub fn generate(&self, pin: &str) -> Result<TokenKey, TokenFault> {
        let name = self.uri.object.as_ref().ok_or(TokenRefusal::Nameless)?;
        let session = self.login(pin, true)?;
        let token = self.label().to_owned();
        // By its name alone: a second key of one name would make both names ambiguous. Whatever its class or kind.
        let label = Attribute::Label(name.clone().into_bytes());
        if !find(&session, std::slice::from_ref(&label))?.is_empty() {
            return Err(TokenRefusal::Exists { token }.into());
        }
        let id = self
            .uri
            .id
            .clone()
            .unwrap_or_else(|| name.clone().into_bytes());
        let id = Attribute::Id(id);
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::EcParams(ED25519.to_vec()),
            label.clone(),
            id.clone(),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            label,
            id,
        ];
        let (public, private) = session
            .generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)
            .map_err(failed("to make a key"))?;
        let kept = match stays(&session, private) {
            Ok(true) => point_of(&session, public),
            Ok(false) => Err(TokenRefusal::Extractable { token }.into()),
            Err(fault) => Err(fault),
        };
        match kept {
            Ok(public) => Ok(TokenKey::new(session, private, public)),
            Err(fault) => {
                for object in [public, private] {
                    session
                        .destroy_object(object)
                        .map_err(failed("to remove a key that is no good"))?;
                }
                Err(fault)
            }
        }
    }

    fn wanted(&self, class: ObjectClass) -> Vec<Attribute> {
        let mut wanted = edwards(class);
        let label = self.uri.object.as_ref();
        wanted.extend(label.map(|label| Attribute::Label(label.clone().into_bytes())));
        wanted.extend(self.uri.id.clone().map(Attribute::Id));
        wanted
    }

    /// The public key next to a private one: the standard gives both the same id; keys without one share their name.
    fn public_of(&self, session: &Session, private: ObjectHandle) -> Result<PublicKey, TokenFault> {
        let attributes = session
            .get_attributes(private, &[AttributeType::Id])
            .map_err(failed("to show the id of a key"))?;
        let mut wanted = edwards(ObjectClass::PUBLIC_KEY);
        match attributes.into_iter().next() {
            Some(Attribute::Id(id)) if !id.is_empty() => wanted.push(Attribute::Id(id)),
            _ => wanted = self.wanted(ObjectClass::PUBLIC_KEY),
        }
        match find(session, &wanted)?.as_slice() {
            [public] => point_of(session, *public),
            _ => {
                let token = self.label().to_owned();
                Err(TokenRefusal::NoPublicKey { token }.into())
            }
        }
    }
}

fn edwards(class: ObjectClass) -> Vec<Attribute> {
    vec![
        Attribute::Class(class),
        Attribute::KeyType(KeyType::EC_EDWARDS),
    ]
}

fn find(session: &Session, wanted: &[Attribute]) -> Result<Vec<ObjectHandle>, TokenFault> {
    session
        .find_objects(wanted)
        .map_err(failed("to look for a key"))
}

/// The names of the keys that are there, for a person who mistyped one.
fn labels(session: &Session) -> Result<String, TokenFault> {
    let mut labels = Vec::new();
    for key in find(session, &edwards(ObjectClass::PRIVATE_KEY))? {
        let attributes = session
            .get_attributes(key, &[AttributeType::Label])
            .map_err(failed("to show the name of a key"))?;
        for attribute in attributes {
            if let Attribute::Label(label) = attribute {
                labels.push(format!("{:?}", String::from_utf8_lossy(&label)));
            }
        }
    }
    labels.sort_unstable();
    Ok(if labels.is_empty() {
        "none".to_owned()
    } else {
        labels.join(", ")
    })
}

fn point_of(session: &Session, public: ObjectHandle) -> Result<PublicKey, TokenFault> {
    let attributes = session
        .get_attributes(public, &[AttributeType::EcPoint])
        .map_err(failed("to show its public key"))?;
    match attributes.first() {
        Some(Attribute::EcPoint(point)) => point::public_key(point),
        _ => Err(TokenFault::Point(0)),
    }
}

/// Whether the token keeps a private key to itself, whatever it was asked for.
fn stays(session: &Session, private: ObjectHandle) -> Result<bool, TokenFault> {
    let asked = [AttributeType::Sensitive, AttributeType::Extractable];
    let attributes = session
        .get_attributes(private, &asked)
        .map_err(failed("to say whether a key stays in it"))?;
    Ok([Attribute::Sensitive(true), Attribute::Extractable(false)]
        .iter()
        .all(|wanted| attributes.contains(wanted)))
}

impl TokenKey {
    fn new(session: Session, private: ObjectHandle, public: PublicKey) -> Self {
        Self {
            session: Mutex::new(session),
            private,
            public,
        }
    }
}

impl Signer for TokenKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SigningFault> {
        // The session holds no state between two signatures, so one that another thread left in panic still serves.
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let signature = session
            .sign(&pure, self.private, message)
            .map_err(|error| SigningFault::Carrier(error.to_string()))?;
        let signature = <[u8; 64]>::try_from(signature).map_err(|bytes| {
            let length = bytes.len();
            SigningFault::Carrier(format!("a signature of {length} bytes, where 64 are right"))
        })?;
        self.public.confirm(message, Signature(signature))
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.public.id())
    }
}
