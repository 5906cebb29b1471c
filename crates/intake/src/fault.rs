//! One thing that is wrong in what a clerk handed in, with the place where it is to be mended.
//!
//! Invariant: a fault names file, sheet, row and column as the clerk's own program counts them. Knows no rule.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetFault {
    pub file: String,
    /// Name of the sheet, in a workbook.
    pub sheet: Option<String>,
    /// Counted from 1, the headings among them.
    pub row: Option<u32>,
    /// Heading, or name of a member in JSON.
    pub column: Option<String>,
    /// Place of the column in its sheet, from 0.
    pub at: Option<u32>,
    /// What is written there; nothing where it may be confidential.
    pub value: Option<String>,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl SheetFault {
    /// Something wrong with a file as a whole.
    pub fn of_file(file: &str, why: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            why: why.into(),
            ..Self::default()
        }
    }

    /// What is wrong without saying where: for the sheet that is given back.
    pub fn in_its_row(&self) -> String {
        let column = self.column.as_deref();
        column.map_or_else(
            || self.why.clone(),
            |column| format!("{column}: {}", self.why),
        )
    }
}

/// A column as spreadsheets name it: 0 is A, 26 is AA.
pub(crate) fn letters(column: u32) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// File, sheet and row, for messages.
pub(crate) fn place(file: &str, sheet: Option<&str>, row: u32) -> String {
    let sheet = sheet.map_or_else(String::new, |sheet| format!(", sheet {sheet:?}"));
    format!("{file}{sheet}, row {row}")
}

impl fmt::Display for SheetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => f.write_str(&place(&self.file, self.sheet.as_deref(), row))?,
            None => {
                f.write_str(&self.file)?;
                if let Some(sheet) = &self.sheet {
                    write!(f, ", sheet {sheet:?}")?;
                }
            }
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
            if let (Some(_), Some(at)) = (&self.sheet, self.at) {
                write!(f, " ({})", letters(at))?;
            }
        }
        if let Some(value) = &self.value {
            write!(f, ", value {value:?}")?;
        }
        write!(f, ": {}", self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        let named = [0, 25, 26, 51, 52, 701, 702].map(letters);
        assert_eq!(named, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
