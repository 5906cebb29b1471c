//! What a transcript looks like: notes, commands, and what came of each.
//!
//!     # A note.
//!     $ ytterby party list
//!     what stood on stdout
//!     ! what stood on stderr
//!     exit 1                      (if it was not 0)
//!
//! A command goes on after a `\`, and `<<END` takes the lines up to `END`; `| ` stands before ambiguous lines of stdout.
//! Invariant: what is rendered parses to the same script. Knows no command.

/// Notes and commands in their order.
#[derive(Debug)]
pub(crate) struct Script {
    items: Vec<Item>,
}

#[derive(Debug)]
enum Item {
    Note(String),
    Step(Step),
}

/// One command, as it is written.
#[derive(Debug)]
pub(crate) struct Step {
    /// Lines of the source after `$ `; all but the last end in `\`.
    pub lines: Vec<String>,
    /// Lines up to `END`, where the command asks for them.
    pub input: Option<Vec<String>>,
}

/// What came of a command.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

const INPUT_FOLLOWS: &str = "<<END";
const INPUT_END: &str = "END";

/// Nobody would see it in a text file.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Step {
    /// The command in one line.
    pub(crate) fn text(&self) -> String {
        joined(&self.lines)
    }
}

/// Continued lines as one.
pub(crate) fn joined(lines: &[String]) -> String {
    let parts = lines.iter().map(|line| line.trim_end_matches('\\').trim());
    parts.collect::<Vec<_>>().join(" ")
}

impl Script {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with('#') {
                items.push(Item::Note(line.to_owned()));
            } else if let Some(command) = line.strip_prefix("$ ") {
                let mut step = Step {
                    lines: vec![command.to_owned()],
                    input: None,
                };
                while step.lines.last().is_some_and(|line| line.ends_with('\\')) {
                    let next = lines.next().ok_or("the last command goes on nowhere")?;
                    step.lines.push(next.to_owned());
                }
                if step.text().contains(INPUT_FOLLOWS) {
                    let input = lines.by_ref().take_while(|line| *line != INPUT_END);
                    step.input = Some(input.map(str::to_owned).collect());
                }
                items.push(Item::Step(step));
            }
        }
        Ok(Self { items })
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.items.iter().filter_map(|item| match item {
            Item::Step(step) => Some(step),
            Item::Note(_) => None,
        })
    }

    /// The whole file, with `shown` under the commands, one for each.
    pub(crate) fn render(&self, shown: &[Shown]) -> String {
        let mut text = String::new();
        let mut shown = shown.iter();
        // Whether the line above belongs closely to the next one.
        let mut close = true;
        for item in &self.items {
            match item {
                Item::Note(note) => {
                    if !close
                        || !text.is_empty() && !text.lines().last().unwrap_or("").starts_with('#')
                    {
                        text.push('\n');
                    }
                    text += &format!("{note}\n");
                    close = true;
                }
                Item::Step(step) => {
                    if !close {
                        text.push('\n');
                    }
                    text += &format!("$ {}\n", step.lines.join("\n"));
                    for line in step.input.iter().flatten() {
                        text += &format!("{line}\n");
                    }
                    if step.input.is_some() {
                        text += &format!("{INPUT_END}\n");
                    }
                    let output = shown.next().map(output).unwrap_or_default();
                    close = output.is_empty();
                    text += &output;
                }
            }
        }
        text
    }
}

fn output(shown: &Shown) -> String {
    let mut text = String::new();
    for line in shown.stdout.lines() {
        let line = line.trim_end().replace(BYTE_ORDER_MARK, "<U+FEFF>");
        let ambiguous = ["$ ", "#", "!", "exit ", "| "];
        if ambiguous.iter().any(|begin| line.starts_with(begin)) {
            text += "| ";
        }
        text += &format!("{line}\n");
    }
    for line in shown.stderr.lines() {
        text += format!("! {line}").trim_end();
        text.push('\n');
    }
    if shown.code != 0 {
        text += &format!("exit {}\n", shown.code);
    }
    text
}
