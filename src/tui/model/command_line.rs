//! The command line: what is typed after `:`, what it may become, and what it means.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use crate::domain::id::DeploymentId;
use crate::domain::log::LogLevel;
use crate::domain::summary::Standing;
use crate::tui::keymap::names::{Takes, named};
use crate::tui::keymap::{self, Binding, Command};
use crate::tui::model::list::List;
use crate::tui::model::query::{Candidate as _, Query, fields};

/// How many candidates are looked out; more than fit on any screen say nothing.
const CANDIDATES: usize = 50;

/// How many lines are remembered.
const REMEMBERED: usize = 100;

/// The terms that a filter knows, and what they ask for.
const TERMS: [(&str, &str); 6] = [
    ("state:", "how it stands"),
    ("tenant:", "whose it is"),
    ("region:", "where it is"),
    ("step:", "the step that matters"),
    ("age>", "launched longer ago than"),
    ("age<", "launched less long ago than"),
];

/// The command line while it is open.
#[derive(Debug)]
pub struct CommandLine {
    /// What stands on it.
    pub input: Input,
    /// What it may become.
    pub candidates: Vec<Candidate>,
    /// Which of them stands on it.
    pub picked: Option<usize>,
    /// What is wrong with it, if it was tried.
    pub problem: Option<String>,
    /// How far back in what was typed earlier it is.
    recalled: usize,
    /// What was being typed before something earlier was taken.
    draft: String,
}

/// What a line may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The whole line.
    pub line: String,
    /// The part of it that is completed.
    pub word: String,
    /// What it does or is.
    pub does: String,
    /// The keys that do the same.
    pub keys: &'static str,
}

/// What a line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// As if its key had been pressed.
    Command(Command),
    /// Show only what these words let through.
    Filter(String),
    /// Mark what these words let through.
    Mark(Query),
    /// Take the marks away from what these words let through.
    Unmark(Query),
    /// Take every mark away.
    UnmarkAll,
    /// Select this deployment.
    Go(DeploymentId),
    /// Show log lines that are at least so grave.
    Level(LogLevel),
}

impl CommandLine {
    /// An empty one.
    pub fn new(list: &List) -> Self {
        let mut line = Self {
            input: Input::default(),
            candidates: Vec::new(),
            picked: None,
            problem: None,
            recalled: 0,
            draft: String::new(),
        };
        line.typed(list);
        line
    }

    /// Begins it with this.
    pub fn begin(&mut self, text: &str, list: &List) {
        self.input = Input::new(text.to_owned());
        self.typed(list);
    }

    /// Takes in that something was typed.
    pub fn typed(&mut self, list: &List) {
        self.candidates = candidates(self.input.value(), list);
        self.picked = None;
        self.problem = None;
        self.recalled = 0;
    }

    /// Puts the next candidate on the line, or the one before.
    pub fn complete(&mut self, way: isize) {
        let count = self.candidates.len();
        let next = match (self.picked, way >= 0) {
            (None, true) => 0,
            (None, false) => count.saturating_sub(1),
            (Some(picked), true) => (picked + 1) % count.max(1),
            (Some(picked), false) => (picked + count.saturating_sub(1)) % count.max(1),
        };
        self.pick(next);
    }

    /// Puts a candidate on the line, counted from 0.
    pub fn pick(&mut self, candidate: usize) {
        if let Some(found) = self.candidates.get(candidate) {
            self.input = Input::new(found.line.clone());
            self.picked = Some(candidate);
            self.problem = None;
        }
    }

    /// Puts an earlier line on it, or a later one; after the last comes what was being typed.
    pub fn recall(&mut self, history: &[String], way: isize, list: &List) {
        if self.recalled == 0 {
            self.input.value().clone_into(&mut self.draft);
        }
        let recalled = self.recalled.saturating_add_signed(way).min(history.len());
        let line = match recalled {
            0 => self.draft.clone(),
            back => history[history.len() - back].clone(),
        };
        self.begin(&line, list);
        self.recalled = recalled;
    }
}

/// Remembers a line as the last one, and no line twice.
pub fn remember(history: &mut Vec<String>, line: &str) {
    history.retain(|known| known != line);
    history.push(line.to_owned());
    let too_many = history.len().saturating_sub(REMEMBERED);
    history.drain(..too_many);
}

/// What a line means.
///
/// # Errors
/// When it means nothing; in words for whoever typed it.
pub fn understand(line: &str, list: &List) -> Result<Said, String> {
    let (word, rest) = split(line);
    let command = named(word)?.command;
    match (command.takes(), rest) {
        (Takes::Nothing | Takes::Level, "") => Ok(Said::Command(command)),
        (Takes::Nothing, rest) => {
            Err(format!("`{}` takes nothing after it, not `{rest}`", command.name()))
        }
        (Takes::Level, word) => {
            let level = LogLevel::ALL.into_iter().find(|level| level.as_str() == word);
            level.map(Said::Level).ok_or_else(|| {
                format!("`{word}` is no level; there are debug, info, warn and error")
            })
        }
        (Takes::Deployment, "") => Err("say where to: `go tenant/slug`".to_owned()),
        (Takes::Deployment, name) => list
            .find(name)
            .map(Said::Go)
            .ok_or_else(|| format!("there is no deployment `{name}`; Tab shows those like it")),
        (Takes::Terms, "") if command == Command::Unmark => Ok(Said::UnmarkAll),
        (Takes::Terms, "") => Ok(Said::Command(command)),
        (Takes::Terms, words) => {
            let query = Query::parse(words, fields::DEPLOYMENT).to_the_letter();
            if let Some(problem) = query.problem() {
                return Err(problem.to_owned());
            }
            Ok(if command == Command::Mark {
                Said::Mark(query)
            } else if command == Command::Unmark {
                Said::Unmark(query)
            } else {
                Said::Filter(words.to_owned())
            })
        }
    }
}

/// The command's name, and what stands after it.
fn split(line: &str) -> (&str, &str) {
    let line = line.trim_start_matches([':', ' ']);
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    (word, rest.trim())
}

fn candidates(line: &str, list: &List) -> Vec<Candidate> {
    let begun = line.trim_start_matches([':', ' ']);
    let Some((word, rest)) = begun.split_once(' ') else { return commands(begun) };
    let Ok(binding) = named(word) else { return Vec::new() };
    let name = binding.command.name();
    match binding.command.takes() {
        Takes::Nothing => Vec::new(),
        Takes::Level => words(name, rest, LogLevel::ALL.map(|level| (level.as_str(), "")).to_vec()),
        Takes::Deployment => deployments(name, rest.trim(), list),
        Takes::Terms => terms(name, rest, list),
    }
}

/// The commands whose names have these letters, the best match first.
fn commands(word: &str) -> Vec<Candidate> {
    let mut known: Vec<&Binding> = Vec::new();
    for binding in keymap::bindings() {
        if !known.iter().any(|other| other.command == binding.command) {
            known.push(binding);
        }
    }
    let mut best = Best::of(word);
    for binding in known {
        best.offer(binding.command.name(), binding);
    }
    let candidate = |binding: &Binding| {
        let name = binding.command.name();
        let more = if binding.command.takes() == Takes::Nothing { "" } else { " " };
        Candidate {
            line: format!("{name}{more}"),
            word: name.to_owned(),
            does: binding.does.to_owned(),
            keys: binding.shown,
        }
    };
    best.found().into_iter().map(candidate).collect()
}

fn deployments(name: &str, typed: &str, list: &List) -> Vec<Candidate> {
    let mut best = Best::of(typed);
    let mut written = String::new();
    for row in list.all() {
        written.clear();
        row.write_name(&mut written);
        best.offer(&written, row);
    }
    let mut found: Vec<Candidate> = Vec::new();
    for row in best.found() {
        let word = row.name();
        // The same name may have been launched more than once.
        if found.iter().all(|other| other.word != word) {
            found.push(Candidate {
                line: format!("{name} {word}"),
                word,
                does: row.standing.as_str().replace('_', " "),
                keys: "",
            });
        }
    }
    found
}

/// Completes the last word of a filter.
fn terms(name: &str, typed: &str, list: &List) -> Vec<Candidate> {
    let (before, word) = typed.rsplit_once(' ').unwrap_or(("", typed));
    let head = if before.is_empty() { name.to_owned() } else { format!("{name} {before}") };
    let (term, value) = word.split_once(':').unwrap_or(("", word));
    let states = || Standing::ALL.map(Standing::as_str).into_iter().chain(["moving", "ended"]);
    let known = match term {
        "state" => first(states(), value),
        "tenant" => first(list.all().map(|row| row.tenant.as_str()), value),
        "region" => first(list.all().map(|row| row.region.as_str()), value),
        _ => return words(&head, value, TERMS.to_vec()),
    };
    let candidate = |value: &str| {
        let word = format!("{term}:{value}");
        Candidate { line: format!("{head} {word}"), word, does: String::new(), keys: "" }
    };
    known.into_iter().map(candidate).collect()
}

/// The first of these words in the order of letters, among those that begin as typed. There may be very
/// many, most of them the same.
fn first<'w>(words: impl Iterator<Item = &'w str>, typed: &str) -> BTreeSet<&'w str> {
    let mut first = BTreeSet::new();
    for word in words.filter(|word| word.starts_with(typed)) {
        if first.insert(word) && first.len() > CANDIDATES {
            first.pop_last();
        }
    }
    first
}

/// Those of these words that begin as typed.
fn words(head: &str, typed: &str, known: Vec<(&str, &str)>) -> Vec<Candidate> {
    let typed = typed.trim();
    let begin = known.into_iter().filter(|(word, _)| word.starts_with(typed));
    let candidate = |(word, does): (&str, &str)| Candidate {
        line: format!("{head} {word}"),
        word: word.to_owned(),
        does: does.to_owned(),
        keys: "",
    };
    begin.map(candidate).collect()
}

/// Those that have the typed letters in their order: the best match first, and among equals those
/// that come first. No more than [`CANDIDATES`] of them are kept at a time, several times over.
struct Best<T> {
    atom: Atom,
    matcher: Matcher,
    buffer: Vec<char>,
    scored: Vec<(u16, T)>,
}

impl<T> Best<T> {
    fn of(typed: &str) -> Self {
        let mut config = Config::DEFAULT;
        config.ignore_case = true;
        config.prefer_prefix = true;
        let (case, normal) = (CaseMatching::Ignore, Normalization::Smart);
        Self {
            atom: Atom::new(typed, case, normal, AtomKind::Fuzzy, false),
            matcher: Matcher::new(config),
            buffer: Vec::new(),
            scored: Vec::new(),
        }
    }

    fn offer(&mut self, name: &str, what: T) {
        self.buffer.clear();
        let name = Utf32Str::new(name, &mut self.buffer);
        if let Some(score) = self.atom.score(name, &mut self.matcher) {
            self.scored.push((score, what));
        }
        if self.scored.len() >= 4 * CANDIDATES {
            self.keep_best();
        }
    }

    fn keep_best(&mut self) {
        // A stable sort: those that came first stay before their equals.
        self.scored.sort_by_key(|(score, _)| Reverse(*score));
        self.scored.truncate(CANDIDATES);
    }

    fn found(mut self) -> Vec<T> {
        self.keep_best();
        self.scored.into_iter().map(|(_, what)| what).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_bounded_and_has_no_line_twice() {
        let mut history = Vec::new();
        for number in 0..REMEMBERED + 20 {
            remember(&mut history, &format!("go acme/{number}"));
        }
        remember(&mut history, "go acme/50");
        assert_eq!(history.len(), REMEMBERED);
        assert_eq!(history.last().unwrap(), "go acme/50");
        assert_eq!(history.iter().filter(|line| *line == "go acme/50").count(), 1);
    }

    #[test]
    fn of_very_many_names_the_best_are_kept_and_equals_stay_in_their_order() {
        let mut best = Best::of("web");
        for number in 0..10_000 {
            best.offer(if number == 9_000 { "web" } else { "w-e-b" }, number);
        }
        let found = best.found();
        assert_eq!((found[0], found.len()), (9_000, CANDIDATES));
        assert_eq!(found[1..], (0..CANDIDATES - 1).collect::<Vec<_>>());
    }

    #[test]
    fn of_very_many_words_the_first_are_kept_and_each_once() {
        let words: Vec<String> =
            (0..10_000).rev().map(|number| format!("t{:03}", number % 1_000)).collect();
        let first = first(words.iter().map(String::as_str), "t");
        let wanted: Vec<String> = (0..CANDIDATES).map(|number| format!("t{number:03}")).collect();
        assert!(first.into_iter().eq(wanted.iter().map(String::as_str)));
    }
}
