//! Codes and other names that are no numbers, however much they look like one.
//!
//! Invariant: a code of which a spreadsheet lost a digit is refused, never completed. Knows nothing of who is registered.

use domain::text::HsCode;
use domain::{Code, LotId, PartyId, payload::Destination};
use serde_json::Value;

use super::{half_width, parsed, plain};
use crate::grid::Raw;

const AGAIN: &str = "format the column as text and type it again";

/// What a cell holds as text. Dates and numbers that are too long are what a program made of it.
pub(crate) fn as_text(raw: &Raw) -> Result<String, String> {
    match raw {
        Raw::Text(text) => Ok(text.clone()),
        Raw::Number(number) if is_scientific(number) => Err(format!(
            "is a number of which the program keeps fifteen digits only, so its last ones are lost; {AGAIN}"
        )),
        Raw::Number(number) => Ok(number.clone()),
        Raw::Date(_) => Err(format!("was turned into a date; {AGAIN}")),
        Raw::Share(_) => Err(format!("was turned into a percentage; {AGAIN}")),
        Raw::Flag(_) => Ok(raw.to_string()),
        Raw::Error(error) => Err(format!("holds the error {error}; write what it should be")),
    }
}

/// As spreadsheets write a number that is too long for them: 9.1E+17.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let signed = exponent.strip_prefix(['+', '-']);
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    // 5E3 may be a code; with a point or a sign it is a number.
    let is_number = mantissa.contains('.') || signed.is_some();
    is_number && digits(whole) && digits(part) && digits(signed.unwrap_or(exponent))
}

/// A cell of an id: nothing that a spreadsheet made of a longer one.
fn id(raw: &Raw) -> Result<String, String> {
    let text = plain(raw)?;
    if is_scientific(&text) {
        return Err(format!(
            "is what a spreadsheet makes of a long number, and its last digits are lost; {AGAIN}"
        ));
    }
    if !text.is_empty() && text.bytes().all(|byte| byte == b'#') {
        return Err(
            "is what a spreadsheet shows where a column is too narrow; widen it and save again"
                .to_owned(),
        );
    }
    Ok(text)
}

pub(super) fn code(raw: &Raw) -> Result<Value, String> {
    parsed::<Code>(&id(raw)?)
}

pub(super) fn lot(raw: &Raw) -> Result<Value, String> {
    parsed::<LotId>(&id(raw)?)
}

/// Letters of a party are capitals, and its check characters tell a slip.
pub(super) fn party(raw: &Raw) -> Result<Value, String> {
    parsed::<PartyId>(&id(raw)?.to_ascii_uppercase())
}

pub(super) fn destination(raw: &Raw) -> Result<Value, String> {
    parsed::<Destination>(&id(raw)?)
}

/// Ten digits, with the points of the tariff or without.
pub(super) fn hs_code(raw: &Raw) -> Result<Value, String> {
    let text = half_width(&id(raw)?);
    parsed::<HsCode>(&text.replace('.', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_made_of_a_code_is_not_a_code() {
        for raw in [
            Raw::Number("9.1E17".to_owned()),
            Raw::Text("2.5112E+19".to_owned()),
            Raw::Text("9E+17".to_owned()),
            Raw::Text("####".to_owned()),
            Raw::Date("2024-03-05 00:00:00.000".to_owned()),
            Raw::Share("0.05".to_owned()),
            Raw::Error("#REF!".to_owned()),
        ] {
            let why = code(&raw).unwrap_err();
            assert!(why.contains("again") || why.contains("write"), "{why}");
        }
    }

    #[test]
    fn codes_are_read_in_either_width_and_keep_their_zeros() {
        for (raw, read) in [
            (Raw::Text("007".to_owned()), "007"),
            (Raw::Text("Ｌ－２０２４".to_owned()), "L-2024"),
            (Raw::Number("1001".to_owned()), "1001"),
            (Raw::Text("9E17".to_owned()), "9E17"),
        ] {
            assert_eq!(code(&raw).unwrap(), read);
        }
        let party = party(&Raw::Text("91150000ma0000004e".to_owned()));
        assert_eq!(party.unwrap(), "91150000MA0000004E");
        let tariff = hs_code(&Raw::Text("2846.90.1910".to_owned()));
        assert_eq!(tariff.unwrap(), "2846901910");
    }
}
