//! The sets of states that a key goes round. Each is a `state:` word of the filter, so that what is
//! shown has one truth, and can be read and changed where the filter is typed.

use crate::tui::model::query::Field;

/// What stands after `state:` for each set, in the order of the key.
const SETS: [&str; 4] = ["needs_you", "moving", "active", "ended"];

/// The filter that shows the next set: everything, then one after the other. Its other words stay.
pub fn next(filter: &str) -> String {
    let term = format!("{}:", Field::State.name());
    let is_state = |word: &&str| word.trim_start_matches('-').starts_with(&term);
    let states: Vec<_> = filter.split_whitespace().filter(is_state).collect();
    let shown = match states[..] {
        [word] => SETS.iter().position(|set| word.strip_prefix(&term) == Some(*set)),
        // Nothing, or more than a set says.
        [] | [_, _, ..] => None,
    };
    let next = SETS.get(shown.map_or(0, |place| place + 1));
    let others = filter.split_whitespace().filter(|word| !is_state(word)).map(str::to_owned);
    let words: Vec<_> = others.chain(next.map(|set| format!("{term}{set}"))).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_go_round_and_the_other_words_stay() {
        let mut filter = "web age>1h".to_owned();
        let mut seen = Vec::new();
        for _ in 0..6 {
            filter = next(&filter);
            seen.push(filter.clone());
        }
        let expected = [
            "web age>1h state:needs_you",
            "web age>1h state:moving",
            "web age>1h state:active",
            "web age>1h state:ended",
            "web age>1h",
            "web age>1h state:needs_you",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_somebody_typed_about_states_gives_way_to_the_first_set() {
        for filter in ["state:roll", "-state:active", "state:active state:run"] {
            assert_eq!(next(filter), "state:needs_you", "{filter}");
        }
    }
}
