//! One table of keys: the handler, the footer and the help are all read from it, by way of the
//! [`Keymap`] that a person's configuration makes of it.
//!
//! A key means one thing in one pane. Keys that hold everywhere must not be taken again by a pane;
//! a test refuses it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub mod effective;
pub mod names;
pub mod spell;

pub use effective::Keymap;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the table below says what each one does, for the help")]
pub enum Command {
    Down,
    Up,
    Top,
    Bottom,
    PageDown,
    PageUp,
    Open,
    Back,
    NextPane,
    PreviousPane,
    PaneList,
    PaneSaga,
    PaneLog,
    Earlier,
    Later,
    EarlierTurn,
    LaterTurn,
    Live,
    Freeze,
    Play,
    Zoom,
    Inventory,
    Audit,
    Sort,
    SortNow,
    States,
    Mouse,
    NextTheme,
    Filter,
    Mute,
    Mark,
    MarkAll,
    Unmark,
    Go,
    CommandLine,
    NeedsYouOnly,
    Launch,
    Act(Verb),
    Copy,
    Export,
    Follow,
    Wrap,
    AllSteps,
    Level,
    Times,
    Older,
    Newer,
    Left,
    Right,
    Help,
    Redraw,
    Suspend,
    Quit,
    Interrupt,
}

/// What is done to the selected deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Undo what is under way.
    Cancel,
    /// Undo what is active.
    Rollback,
    /// Try again what gave up.
    Retry,
    /// Go on as if the step that gave up had been dealt with.
    Skip,
    /// Leave everything as it is.
    Abandon,
    /// Start no further step, or go on.
    Hold,
    /// Say who sees to it.
    Take,
    /// Show why it stands so and what is out there on its account; changes nothing.
    Details,
}

/// Where a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In every pane.
    Everywhere,
    /// In the list only, while the present is shown.
    List,
    /// In the log pane only.
    Log,
    /// In the inventory only.
    Inventory,
    /// In the audit only.
    Audit,
    /// While a moment of a history is shown, in every pane.
    Past,
}

/// What help files a key under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Going somewhere.
    Move,
    /// Doing something to a deployment.
    Act,
    /// Seeing something else.
    View,
}

impl Group {
    /// Every group, in the order of the help.
    pub const ALL: [Self; 3] = [Self::Move, Self::Act, Self::View];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "MOVE",
            Self::Act => "ACT",
            Self::View => "VIEW",
        }
    }
}

/// A line of the table.
#[derive(Debug)]
pub struct Binding {
    /// What the keys ask for.
    pub command: Command,
    /// Where they hold.
    pub scope: Scope,
    /// The keys; none when it is only typed.
    pub keys: &'static [Key],
    /// The keys as a person reads them.
    pub shown: &'static str,
    /// What they do, in a word or two.
    pub does: &'static str,
    /// What help files them under.
    pub group: Group,
    /// Whether the footer mentions them, and how early.
    pub footer: Option<u8>,
}

/// One key with its modifiers; the shift of a letter is in the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        // Terminals disagree on whether the shift of `R` or of a back tab is reported; the code has it.
        Self { code: event.code, modifiers: event.modifiers - KeyModifiers::SHIFT }
    }
}

/// Whether two scopes hold at the same time, so that a key cannot mean something else in each.
fn meet(one: Scope, other: Scope) -> bool {
    // A past is looked at in any pane; the keys of the list rest meanwhile.
    let scopes = [one, other];
    scopes.contains(&Scope::Everywhere)
        || (scopes.contains(&Scope::Past) && !scopes.contains(&Scope::List))
        || one == other
}

/// A key inside a dialog: dialogs have few keys of their own, and the rest is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogKey {
    /// Go on.
    Enter,
    /// Leave it.
    Esc,
    /// The next field.
    Next,
    /// The field before.
    Previous,
    /// Down.
    Down,
    /// Up.
    Up,
    /// The choice before, or the cell before.
    Left,
    /// The next choice, or the next cell.
    Right,
    /// A letter.
    Letter(char),
    /// Anything else that a line of text may know.
    Edit,
}

/// What a key is inside a dialog.
#[expect(clippy::wildcard_enum_match_arm, reason = "a terminal knows many more keys than a dialog")]
pub fn dialog(event: KeyEvent) -> DialogKey {
    let Key { code, modifiers } = Key::from(event);
    if !modifiers.is_empty() {
        return DialogKey::Edit;
    }
    match code {
        KeyCode::Enter => DialogKey::Enter,
        KeyCode::Esc => DialogKey::Esc,
        KeyCode::Tab => DialogKey::Next,
        KeyCode::BackTab => DialogKey::Previous,
        KeyCode::Down => DialogKey::Down,
        KeyCode::Up => DialogKey::Up,
        KeyCode::Left => DialogKey::Left,
        KeyCode::Right => DialogKey::Right,
        KeyCode::Char(letter) => DialogKey::Letter(letter),
        _ => DialogKey::Edit,
    }
}

/// The key that a dialog's hint names, if it names a single one.
pub fn key_named(shown: &str) -> Option<KeyCode> {
    match shown {
        "Enter" => Some(KeyCode::Enter),
        "Esc" => Some(KeyCode::Esc),
        "Tab" => Some(KeyCode::Tab),
        "S-Tab" => Some(KeyCode::BackTab),
        letter => {
            let mut letters = letter.chars();
            letters.next().filter(|_| letters.next().is_none()).map(KeyCode::Char)
        }
    }
}

/// Every line of the table.
pub fn bindings() -> impl Iterator<Item = &'static Binding> {
    TABLE.iter()
}

/// Whether a line of this scope holds where these do.
fn holds(binding: Scope, scopes: &[Scope]) -> bool {
    binding == Scope::Everywhere || scopes.contains(&binding)
}

macro_rules! table {
    ($($group:ident $scope:ident $command:expr, [$($key:expr),*] $shown:literal $does:literal $footer:expr;)+) => {
        &[$(Binding {
            command: $command,
            scope: Scope::$scope,
            keys: &[$($key),*],
            shown: $shown,
            does: $does,
            group: Group::$group,
            footer: $footer,
        }),+]
    };
}

const fn c(letter: char) -> Key {
    Key::char(letter)
}

const fn k(code: KeyCode) -> Key {
    Key::plain(code)
}

use Command as C;

#[rustfmt::skip]
const TABLE: &[Binding] = table! {
    Move Everywhere C::Down,                 [c('j'), k(KeyCode::Down)]            "j ↓"       "row down"            None;
    Move Everywhere C::Up,                   [c('k'), k(KeyCode::Up)]              "k ↑"       "row up"              None;
    Move Everywhere C::Top,                  [c('g'), k(KeyCode::Home)]            "g Home"    "first"               None;
    Move Everywhere C::Bottom,               [c('G'), k(KeyCode::End)]             "G End"     "last; log: follow"   None;
    Move Everywhere C::PageDown,             [Key::ctrl('d'), k(KeyCode::PageDown)]"^d PgDn"   "half a page down"    None;
    Move Everywhere C::PageUp,               [Key::ctrl('u'), k(KeyCode::PageUp)]  "^u PgUp"   "half a page up"      None;
    Move Everywhere C::NextPane,             [k(KeyCode::Tab)]                     "Tab"       "next pane"           Some(60);
    Move Everywhere C::PreviousPane,         [k(KeyCode::BackTab)]                 "S-Tab"     "previous pane"       None;
    Move Everywhere C::PaneList,             [c('1')]                              "1"         "list"                None;
    Move Everywhere C::PaneSaga,             [c('2')]                              "2"         "saga"                None;
    Move Everywhere C::PaneLog,              [c('3')]                              "3"         "log"                 None;
    Move Everywhere C::Inventory,            [c('I')]                              "I"         "inventory"           Some(50);
    Move Everywhere C::Audit,                [c('E')]                              "E"         "audit"               Some(51);
    Move Everywhere C::Open,                 [k(KeyCode::Enter)]                   "Enter"     "open"                Some(0);
    Move Everywhere C::Back,                 [k(KeyCode::Esc)]                     "Esc"       "one level back"      None;
    Act  Everywhere C::Launch,               [c('n')]                              "n"         "launch"              Some(10);
    Act  Everywhere C::Act(Verb::Cancel),    [c('c')]                              "c"         "cancel"              Some(11);
    Act  Everywhere C::Act(Verb::Rollback),  [c('R')]                              "R"         "roll back"           Some(12);
    Act  Everywhere C::Act(Verb::Retry),     [c('r')]                              "r"         "retry"               Some(13);
    Act  Everywhere C::Act(Verb::Skip),      [c('s')]                              "s"         "skip step"           Some(14);
    Act  Everywhere C::Act(Verb::Abandon),   [c('a')]                              "a"         "abandon"             Some(15);
    Act  Everywhere C::Act(Verb::Hold),      [c('h')]                              "h"         "hold, resume"        Some(16);
    Act  Everywhere C::Act(Verb::Take),      [c('u')]                              "u"         "take it, see to it"  None;
    Act  Everywhere C::Act(Verb::Details),   [c('o')]                              "o"         "details"             Some(17);
    Act  Everywhere C::Mute,                 [c('m')]                              "m"         "mute, or not"        Some(20);
    Act  List       C::Mark,                 [c(' ')]                              "Space"     "mark, unmark"        Some(18);
    Act  List       C::MarkAll,              [c('A')]                              "A"         "mark all shown"      None;
    Act  Everywhere C::Unmark,               []                                    ""          "unmark all, or some" None;
    View Everywhere C::CommandLine,          [c(':')]                              ":"         "command line"        Some(44);
    Move Everywhere C::Go,                   []                                    ""          "to a deployment"     None;
    View Everywhere C::Filter,               [c('/')]                              "/"         "filter; log: search"  Some(40);
    View Everywhere C::NeedsYouOnly,         [c('!')]                              "!"         "needs you"           Some(41);
    View Everywhere C::Zoom,                 [c('z')]                              "z"         "zoom"                Some(42);
    View Everywhere C::Copy,                 [c('y')]                              "y"         "copy error or line"  Some(37);
    View Everywhere C::Export,               [c('e')]                              "e"         "all of it to a file" None;
    View Log        C::Follow,               [c('f')]                              "f"         "follow"              Some(30);
    View Audit      C::Follow,               [c('f')]                              "f"         "follow"              Some(30);
    View Log        C::Wrap,                 [c('w')]                              "w"         "wrap"                Some(31);
    View Log        C::AllSteps,             [c('v')]                              "v"         "all steps, or one"   Some(32);
    View Log        C::Older,                [c('<')]                              "<"         "match above"         Some(34);
    View Log        C::Newer,                [c('>')]                              ">"         "match below"         None;
    View Log        C::Level,                [c('i')]                              "i"         "level"               Some(35);
    View Log        C::Times,                [c('t')]                              "t"         "times"               Some(36);
    View Log        C::Left,                 [k(KeyCode::Left)]                    "←"         "16 to the left"      None;
    View Log        C::Right,                [k(KeyCode::Right)]                   "→"         "16 to the right"     None;
    View Everywhere C::Earlier,              [c('[')]                              "["         "back in time"        Some(43);
    View Everywhere C::Later,                [c(']')]                              "]"         "on in time"          Some(45);
    View Everywhere C::EarlierTurn,          [c('{')]                              "{"         "to the outcome before" Some(46);
    View Everywhere C::LaterTurn,            [c('}')]                              "}"         "to the next outcome" Some(47);
    View Past       C::Play,                 [c(' ')]                              "Space"     "play, 10x, stop"     Some(4);
    View Everywhere C::Live,                 [c('L')]                              "L"         "back to the present" Some(5);
    View Everywhere C::Freeze,               [c('p')]                              "p"         "freeze the display"  None;
    View List       C::Sort,                 [c('O')]                              "O"         "other order"         None;
    View List       C::SortNow,              [c('=')]                              "="         "sort at once"        None;
    View List       C::States,               [c('S')]                              "S"         "next set of states"  None;
    View Inventory  C::Sort,                 [c('O')]                              "O"         "other order"         Some(42);
    View Everywhere C::Mouse,                [c('M')]                              "M"         "mouse on, off"       None;
    View Everywhere C::Help,                 [c('?')]                              "?"         "help"                Some(2);
    View Everywhere C::NextTheme,            [c('T')]                              "T"         "next theme"          None;
    View Everywhere C::Redraw,               [Key::ctrl('l')]                      "^l"        "redraw"              None;
    View Everywhere C::Suspend,              [Key::ctrl('z')]                      "^z"        "suspend"             None;
    View Everywhere C::Quit,                 [c('q')]                              "q"         "quit"                Some(3);
    View Everywhere C::Interrupt,            [Key::ctrl('c')]                      "^c ^c"     "leave at once"       None;
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (index, binding) in TABLE.iter().enumerate() {
            for other in &TABLE[index + 1..] {
                let meet = meet(binding.scope, other.scope);
                let shared = binding.keys.iter().find(|key| other.keys.contains(key));
                assert!(
                    !meet || shared.is_none(),
                    "{shared:?}: {:?} and {:?}",
                    binding.command,
                    other.command
                );
            }
        }
    }

    #[test]
    fn the_shift_of_a_letter_is_in_the_letter() {
        let shifted = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::SHIFT);
        let command = |event| Keymap::default().command(&[], event);
        assert_eq!(command(shifted), Some(Command::Act(Verb::Rollback)));
        let bare = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::NONE);
        assert_eq!(command(bare), Some(Command::Act(Verb::Rollback)));
        let control = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL);
        assert_eq!(command(control), None);
    }

    #[test]
    fn keys_of_the_log_hold_in_the_log_only() {
        let wrap = KeyEvent::new(KeyCode::Char('w'), KeyModifiers::NONE);
        let keys = Keymap::default();
        assert_eq!(keys.command(&[Scope::Log], wrap), Some(Command::Wrap));
        assert_eq!(keys.command(&[], wrap), None);
    }

    /// Whether every keyboard, terminal and multiplexer lets this key through: no function key, no
    /// Alt, and no Ctrl that tmux, screen or the line discipline takes or that is another key's byte.
    fn is_safe(key: Key) -> bool {
        let taken = ['a', 'b', 'h', 'i', 'j', 'k', 'm', 'o', 'q', 's', 'v'].map(Key::ctrl);
        let is_function = matches!(key.code, KeyCode::F(_));
        !is_function && !key.modifiers.contains(KeyModifiers::ALT) && !taken.contains(&key)
    }

    #[test]
    fn every_default_key_reaches_the_program_on_every_terminal() {
        for binding in TABLE {
            assert!(binding.keys.iter().all(|key| is_safe(*key)), "{:?}", binding.command);
        }
    }

    #[test]
    fn the_keys_of_the_table_are_shown_as_they_are() {
        for binding in TABLE.iter().filter(|binding| binding.command != Command::Interrupt) {
            let keys: Vec<_> = binding.keys.iter().map(|key| spell::shown(&[*key])).collect();
            assert_eq!(keys.join(" "), binding.shown, "{:?}", binding.command);
        }
    }

    #[test]
    fn a_letter_with_a_modifier_is_no_letter_in_a_dialog() {
        let pressed = |modifiers| dialog(KeyEvent::new(KeyCode::Char('y'), modifiers));
        assert_eq!(pressed(KeyModifiers::NONE), DialogKey::Letter('y'));
        for modifiers in [KeyModifiers::CONTROL, KeyModifiers::ALT] {
            assert_eq!(pressed(modifiers), DialogKey::Edit, "{modifiers:?} confirms nothing");
        }
    }

    #[test]
    fn a_hint_that_names_a_key_can_be_clicked() {
        let named = ["Enter", "Esc", "Tab", "S-Tab", "y"].map(key_named);
        let keys = [KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab];
        assert_eq!(named[..4], keys.map(Some));
        assert_eq!((named[4], key_named("PgDn")), (Some(KeyCode::Char('y')), None));
    }
}
