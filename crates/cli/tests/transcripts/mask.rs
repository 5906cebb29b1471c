//! What differs from run to run in spite of a fixed clock and known keys: ports, folders that vanish, speeds.
//!
//! Invariant: equal things stay visibly equal: the first port is `<port:1>` wherever it stands, in commands too.

const HOST: &str = "127.0.0.1:";
const FOLDER: &str = "<folder>";

/// The ports that were seen, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ports {
    seen: Vec<String>,
}

impl Ports {
    /// What a command of the transcript means by `<port:1>`.
    pub(crate) fn put_in(&self, text: &str) -> String {
        let numbered = self.seen.iter().zip(1..);
        numbered.fold(text.to_owned(), |text, (port, number)| {
            text.replace(&format!("<port:{number}>"), port)
        })
    }

    /// `text` as it is shown; `folder` is where the transcript is played.
    pub(crate) fn mask(&mut self, text: &str, folder: &str) -> String {
        let text = text.replace(folder, FOLDER);
        let mut parts = text.split(HOST);
        let mut masked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (port, rest) = part.split_at(digits);
            masked += HOST;
            if port.len() < 4 {
                masked += part;
                continue;
            }
            let number = self.seen.iter().position(|seen| seen == port);
            let number = number.unwrap_or_else(|| {
                self.seen.push(port.to_owned());
                self.seen.len() - 1
            });
            masked += &format!("<port:{}>{rest}", number + 1);
        }
        masked.split_inclusive('\n').map(without_speed).collect()
    }
}

/// How long something took is no part of what the command says.
fn without_speed(line: &str) -> String {
    let Some((before, after)) = line.split_once("took ") else {
        return line.to_owned();
    };
    if !after.contains(" ms") {
        return line.to_owned();
    }
    format!("{before}took <time>\n")
}
