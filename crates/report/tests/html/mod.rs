//! Just enough reading of HTML to judge the pages: tags that match, and the masses that are printed.
//! Invariant: what it does not understand fails the test.

const VOID: [&str; 3] = ["meta", "br", "!DOCTYPE"];

/// Every tag that is opened is closed, in order; no attribute is without quotes.
pub(crate) fn assert_well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes of {tag}");
        let name = tag.split([' ', '\n']).next().unwrap();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "in {tag}");
        } else if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

/// Every number that stands in a cell for masses or before the unit of tonnes.
pub(crate) fn masses(html: &str) -> Vec<String> {
    let body = &html[html.find("<main>").unwrap()..];
    let is_number = |text: &&str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let in_cells = body
        .split("class=\"mass\"")
        .skip(1)
        .map(|rest| &rest[rest.find('>').unwrap() + 1..])
        .map(|rest| &rest[..rest.find('<').unwrap()]);
    let mut joined = String::new();
    for part in body.split('<') {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        // A span lies within a line; every other tag ends one. Labels of drawings hold masses too.
        if !tag.trim_start_matches('/').starts_with("span") {
            let label = tag.split_once("aria-label=\"").unwrap_or_default().1;
            let label = label.split('"').next().unwrap();
            joined.push_str(&format!("\n{label}\n"));
        }
        joined.push_str(text);
    }
    let before_unit = joined
        .match_indices(" t")
        .filter(|(at, _)| !joined[at + 2..].starts_with(|c: char| c.is_alphanumeric()))
        .filter_map(|(at, _)| joined[..at].rsplit([' ', '\n']).next());
    let all = in_cells.chain(before_unit).filter(is_number);
    all.map(str::to_owned).collect()
}
