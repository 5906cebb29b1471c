//! A command line of a transcript or a guide: words, pipes, files, and no shell.
//!
//! Invariant: what is not understood is refused, never passed on. Quotes, `|`, `<`, `>`, `2>/dev/null`, a last `&` and
//! `# ...` are all that there is. Knows no program.

/// Commands that are piped into one another.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub commands: Vec<Vec<String>>,
    pub from: Option<String>,
    pub into: Option<String>,
    pub quiet: bool,
    pub behind: bool,
}

/// The programs under the names by which a guide calls them.
const SPELLINGS: &[(&str, &str)] = &[
    ("cargo run --release --locked --package cli --", "ytterby"),
    (
        "cargo run --release --locked --package verifier --",
        "ytterby-verify",
    ),
    ("target/release/ytterby-verify", "ytterby-verify"),
    ("target/release/ytterby", "ytterby"),
];

/// The line without its comment, with one space between words and the short name of the program.
pub(crate) fn plain(text: &str) -> String {
    let text = without_comment(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let spelled = SPELLINGS.iter().find_map(|(long, short)| {
        let rest = text.strip_prefix(long)?;
        rest.starts_with(' ').then(|| format!("{short}{rest}"))
    });
    spelled.unwrap_or(text)
}

fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '#') if before == ' ' => return &text[..at],
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        before = character;
    }
    text
}

/// A word, and whether any of it was in quotes.
#[derive(Default)]
struct Word {
    text: String,
    quoted: bool,
}

fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    for character in text.chars() {
        match quote {
            Some(open) if open == character => quote = None,
            Some(_) => word.get_or_insert_default().text.push(character),
            None if character == '"' || character == '\'' => {
                quote = Some(character);
                word.get_or_insert_default().quoted = true;
            }
            None if character == ' ' => words.extend(word.take()),
            None if "$`;*?~()".contains(character) => {
                return Err(format!(
                    "{character} is not understood here, outside quotes"
                ));
            }
            None => word.get_or_insert_default().text.push(character),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

impl Line {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut line = Self {
            commands: vec![Vec::new()],
            ..Self::default()
        };
        let words = words(&plain(text))?;
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let mark = if word.quoted { "" } else { word.text.as_str() };
            match mark {
                "|" => line.commands.push(Vec::new()),
                "&" if words.peek().is_none() => line.behind = true,
                "2>/dev/null" => line.quiet = true,
                "<" => line.from = words.next().map(|word| word.text),
                ">" => line.into = words.next().map(|word| word.text),
                "<<END" => {}
                _ => line.commands.last_mut().unwrap().push(word.text),
            }
        }
        if line.commands.iter().any(Vec::is_empty) {
            return Err(format!("{text:?} lacks a command"));
        }
        Ok(line)
    }
}
