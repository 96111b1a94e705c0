//! The keys that hold: the table's, and what a person's configuration puts in their place.
//!
//! What is configured replaces a command's keys, and never adds to them: whoever gives a command
//! another key frees the old one. What cannot work is refused at the start, with both names.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::config::error::{ConfigError, Place, Problem};
use crate::config::{KeySetting, schema};
use crate::tui::keymap::{Binding, Command, Key, Scope, bindings, holds, meet, spell};

/// The keys that hold.
#[derive(Debug, Clone)]
pub struct Keymap {
    lines: Vec<Line>,
}

/// A line of the table, with the keys that hold for it.
#[derive(Debug, Clone)]
pub struct Line {
    /// The line.
    pub binding: &'static Binding,
    /// The keys as a person reads them.
    pub shown: String,
    /// Its keys; each is one, or some that are pressed one after the other.
    keys: Vec<Vec<Key>>,
    place: Place,
    configured: Configured,
}

/// Whether a person set a line's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Configured {
    Yes,
    No,
}

/// What keys mean so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A command.
    Command(Command),
    /// The beginning of one or more.
    Beginning,
    /// Nothing.
    Nothing,
}

/// Commands that also hold over dialogs, where letters are text.
const OVER_DIALOGS: [Command; 3] = [Command::Interrupt, Command::Suspend, Command::Redraw];

/// Commands without which nobody finds the way.
const NEEDED: [Command; 3] = [Command::Quit, Command::Help, Command::Back];

impl Default for Keymap {
    fn default() -> Self {
        Self { lines: bindings().map(Line::of).collect() }
    }
}

impl Keymap {
    /// The keys of the table, and in their place what a person set.
    ///
    /// # Errors
    /// When there is no such command or key, or keys that cannot both work; all problems together.
    pub fn new(settings: &[KeySetting]) -> Result<Self, ConfigError> {
        let mut map = Self::default();
        let mut problems = Vec::new();
        for setting in settings {
            map.set(setting, &mut problems);
        }
        map.check(&mut problems);
        if problems.is_empty() { Ok(map) } else { Err(ConfigError::Problems(problems)) }
    }

    /// A text in which commands stand by their names, `{cancel}`, with the keys that hold in their place; a
    /// command without a key is typed.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for line in &self.lines {
            let command = line.binding.command;
            let name = format!("{{{}}}", command.name());
            if filled.contains(&name) {
                let key = match self.key(command) {
                    key if key.is_empty() => format!(":{}", command.name()),
                    key => key,
                };
                filled = filled.replace(&name, &key);
            }
        }
        filled
    }

    /// The keys that a person set: each command's name, and the keys as they are written.
    pub fn configured(&self) -> BTreeMap<String, Vec<String>> {
        let set = self.lines.iter().filter(|line| line.configured == Configured::Yes);
        set.map(|line| {
            let keys = line.keys.iter().map(|keys| spell::written(keys));
            (line.binding.command.name().to_owned(), keys.collect())
        })
        .collect()
    }

    /// Every line.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// What these keys mean, pressed one after the other, where these scopes hold beside everywhere.
    pub fn meaning(&self, scopes: &[Scope], pressed: &[Key]) -> Meaning {
        let here = || self.lines.iter().filter(|line| holds(line.binding.scope, scopes));
        let all = here().find(|line| line.keys.iter().any(|keys| keys[..] == *pressed));
        if let Some(line) = all {
            return Meaning::Command(line.binding.command);
        }
        let begins = |line: &Line| line.keys.iter().any(|keys| keys.starts_with(pressed));
        if here().any(begins) { Meaning::Beginning } else { Meaning::Nothing }
    }

    /// What one key asks for, where these scopes hold beside everywhere.
    pub fn command(&self, scopes: &[Scope], event: KeyEvent) -> Option<Command> {
        match self.meaning(scopes, &[Key::from(event)]) {
            Meaning::Command(command) => Some(command),
            Meaning::Beginning | Meaning::Nothing => None,
        }
    }

    /// What may follow these keys, and what it does, in the order of the table.
    pub fn following(&self, scopes: &[Scope], pressed: &[Key]) -> Vec<(String, &'static Binding)> {
        let here = self.lines.iter().filter(|line| holds(line.binding.scope, scopes));
        here.flat_map(|line| {
            let rest = line.keys.iter().filter_map(|keys| keys.strip_prefix(pressed));
            rest.map(|rest| (spell::shown(rest), line.binding))
        })
        .collect()
    }

    /// The lines that the footer mentions where these scopes hold, the most useful first.
    pub fn footer(&self, scopes: &[Scope]) -> Vec<&Line> {
        let mut lines: Vec<_> = self
            .lines
            .iter()
            .filter(|line| line.binding.footer.is_some() && !line.keys.is_empty())
            .filter(|line| holds(line.binding.scope, scopes))
            .collect();
        lines.sort_by_key(|line| line.binding.footer);
        lines
    }

    /// All keys of a command as the screen shows them; empty when it has none.
    pub fn shown(&self, command: Command) -> &str {
        let line = self.lines.iter().find(|line| line.binding.command == command);
        line.map_or("", |line| &line.shown)
    }

    /// The first key of a command as the screen shows it; empty when it has none.
    pub fn key(&self, command: Command) -> String {
        let line = self.lines.iter().find(|line| line.binding.command == command);
        line.and_then(|line| line.keys.first()).map(|keys| spell::shown(keys)).unwrap_or_default()
    }

    /// The keys that hold, as the `[keys]` of a configuration, each with where it comes from.
    pub fn show(&self) -> String {
        let mut text = "\n[keys]\n".to_owned();
        let mut told = Vec::new();
        for line in &self.lines {
            let name = line.binding.command.name();
            if told.contains(&name) {
                continue;
            }
            told.push(name);
            let keys = line.keys.iter().map(|keys| toml::Value::from(spell::written(keys)));
            let keys = toml::Value::Array(keys.collect());
            text.push_str(
                &[name, " = ", &keys.to_string(), " # ", &line.place.to_string()].concat(),
            );
            text.push('\n');
        }
        text
    }

    fn set(&mut self, setting: &KeySetting, problems: &mut Vec<Problem>) {
        let name = setting.command.replace('_', "-");
        if !self.lines.iter().any(|line| line.binding.command.name() == name) {
            let names = bindings().map(|binding| binding.command.name());
            problems.push(Problem::UnknownKey {
                key: format!("keys.{}", setting.command),
                place: setting.place.clone(),
                nearest: schema::nearest(&name, names).map(|name| format!("keys.{name}")),
            });
            return;
        }
        let mut keys = Vec::new();
        for text in &setting.keys {
            match spell::parse(text) {
                Ok(read) => keys.push(read),
                Err(problem) => problems.push(setting.senseless(problem)),
            }
        }
        for line in self.lines.iter_mut().filter(|line| line.binding.command.name() == name) {
            let command = line.binding.command;
            if keys.is_empty() && setting.keys.is_empty() && NEEDED.contains(&command) {
                let problem = "it needs a key: without it nobody finds the way".to_owned();
                problems.push(setting.senseless(problem));
                return;
            }
            if OVER_DIALOGS.contains(&command) && !keys.iter().all(|keys| holds_in_text(keys)) {
                let problem =
                    "it holds while text is typed, so it takes single keys with `ctrl-` or \
                               `alt-`, or `f1` to `f12`"
                        .to_owned();
                problems.push(setting.senseless(problem));
                return;
            }
            line.shown = keys.iter().map(|keys| spell::shown(keys)).collect::<Vec<_>>().join(" ");
            line.keys.clone_from(&keys);
            line.place = setting.place.clone();
            line.configured = Configured::Yes;
        }
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        // A clash of two keys is told once, in however many places it is one.
        let mut told = BTreeMap::new();
        for (index, one) in self.lines.iter().enumerate() {
            for other in &self.lines[index + 1..] {
                if one.binding.command == other.binding.command
                    || !meet(one.binding.scope, other.binding.scope)
                {
                    continue;
                }
                let pairs =
                    one.keys.iter().flat_map(|key| other.keys.iter().map(move |o| (key, o)));
                for (first, second) in pairs {
                    if let Some(text) = clash((one, first), (other, second)) {
                        told.entry((one.binding.command, other.binding.command)).or_insert(text);
                    }
                }
            }
            for keys in &one.keys {
                let escapes = |key: &Key| *key == Key::plain(KeyCode::Esc);
                if keys.len() > 1 && keys.iter().any(escapes) {
                    let text =
                        format!("{}: Esc leaves a row of keys, and stands in none", one.named());
                    told.insert((one.binding.command, one.binding.command), text);
                }
            }
        }
        problems.extend(told.into_values().map(|text| Problem::Clash { text }));
    }
}

/// Why two keys cannot both work, if they cannot.
fn clash((one, first): (&Line, &[Key]), (other, second): (&Line, &[Key])) -> Option<String> {
    let (keys, more) = (spell::written(first), spell::written(second));
    let (name, other) = (one.named(), other.named());
    if first == second {
        Some(format!("{name} and {other} are both `{keys}`; give one of them another key"))
    } else if second.starts_with(first) {
        Some(format!("{name} is `{keys}`, so `{more}` of {other} could never be typed to its end"))
    } else if first.starts_with(second) {
        Some(format!("{other} is `{more}`, so `{keys}` of {name} could never be typed to its end"))
    } else {
        None
    }
}

/// Whether a key is none that a text could want.
fn holds_in_text(keys: &[Key]) -> bool {
    match keys {
        [key] => {
            key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
                || matches!(key.code, KeyCode::F(_))
        }
        _ => false,
    }
}

impl Line {
    fn of(binding: &'static Binding) -> Self {
        let keys = binding.keys.iter().map(|key| vec![*key]).collect();
        let (shown, place) = (binding.shown.to_owned(), Place::Default);
        Self { binding, shown, keys, place, configured: Configured::No }
    }

    /// Its name and where its keys come from, for a message.
    fn named(&self) -> String {
        format!("`keys.{}` ({})", self.binding.command.name(), self.place)
    }
}

impl KeySetting {
    fn senseless(&self, problem: String) -> Problem {
        let key = format!("keys.{}", self.command);
        Problem::Senseless { key, place: self.place.clone(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Loaded};
    use crate::tui::keymap::Verb;

    fn keymap(text: &str) -> Result<Keymap, String> {
        let loaded = Loaded::from_text(text, &Environment::default()).map_err(|e| e.to_string())?;
        Keymap::new(&loaded.config.keys).map_err(|error| error.to_string())
    }

    fn meaning(map: &Keymap, keys: &str) -> Meaning {
        map.meaning(&[], &spell::parse(keys).unwrap())
    }

    const CANCEL: Meaning = Meaning::Command(Command::Act(Verb::Cancel));

    #[test]
    fn what_is_set_takes_the_place_of_the_commands_keys() {
        let map = keymap("[keys]\ncancel = \"x\"\npage_down = [\"ctrl-n\", \"alt-n\"]\n").unwrap();
        assert_eq!(meaning(&map, "x"), CANCEL);
        assert_eq!(meaning(&map, "c"), Meaning::Nothing);
        for key in ["ctrl-n", "alt-n"] {
            assert_eq!(meaning(&map, key), Meaning::Command(Command::PageDown), "{key}");
        }
        assert_eq!(
            (meaning(&map, "ctrl-d"), map.key(Command::PageDown)),
            (Meaning::Nothing, "^n".into())
        );
    }

    #[test]
    fn a_key_is_free_once_its_command_has_another() {
        let map = keymap("[keys]\ncancel = \"r\"\nretry = \"c\"\nwrap = []\n").unwrap();
        assert_eq!(meaning(&map, "r"), CANCEL);
        assert_eq!(meaning(&map, "c"), Meaning::Command(Command::Act(Verb::Retry)));
        let wrap = spell::parse("w").unwrap();
        assert_eq!(map.meaning(&[Scope::Log], &wrap), Meaning::Nothing);
    }

    #[test]
    fn keys_in_a_row_wait_for_the_next_and_say_what_may_follow() {
        let map = keymap("[keys]\ncancel = \", c\"\nretry = [\", r\", \", t x\"]\n").unwrap();
        assert_eq!(meaning(&map, ","), Meaning::Beginning);
        assert_eq!(meaning(&map, ", c"), CANCEL);
        assert_eq!(meaning(&map, ", t"), Meaning::Beginning);
        assert_eq!(meaning(&map, ", z"), Meaning::Nothing);
        let comma = spell::parse(",").unwrap();
        let following = map.following(&[], &comma);
        let told: Vec<_> =
            following.iter().map(|(keys, line)| (keys.as_str(), line.does)).collect();
        assert_eq!(told, [("c", "cancel"), ("r", "retry"), ("tx", "retry")]);
    }

    #[test]
    fn what_cannot_work_is_refused_with_both_names() {
        let told = keymap(
            "[keys]\n\
             cancel = \"r\"\n\
             wrap = [\"f\", \"2\"]\n\
             launch = \"q n\"\n\
             retri = \"R\"\n\
             skip = [\"s\", \"hyper-s\"]\n\
             quit = []\n\
             redraw = \"x\"\n\
             hold = \"h esc\"\n",
        )
        .unwrap_err();
        let file = Environment::default().platform.config_file().display().to_string();
        insta::assert_snapshot!(told.replace(&file, "config"), @"
        the configuration does not make sense
          config:5: there is no setting `keys.retri`; did you mean `keys.retry`?
          config:6: `keys.skip`: `hyper-s` is no key; `x`, `R`, `ctrl-n`, `alt-x`, `pgdn`, `space` and `f5` are, and `, x` is two in a row
          config:7: `keys.quit`: it needs a key: without it nobody finds the way
          config:8: `keys.redraw`: it holds while text is typed, so it takes single keys with `ctrl-` or `alt-`, or `f1` to `f12`
          `keys.saga` (default) and `keys.wrap` (config:3) are both `2`; give one of them another key
          `keys.quit` (default) is `q`, so `q n` of `keys.launch` (config:4) could never be typed to its end
          `keys.cancel` (config:2) and `keys.retry` (default) are both `r`; give one of them another key
          `keys.hold` (config:9): Esc leaves a row of keys, and stands in none
          `keys.follow` (default) and `keys.wrap` (config:3) are both `f`; give one of them another key
        ");
    }

    #[test]
    fn a_key_of_the_wrong_type_is_a_mistake_of_the_configuration() {
        let told = keymap("[keys]\ncancel = 3\nretry = [1]\n").unwrap_err();
        assert!(
            told.contains("`keys.cancel` must be a key such as `x`, or a list of keys"),
            "{told}"
        );
        assert!(told.contains("`keys.retry` must be"), "{told}");
        assert!(keymap("[keys]\n").is_ok());
    }

    #[test]
    fn the_keys_that_hold_are_shown_as_a_configuration_that_gives_the_same() {
        let map = keymap("[keys]\ncancel = \", c\"\n").unwrap();
        let shown = map.show();
        assert!(shown.contains("\ncancel = [\", c\"] # "), "{shown}");
        assert!(shown.contains("\npage-down = [\"ctrl-d\", \"pgdn\"] # default\n"), "{shown}");
        assert_eq!(keymap(&shown).unwrap().show().lines().count(), shown.lines().count());
    }

    #[test]
    fn what_may_follow_is_what_holds_here() {
        let map = keymap("[keys]\ncancel = \", c\"\nwrap = \", w\"\n").unwrap();
        let comma = spell::parse(",").unwrap();
        let keys = |scopes: &[Scope]| {
            let following = map.following(scopes, &comma);
            following.into_iter().map(|(keys, _)| keys).collect::<Vec<_>>().concat()
        };
        assert_eq!((keys(&[Scope::List]), keys(&[Scope::Log])), ("c".into(), "cw".into()));
    }

    #[test]
    fn a_command_without_a_key_is_not_in_the_footer() {
        let named = |map: &Keymap| {
            let lines = map.footer(&[]);
            lines.iter().any(|line| line.binding.command == Command::Act(Verb::Cancel))
        };
        assert!(named(&Keymap::default()));
        assert!(!named(&keymap("[keys]\ncancel = []\n").unwrap()));
    }

    #[test]
    fn a_key_of_the_past_and_one_of_a_pane_clash() {
        let told = keymap("[keys]\nwrap = \"L\"\n").unwrap_err();
        assert!(told.contains("keys.wrap") && told.contains("keys.live"), "{told}");
    }
}
