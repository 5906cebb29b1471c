//! Words of a scenario line, read one after the other.
//!
//! Invariant: a line is read to its end; what is left over is an error that names the word. Knows no verb.

use serde_json::{Value, json};

/// A line and how far it was read.
pub(super) struct Words<'a> {
    words: Vec<&'a str>,
    next: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self {
            words: line.split_whitespace().collect(),
            next: 0,
        }
    }

    pub(super) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    pub(super) fn take(&mut self) -> &'a str {
        let word = self.peek();
        self.next += 1;
        word.unwrap_or_else(|| panic!("the line ends too early: {}", self.words.join(" ")))
    }

    /// Takes the word if it comes next; a colon or comma after it is punctuation.
    pub(super) fn skip(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|next| plain(next) == word);
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, word: &str) {
        let found = self.peek().unwrap_or("the end");
        assert!(
            self.skip(word),
            "{word:?} expected, {found:?} found: {}",
            self.words.join(" ")
        );
    }

    /// The next word without punctuation.
    pub(super) fn name(&mut self) -> &'a str {
        plain(self.take())
    }

    pub(super) fn rest(&mut self) -> String {
        let rest = self.words.get(self.next..).unwrap_or_default().join(" ");
        self.next = self.words.len();
        rest
    }

    pub(super) fn end(&self) {
        let left = self.words.get(self.next..).unwrap_or_default();
        assert!(left.is_empty(), "not understood: {}", left.join(" "));
    }

    /// A number and its unit, such as `100 t`.
    pub(super) fn mass(&mut self) -> String {
        let (number, unit) = (self.take(), self.name());
        format!("{number} {unit}")
    }

    /// `100 t net 50 t REO`, then perhaps a basis and `±0.5%`.
    pub(super) fn quantity(&mut self) -> Value {
        let net = self.mass();
        self.expect("net");
        let reo = self.mass();
        self.expect("REO");
        let bases = ["measured", "weighed", "estimated", "stated"];
        let basis = bases.into_iter().find(|basis| self.skip(basis));
        let mut quantity =
            json!({"net_mg": net, "reo_mg": reo, "basis": basis.unwrap_or("measured")});
        if let Some(percent) = self.peek().and_then(|word| word.strip_prefix('±')) {
            let ppm = domain::Ppm::parse_percent(plain(percent).trim_end_matches('%')).unwrap();
            quantity["uncertainty_ppm"] = ppm.get().into();
            self.next += 1;
        }
        quantity
    }

    /// `Ce:500000,La:500000`, if it comes next.
    pub(super) fn composition(&mut self) -> Value {
        let found = self
            .peek()
            .is_some_and(|word| word.contains(':') && word.contains("000"));
        if found {
            json!(self.take())
        } else {
            Value::Null
        }
    }
}

fn plain(word: &str) -> &str {
    word.trim_end_matches([':', ',', ';'])
}
