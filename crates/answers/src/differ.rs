//! Two JSON documents compared figure by figure.
//!
//! Invariant: nothing that stands in only one of the two is passed over. Knows nothing of reports.

use serde_json::Value;

/// One place where two documents differ; nothing stands for what is not there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// JSON pointer (RFC 6901): into the claim, or, of what the claim leaves out, into what was computed.
    pub place: String,
    pub claimed: Option<Value>,
    pub computed: Option<Value>,
}

/// Every place where `claimed` differs from `computed`.
pub(crate) fn differences(claimed: &Value, computed: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), Some(claimed), Some(computed), &mut found);
    found
}

fn compare(
    place: String,
    claimed: Option<&Value>,
    computed: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (claimed, computed) {
        (Some(Value::Object(claimed)), Some(Value::Object(computed))) => {
            for (key, value) in computed {
                let place = format!("{place}/{}", escaped(key));
                compare(place, claimed.get(key), Some(value), found);
            }
            for (key, value) in claimed
                .iter()
                .filter(|(key, _)| !computed.contains_key(*key))
            {
                let place = format!("{place}/{}", escaped(key));
                compare(place, Some(value), None, found);
            }
        }
        (Some(Value::Array(claimed)), Some(Value::Array(computed))) => {
            compare_lists(&place, claimed, computed, found);
        }
        (claimed, computed) if claimed != computed => found.push(Difference {
            place,
            claimed: claimed.cloned(),
            computed: computed.cloned(),
        }),
        _ => {}
    }
}

/// Where rows were left out or added, what stands alike before and behind them is no difference.
fn compare_lists(place: &str, claimed: &[Value], computed: &[Value], found: &mut Vec<Difference>) {
    let alike = |(one, other): &(&Value, &Value)| one == other;
    let (mut first, mut behind) = (0, 0);
    if claimed.len() != computed.len() {
        first = claimed.iter().zip(computed).take_while(alike).count();
        let shorter = claimed.len().min(computed.len());
        let from_the_end = claimed.iter().rev().zip(computed.iter().rev());
        behind = from_the_end.take(shorter - first).take_while(alike).count();
    }
    let until = claimed.len().max(computed.len()) - behind;
    let within = |list: &[Value], at: usize| at < list.len() - behind;
    for at in first..until {
        let claimed = claimed.get(at).filter(|_| within(claimed, at));
        let computed = computed.get(at).filter(|_| within(computed, at));
        compare(format!("{place}/{at}"), claimed, computed, found);
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(claimed: &Value, computed: &Value) -> Vec<(String, bool, bool)> {
        let found = differences(claimed, computed).into_iter();
        found
            .map(|found| {
                (
                    found.place,
                    found.claimed.is_some(),
                    found.computed.is_some(),
                )
            })
            .collect()
    }

    #[test]
    fn every_place_is_named_and_what_shifted_is_not() {
        let computed = json!({"a/b": [1, 2, 3, 4], "c": {"d": 5, "e": null}});
        let place = |place: &str, claimed, computed| (place.to_owned(), claimed, computed);
        for (claimed, expected) in [
            (computed.clone(), vec![]),
            (
                json!({"a/b": [1, 9, 3, 4], "c": {"d": 5, "e": null}}),
                vec![place("/a~1b/1", true, true)],
            ),
            (
                json!({"a/b": [1, 3, 4], "c": {"d": 5, "e": null}}),
                vec![place("/a~1b/1", false, true)],
            ),
            (
                json!({"a/b": [1, 2, 2, 3, 4], "c": {"d": 5, "e": null}}),
                vec![place("/a~1b/2", true, false)],
            ),
            (
                json!({"a/b": [], "c": {"d": "5", "f": 1}}),
                vec![
                    place("/a~1b/0", false, true),
                    place("/a~1b/1", false, true),
                    place("/a~1b/2", false, true),
                    place("/a~1b/3", false, true),
                    place("/c/d", true, true),
                    place("/c/e", false, true),
                    place("/c/f", true, false),
                ],
            ),
        ] {
            assert_eq!(places(&claimed, &computed), expected, "{claimed}");
        }
    }
}
