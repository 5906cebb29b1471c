//! A witness run as its command, for tests that ask one.
//! Invariant: it is a process of its own, and ends with its test. Knows no rule of the protocol.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::place::{Place, party};

/// A witness as a process of its own, ended with its test.
pub(crate) struct RunningWitness {
    pub process: Child,
    pub url: String,
    key: String,
}

impl RunningWitness {
    pub(crate) fn start(place: &Place, log_key: &str) -> Self {
        Self::start_for(place, &[log_key])
    }

    /// A witness that knows these keys, oldest first.
    pub(crate) fn start_for(place: &Place, log_keys: &[&str]) -> Self {
        Self::start_with(place, log_keys, &[])
    }

    /// The words that start one.
    pub(crate) fn words(place: &Place, log_keys: &[&str], options: &[&str]) -> Vec<String> {
        let key = format!("witness-keys/{}.pem", party(9));
        if !place.path().join(&key).exists() {
            place.good(&["key", "new", &party(9), "--out", "witness-keys", "--plain"]);
        }
        let named = [
            "witness",
            "witness-folder",
            "--name",
            "witness.example/north",
        ];
        let at = ["--key", &key, "--listen", "127.0.0.1:0"];
        let logs = log_keys.iter().flat_map(|key| ["--log", key]);
        let words = named.into_iter().chain(at).chain(logs);
        let words = words.chain(options.iter().copied());
        words.map(str::to_owned).collect()
    }

    pub(crate) fn start_with(place: &Place, log_keys: &[&str], options: &[&str]) -> Self {
        let words = Self::words(place, log_keys, options);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = place.command(&words);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, url, key] = words[..] else {
            panic!("{line}")
        };
        Self {
            process,
            url: url.to_owned(),
            key: key.to_owned(),
        }
    }

    /// A policy that asks for this witness.
    pub(crate) fn policy(&self, place: &Place, log_key: &str) {
        let text = format!(
            "log {log_key}\nwitness north {} {}\nquorum north\n",
            self.key, self.url
        );
        fs::write(place.path().join("policy"), text).unwrap();
    }
}

impl Drop for RunningWitness {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
