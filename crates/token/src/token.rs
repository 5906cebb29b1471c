//! A token that a URI leads to: found among those of its module, then logged in to.
//!
//! Invariant: exactly one token fits, else none is tried; a PIN is sent to it once, and not at all when it says that its
//! PIN is locked. Knows no keys; those are `key`'s business.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use crate::fault::{TokenFault, TokenRefusal, failed};
use crate::uri::TokenUri;

/// A token that was found; nobody is logged in yet.
#[derive(Debug)]
pub struct Token {
    pub(crate) uri: TokenUri,
    module: Pkcs11,
    slot: Slot,
    info: TokenInfo,
}

impl Token {
    /// Loads the module of the URI and finds the one token that fits.
    ///
    /// # Errors
    /// The module is missing or fails; no token fits, or several do; the token knows no Ed25519.
    pub fn find(uri: &TokenUri) -> Result<Self, TokenFault> {
        let module = load(uri)?;
        let slots = module
            .get_slots_with_initialized_token()
            .map_err(failed("to list its slots"))?;
        let mut tokens = Vec::with_capacity(slots.len());
        for slot in slots {
            let info = module
                .get_token_info(slot)
                .map_err(failed("to describe itself"))?;
            tokens.push((slot, info));
        }
        let all = names(&tokens);
        tokens.retain(|(_, info)| fits(uri, info));
        let (slot, info) = match tokens.len() {
            0 => return Err(TokenRefusal::NoToken { seen: all }.into()),
            1 => tokens.remove(0),
            _ => {
                let seen = names(&tokens);
                return Err(TokenRefusal::SeveralTokens { seen }.into());
            }
        };
        let mechanisms = module
            .get_mechanism_list(slot)
            .map_err(failed("to list what it can do"))?;
        let token = info.label().to_owned();
        if !mechanisms.contains(&MechanismType::EDDSA) {
            return Err(TokenRefusal::NoEdwards { token }.into());
        }
        Ok(Self {
            uri: uri.clone(),
            module,
            slot,
            info,
        })
    }

    /// Its label, for people.
    pub fn label(&self) -> &str {
        self.info.label()
    }

    pub(crate) fn login(&self, pin: &str, writing: bool) -> Result<Session, TokenFault> {
        let token = || self.label().to_owned();
        if pin.is_empty() {
            return Err(TokenRefusal::NoPin { token: token() }.into());
        }
        if self.info.user_pin_locked() {
            return Err(TokenRefusal::PinLocked { token: token() }.into());
        }
        let session = if writing {
            self.module.open_rw_session(self.slot)
        } else {
            self.module.open_ro_session(self.slot)
        };
        let session = session.map_err(failed("to open a session"))?;
        // A secret string wipes itself.
        let pin = AuthPin::new(pin.into());
        match session.login(UserType::User, Some(&pin)) {
            // Another key of this token is open in this process; the login holds for the process.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => Err(match &error {
                Error::Pkcs11(answer, _) => TokenRefusal::of_login(*answer, self.label())
                    .map_or_else(|| failed("to log in")(error), TokenFault::from),
                _ => failed("to log in")(error),
            }),
        }
    }
}

fn load(uri: &TokenUri) -> Result<Pkcs11, TokenFault> {
    let fault = |why: String| TokenFault::Module {
        module: uri.module().to_owned(),
        why,
    };
    let module = Pkcs11::new(uri.module()).map_err(|error| fault(error.to_string()))?;
    let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    match module.initialize(arguments) {
        // It was loaded for another key; finalizing it would end that key's session.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(error) => Err(fault(error.to_string())),
    }
}

fn fits(uri: &TokenUri, info: &TokenInfo) -> bool {
    let same =
        |wanted: &Option<String>, held: &str| wanted.as_ref().is_none_or(|text| text == held);
    same(&uri.token, info.label())
        && same(&uri.manufacturer, info.manufacturer_id())
        && same(&uri.model, info.model())
        && same(&uri.serial, info.serial_number())
}

fn names(tokens: &[(Slot, TokenInfo)]) -> String {
    let names: Vec<_> = tokens
        .iter()
        .map(|(_, info)| format!("{:?} (serial {})", info.label(), info.serial_number()))
        .collect();
    if names.is_empty() {
        "no token".to_owned()
    } else {
        names.join(", ")
    }
}
