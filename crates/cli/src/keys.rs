//! Key files: made with mode 0600, opened with a passphrase from a file, the environment or a prompt.
//!
//! Invariant: a secret never comes from or goes to the command line, and a key file that others can read is refused.

use std::fs::{self, OpenOptions};
use std::io::{IsTerminal, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use seal::keyfile::{self, ScryptCost};
use seal::{SecretKey, Signer};
use zeroize::Zeroizing;

use crate::outcome::CliError;

/// The environment variable that holds the passphrase.
const PASSPHRASE_VARIABLE: &str = "YTTERBY_PASSPHRASE";

/// How a ledger and its keys are opened.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Access {
    /// File whose first line is the passphrase of the key file
    #[arg(long, value_name = "FILE", global = true)]
    pub passphrase_file: Option<std::path::PathBuf>,
    /// Write on although the log has lost entries that were committed once
    #[arg(long, global = true)]
    pub accept_loss: bool,
}

impl Access {
    fn read(&self, confirm: bool) -> Result<Zeroizing<String>, CliError> {
        if let Some(file) = &self.passphrase_file {
            let text = Zeroizing::new(
                fs::read_to_string(file).map_err(|error| cannot("read", file, &error))?,
            );
            return Ok(Zeroizing::new(
                text.lines().next().unwrap_or_default().to_owned(),
            ));
        }
        if let Ok(passphrase) = std::env::var(PASSPHRASE_VARIABLE) {
            return Ok(Zeroizing::new(passphrase));
        }
        if !std::io::stdin().is_terminal() {
            return Err(CliError::usage(
                "the key file needs a passphrase and nobody is here to type it",
            )
            .help(format!(
                "give --passphrase-file FILE or set {PASSPHRASE_VARIABLE}"
            )));
        }
        let mut prompt = dialoguer::Password::new().with_prompt("Passphrase");
        if confirm {
            prompt = prompt.with_confirmation("Repeat it", "The two differ");
        }
        prompt
            .interact()
            .map(Zeroizing::new)
            .map_err(CliError::fault)
    }
}

fn cannot(doing: &str, path: &Path, error: &std::io::Error) -> CliError {
    CliError::fault(format!("could not {doing} {}: {error}", path.display()))
}

/// Bytes from the system's random source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CliError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
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
        let passphrase = source.read(true)?;
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

/// A plain key file, without asking: for the demo's invented enterprises.
pub(crate) fn write_pem(path: &Path, pem: &str) -> Result<(), CliError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))?;
    }
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::refused(format!(
            "{} exists already; keys are never overwritten",
            path.display()
        )),
        _ => cannot("create", path, &error),
    })?;
    file.write_all(pem.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| cannot("write", path, &error))
}

/// Opens a key file.
pub(crate) fn open(path: &Path, source: &Access) -> Result<SecretKey, CliError> {
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
    let pem =
        Zeroizing::new(fs::read_to_string(path).map_err(|error| cannot("read", path, &error))?);
    let passphrase = if keyfile::is_encrypted(&pem) {
        Some(source.read(false)?)
    } else {
        None
    };
    let opened = keyfile::open(&pem, passphrase.as_ref().map(|text| text.as_bytes()));
    opened.map_err(|refusal| CliError::refused(format!("{}: {refusal}", path.display())))
}

/// How a key is named to people.
pub(crate) fn show(key: &SecretKey) -> String {
    domain::id::to_hex(&key.public().id().0)
}
