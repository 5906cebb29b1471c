//! Fingerprints in words: what two people compare by telephone before a key is trusted.
//!
//! Invariant: one list of 256 words for ever, no two of them less than three letters apart; a fingerprint is eight of them,
//! the first 64 bits of a BLAKE3 hash over party, key and the commitment to the next key. Signs and trusts nothing.

use chain::Context;
use domain::payload::KeyGrant;
use domain::{Bytes32, PartyId};

/// Words of a fingerprint, a byte each.
const WORDS: usize = 8;

/// The fingerprint of a party's key together with the key that may follow it, as words with one space between: a stranger
/// who puts a next key of its own next to a true key changes the words too.
#[must_use]
pub fn fingerprint(party: &PartyId, key: &Bytes32, next: &Bytes32) -> String {
    // The two keys have a fixed length, so only one party fits before them.
    let parts = [party.as_bytes(), &key.0, &next.0];
    let hash = chain::digest(Context::KeyFingerprint, &parts);
    let words: Vec<_> = hash
        .iter()
        .take(WORDS)
        .map(|byte| LIST[usize::from(*byte)])
        .collect();
    words.join(" ")
}

/// The fingerprint of a grant as it enters the registry.
#[must_use]
pub fn fingerprint_of(party: &PartyId, grant: &KeyGrant) -> String {
    fingerprint(party, &grant.key, &grant.next)
}

/// Byte 0 is the first word. Permanent: two versions of the program must read the same words to each other.
#[rustfmt::skip]
const LIST: [&str; 256] = [
    "acorn", "airport", "album", "alley", "almond", "amber", "anchor", "angel", "ankle", "apron",
    "artist", "atlas", "attic", "autumn", "avocado", "badge", "bakery", "bamboo", "banana", "banjo",
    "barrel", "basket", "beacon", "beaver", "bench", "bicycle", "bishop", "blossom", "bottle",
    "broccoli", "bronze", "brush", "buffalo", "butter", "cabin", "cactus", "camel", "canoe",
    "captain", "carpet", "castle", "cedar", "cherry", "chimney", "cinnamon", "circus", "clover",
    "cobra", "cocktail", "coconut", "coffee", "compass", "copper", "cotton", "cousin", "cradle",
    "crayon", "cricket", "crystal", "cucumber", "cushion", "daffodil", "daisy", "dancer", "desert",
    "diamond", "dinosaur", "doctor", "dolphin", "donkey", "drawer", "eagle", "elbow", "elephant",
    "elevator", "emerald", "engine", "envelope", "evening", "fabric", "factory", "falcon", "farmer",
    "feather", "fiddle", "finger", "firework", "flamingo", "flute", "forest", "fossil", "fountain",
    "furnace", "galaxy", "garden", "garlic", "giraffe", "glacier", "gondola", "goose", "gorilla",
    "granite", "grape", "guitar", "harbour", "harvest", "hedgehog", "helmet", "hippo", "holiday",
    "horizon", "hotel", "hyena", "iceberg", "igloo", "insect", "island", "ivory", "jaguar",
    "jasmine", "jelly", "jewel", "jigsaw", "journal", "jungle", "juniper", "kangaroo", "kernel",
    "keyboard", "kitchen", "kiwi", "knight", "ladder", "lagoon", "lantern", "lavender", "lemon",
    "leopard", "library", "lizard", "lobster", "locket", "lotus", "magazine", "magnet", "mandolin",
    "marble", "meadow", "medicine", "mermaid", "mirror", "mosquito", "muffin", "museum", "mustard",
    "napkin", "necklace", "nectar", "needle", "nephew", "nickel", "notebook", "nutmeg", "oasis",
    "octopus", "olive", "onion", "orange", "orchard", "ostrich", "oxygen", "palace", "panda",
    "papaya", "parrot", "pearl", "pebble", "pelican", "pencil", "penguin", "piano", "picnic",
    "pigeon", "pillow", "pirate", "planet", "porcupine", "potato", "propeller", "pumpkin", "puppet",
    "puzzle", "pyramid", "python", "quarry", "queen", "quilt", "rabbit", "raccoon", "radio",
    "rainbow", "raven", "rectangle", "rhubarb", "ribbon", "ruby", "sandwich", "sapphire", "school",
    "scissors", "sister", "spaghetti", "spider", "spinach", "squirrel", "stadium", "statue",
    "student", "submarine", "sugar", "summer", "sunset", "swallow", "telescope", "temple",
    "theatre", "thunder", "toast", "tortoise", "tower", "tractor", "trumpet", "tulip", "tunnel",
    "turtle", "umbrella", "unicorn", "vanilla", "vessel", "village", "vinegar", "violin", "volcano",
    "vulture", "waffle", "walnut", "wardrobe", "water", "whale", "wheel", "whistle", "windmill",
    "window", "xylophone", "yacht", "yogurt",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters to put in, take out or change to come from one word to the other.
    fn distance(one: &str, other: &str) -> usize {
        let mut row: Vec<usize> = (0..=other.len()).collect();
        for (i, a) in one.bytes().enumerate() {
            let mut before = row[0];
            row[0] = i + 1;
            for (j, b) in other.bytes().enumerate() {
                let changed = before + usize::from(a != b);
                before = row[j + 1];
                row[j + 1] = changed.min(before + 1).min(row[j] + 1);
            }
        }
        row[other.len()]
    }

    #[test]
    fn words_are_sorted_short_and_far_apart() {
        assert!(LIST.is_sorted());
        for (i, one) in LIST.iter().enumerate() {
            assert!(
                one.len() <= 10 && one.bytes().all(|byte| byte.is_ascii_lowercase()),
                "{one}"
            );
            for other in &LIST[i + 1..] {
                assert!(distance(one, other) > 2, "{one} {other}");
            }
        }
    }

    #[test]
    fn the_words_of_a_key_never_change() {
        let party: PartyId = "91150000MA00000015".parse().unwrap();
        let words = fingerprint(&party, &Bytes32([1; 32]), &Bytes32([2; 32]));
        assert_eq!(
            words,
            "parrot thunder palace evening finger attic lagoon squirrel"
        );
        let of_list = LIST.concat();
        let of_list = domain::id::to_hex(&chain::event_id(of_list.as_bytes())[..8]);
        assert_eq!(of_list, "fe39779081fa3a03");
        let other = fingerprint(&party, &Bytes32([1; 32]), &Bytes32([3; 32]));
        assert_ne!(words, other);
    }
}
