//! A token that a URI leads to: found among those of its module, then logged in to.
//!
//! Invariant: exactly one token fits, else none is tried; a PIN is sent to it once, and not at all when it says that its
//! PIN is locked. Knows no keys; those are `key`'s business.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

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
        // A session is not closed when it is dropped, but by the end of the process: see MODULES.
        let session = if writing {
            self.module.open_rw_session_no_drop(self.slot)
        } else {
            self.module.open_ro_session_no_drop(self.slot)
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

/// Modules stay loaded to the end of the process: another key may still use one, and a thread that lets go of its key
/// while the process exits must not call into a module that has torn itself down.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

fn load(uri: &TokenUri) -> Result<Pkcs11, TokenFault> {
    let fault = |error: Error| TokenFault::Module {
        module: uri.module().to_owned(),
        why: error.to_string(),
    };
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = modules.get(uri.module()) {
        return Ok(module.clone());
    }
    let module = Pkcs11::new(uri.module()).map_err(fault)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Two paths may lead to one module.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(fault(error)),
    }
    modules.insert(uri.module().to_owned(), module.clone());
    Ok(module)
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
