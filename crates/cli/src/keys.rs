//! Keys in files and tokens: made, and opened with a passphrase or a PIN from a file, the environment or a prompt.
//!
//! Invariant: a secret never comes from or goes to the command line, and a key file that others can read is refused. A
//! key file holds the key, or the one line that names it in a token; whoever signs does not know which.

use std::fs;
use std::io::{IsTerminal, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use domain::text::Term;
use durable::DurableFault;
use seal::keyfile::{self, ScryptCost};
use seal::{SecretKey, Signer};
use token::{Token, TokenFault, TokenRefusal, TokenUri, UriRefusal};
use zeroize::Zeroizing;

use crate::limits::KEY_BYTES_MAX;
use crate::machine;
use crate::outcome::CliError;

/// The environment variable that holds the passphrase.
const PASSPHRASE_VARIABLE: &str = "YTTERBY_PASSPHRASE";

/// A key that signs, wherever it lives.
pub(crate) type Key = Box<dyn Signer>;

/// Where a key is, as it is typed.
#[derive(Debug, Clone)]
pub(crate) enum KeyPlace {
    File(PathBuf),
    Token(Box<TokenUri>),
}

impl KeyPlace {
    /// What begins as a PKCS#11 URI is one or is refused; it is never taken for a file.
    fn read(path: PathBuf) -> Result<Self, UriRefusal> {
        match path.to_str() {
            Some(text) if TokenUri::is_meant(text) => Ok(Self::Token(Box::new(text.parse()?))),
            _ => Ok(Self::File(path)),
        }
    }

    /// Reads one on the command line.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        PathBufValueParser::new().try_map(Self::read)
    }
}

impl std::fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Token(uri) => uri.fmt(f),
        }
    }
}

/// How a ledger and its keys are opened.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Access {
    /// File whose first line is the passphrase of the key file, or the PIN of the token
    #[arg(long, value_name = "FILE", global = true)]
    pub passphrase_file: Option<PathBuf>,
    /// Write on although the log has lost entries that were committed once
    #[arg(long, global = true)]
    pub accept_loss: bool,
    /// Write although the clock stands far from the last entry's time, for this reason, which the operator signs into the log
    #[arg(long, value_name = "REASON", global = true)]
    pub clock_is_right: Option<Term>,
}

impl Access {
    /// `what` is asked for: the passphrase of a file or the PIN of a token.
    fn read(&self, what: &str, confirm: bool) -> Result<Zeroizing<String>, CliError> {
        if let Some(file) = &self.passphrase_file {
            // Somebody's own, and often what another program prints: a pipe will do, and a line is enough.
            let mut text = Zeroizing::new(String::new());
            let read = fs::File::open(file)
                .and_then(|opened| opened.take(KEY_BYTES_MAX).read_to_string(&mut text));
            read.map_err(|error| cannot("read", file, &error))?;
            return Ok(Zeroizing::new(
                text.lines().next().unwrap_or_default().to_owned(),
            ));
        }
        if let Ok(passphrase) = std::env::var(PASSPHRASE_VARIABLE) {
            return Ok(Zeroizing::new(passphrase));
        }
        if !std::io::stdin().is_terminal() {
            return Err(CliError::usage(format!(
                "the key needs the {what} and nobody is here to type it"
            ))
            .help(format!(
                "give --passphrase-file FILE or set {PASSPHRASE_VARIABLE}"
            )));
        }
        let mut prompt = dialoguer::Password::new().with_prompt(format!("The {what}"));
        if confirm {
            prompt = prompt.with_confirmation("Repeat it", "The two differ");
        }
        prompt
            .interact()
            .map(Zeroizing::new)
            .map_err(CliError::fault)
    }
}

fn passphrase_of(path: &Path) -> String {
    format!("passphrase of {}", path.display())
}

fn cannot(doing: &str, path: &Path, error: &std::io::Error) -> CliError {
    CliError::fault(format!("could not {doing} {}: {error}", path.display()))
}

/// Bytes from the system's random source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CliError> {
    let mut bytes = [0; N];
    (machine::given().fill)(&mut bytes)
        .map_err(|error| CliError::fault(format!("no randomness to be had: {error}")))?;
    Ok(bytes)
}

/// A new key from the system's random source.
pub(crate) fn new_key() -> Result<SecretKey, CliError> {
    let seed = Zeroizing::new(random::<32>()?);
    SecretKey::from_seed(&seed).map_err(CliError::fault)
}

/// Writes a key file that did not exist before; encrypted unless `plain`.
pub(crate) fn write(
    path: &Path,
    key: &SecretKey,
    plain: bool,
    source: &Access,
) -> Result<(), CliError> {
    let pem = if plain {
        keyfile::plain(key).map_err(CliError::fault)?
    } else {
        let passphrase = source.read(&passphrase_of(path), true)?;
        let encrypted = keyfile::encrypt(
            key,
            passphrase.as_bytes(),
            random()?,
            random()?,
            ScryptCost::USUAL,
        );
        Zeroizing::new(encrypted.map_err(CliError::fault)?)
    };
    write_pem(path, &pem)
}

/// Makes a key, in a token if one is named, and the file that holds it or names it.
pub(crate) fn make(
    path: &Path,
    token: Option<&TokenUri>,
    plain: bool,
    source: &Access,
) -> Result<Key, CliError> {
    let Some(uri) = token else {
        let key = new_key()?;
        write(path, &key, plain, source)?;
        return Ok(Box::new(key));
    };
    // Asked before the token makes a key that no file could name.
    if path.exists() {
        return Err(exists(path));
    }
    let token = Token::find(uri).map_err(at(uri))?;
    let key = token.generate(&pin(&token, source)?).map_err(at(uri))?;
    write_uri(path, uri)?;
    Ok(Box::new(key))
}

/// A key file that names a key in a token.
pub(crate) fn write_uri(path: &Path, uri: &TokenUri) -> Result<(), CliError> {
    write_pem(path, &format!("{uri}\n"))
}

/// The key of this name in a token, which makes it if it isn't there: so whoever was cut off finds what was made.
pub(crate) fn open_or_make(uri: &TokenUri, source: &Access) -> Result<Key, CliError> {
    let token = Token::find(uri).map_err(at(uri))?;
    let pin = pin(&token, source)?;
    let key = match token.open(&pin) {
        Err(TokenFault::Refused(TokenRefusal::NoKey { .. })) => token.generate(&pin),
        other => other,
    };
    Ok(Box::new(key.map_err(at(uri))?))
}

fn open_token(uri: &TokenUri, source: &Access) -> Result<Key, CliError> {
    let token = Token::find(uri).map_err(at(uri))?;
    let key = token.open(&pin(&token, source)?).map_err(at(uri))?;
    Ok(Box::new(key))
}

fn pin(token: &Token, source: &Access) -> Result<Zeroizing<String>, CliError> {
    source.read(&format!("PIN of token {:?}", token.label()), false)
}

fn at(uri: &TokenUri) -> impl FnOnce(TokenFault) -> CliError {
    move |fault| {
        let error = match fault {
            TokenFault::Refused(refusal) => CliError::refused(refusal),
            fault => CliError::fault(fault),
        };
        error.help(format!("the key was looked for at {uri}"))
    }
}

/// A plain key file, without asking: for the demo's invented enterprises.
pub(crate) fn write_pem(path: &Path, pem: &str) -> Result<(), CliError> {
    if let Some(folder) = path.parent() {
        durable::create_folder(folder, durable::Access::Usual)?;
    }
    durable::create(path, pem.as_bytes(), durable::Access::Secret).map_err(|fault| match fault {
        DurableFault::Exists { .. } => exists(path),
        fault => fault.into(),
    })
}

fn exists(path: &Path) -> CliError {
    CliError::refused(format!(
        "{} exists already; keys are never overwritten",
        path.display()
    ))
}

/// Opens a key where it is.
pub(crate) fn open_at(place: &KeyPlace, source: &Access) -> Result<Key, CliError> {
    match place {
        KeyPlace::File(path) => open(path, source),
        KeyPlace::Token(uri) => open_token(uri, source),
    }
}

/// Opens a key file, and the token if it names one.
pub(crate) fn open(path: &Path, source: &Access) -> Result<Key, CliError> {
    let details = fs::metadata(path).map_err(|error| {
        cannot("find the key file", path, &error)
            .help("make one with `ytterby key new`, or give --key FILE")
    })?;
    let mode = details.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(CliError::refused(format!(
            "{} can be read by others (mode {mode:03o})",
            path.display()
        ))
        .help(format!("chmod 600 {}", path.display())));
    }
    let pem = Zeroizing::new(files::read_text(path, KEY_BYTES_MAX)?);
    if TokenUri::is_meant(&pem) {
        let uri = pem.trim_end().parse();
        let uri = uri.map_err(|refusal: UriRefusal| {
            CliError::refused(format!("{}: {refusal}", path.display()))
        })?;
        return open_token(&uri, source);
    }
    let passphrase = if keyfile::is_encrypted(&pem) {
        Some(source.read(&passphrase_of(path), false)?)
    } else {
        None
    };
    let opened = keyfile::open(&pem, passphrase.as_ref().map(|text| text.as_bytes()));
    let key =
        opened.map_err(|refusal| CliError::refused(format!("{}: {refusal}", path.display())))?;
    Ok(Box::new(key))
}

/// How a key is named to people.
pub(crate) fn show(key: &dyn Signer) -> String {
    domain::id::to_hex(&key.public().id().0)
}
