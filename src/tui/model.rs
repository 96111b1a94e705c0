//! What the screen knows. Changed by `update` alone, read by `view`; it imports neither.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::id::DeploymentId;
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::spec::LaunchDraft;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::domain::usual::Usual;
use crate::tui::keymap::{self, Command, Keymap, Verb};
use crate::tui::model::alert::Alerts;
use crate::tui::model::audit::Audit;
use crate::tui::model::chord::Chord;
use crate::tui::model::drain::Drain;
use crate::tui::model::form::LaunchForm;
use crate::tui::model::frozen::Frozen;
use crate::tui::model::inventory::Inventory;
use crate::tui::model::list::List;
use crate::tui::model::log::{Log, LogScope};
use crate::tui::model::looks::Looks;
use crate::tui::model::marks::Marks;
use crate::tui::model::mutes::Mutes;
use crate::tui::model::offer::Offer;
use crate::tui::model::outbox::Outbox;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::past::Past;
use crate::tui::model::plans::Plans;
use crate::tui::model::pointer::Pointer;
use crate::tui::model::pulse::{Listener, Pulse};
use crate::tui::model::remembered::Memory;
use crate::tui::model::saga::Opened;
use crate::tui::model::screen::Screen;
use crate::tui::model::slow::Slow;
use crate::tui::model::usual_read::UsualRead;
use crate::tui::options::Exit;

pub mod alert;
pub mod audit;
pub mod chord;
pub mod command_line;
pub mod drain;
pub mod form;
pub mod frozen;
pub mod inventory;
pub mod list;
pub mod log;
pub mod looks;
pub mod marks;
pub mod mutes;
pub mod offer;
pub mod order;
pub mod outbox;
pub mod overlay;
pub mod past;
pub mod plans;
pub mod pointer;
pub mod pulse;
pub mod query;
pub mod question;
pub mod remembered;
pub mod saga;
pub mod screen;
pub mod slow;
pub mod states;
pub mod usual_read;

/// Below this many columns or rows only the counts are shown, and no dialog.
pub const SMALLEST: (u16, u16) = (40, 8);

/// How long a toast stays, and the answer to an act in its row.
const TOAST: Duration = Duration::from_secs(8);

/// How long a second Ctrl-C counts as the second.
const SECOND_INTERRUPT: Duration = Duration::from_secs(2);

/// How many marked deployments are looked at for a frame.
const LOOKED_AT: usize = 256;

/// What the screen knows.
#[derive(Debug)]
pub struct Model {
    /// The moment of the last message.
    pub now: Timestamp,
    /// Width and height, in cells.
    pub size: (u16, u16),
    /// Which environment this is.
    pub environment: String,
    /// Who gives the orders.
    pub operator: String,
    /// Whether there is an engine to talk to.
    pub connection: Connection,
    /// Whether it is alive.
    pub pulse: Pulse,
    /// Whether it starts anything more.
    pub drain: Drain,
    /// The deployments.
    pub list: List,
    /// The display, while it is held still.
    pub frozen: Option<Frozen>,
    /// Which of them are marked.
    pub marks: Marks,
    /// Which of them call nobody for a while.
    pub mutes: Mutes,
    /// How long steps usually take.
    pub usual: Usual,
    /// When that is to be read.
    pub usual_read: UsualRead,
    /// When it is to be looked at which are slower.
    pub slow: Slow,
    /// The selected deployment's saga.
    pub saga: Option<Opened>,
    /// Whether a detail is on its way.
    pub fetch: Fetch,
    /// The open saga's log.
    pub log: Log,
    /// What is looked at.
    pub screen: Screen,
    /// What is at the provider.
    pub inventory: Inventory,
    /// What happened.
    pub audit: Audit,
    /// The entry to show once its deployment's history is here.
    pub moment: Option<(DeploymentId, u64)>,
    /// Which pane has the keys.
    pub pane: Pane,
    /// Whether that pane has the whole screen.
    pub zoom: Zoom,
    /// When a picture is asked for again that could not be had.
    pub watch_again: Option<Timestamp>,
    /// What stands over the panes.
    pub overlay: Option<Overlay>,
    /// The mouse.
    pub pointer: Pointer,
    /// The launch form.
    pub form: LaunchForm,
    /// What can be launched, and for how much.
    pub offer: Offer,
    /// What was typed on the command line, the latest last, and no line twice.
    pub command_history: Vec<String>,
    /// The latest act on each deployment, until it shows in its row.
    pub acts: BTreeMap<DeploymentId, Act>,
    /// Orders for many deployments that are under way.
    pub outbox: Outbox,
    /// What undoing would do to the deployments that a question is about.
    pub plans: Plans,
    /// The line at the bottom.
    pub toast: Option<Toast>,
    /// The keys that hold.
    pub keymap: Keymap,
    /// Keys that were pressed and mean nothing yet.
    pub chord: Chord,
    /// Which theme is drawn, and which others there are.
    pub looks: Looks,
    /// Who has to be called.
    pub alerts: Alerts,
    /// What is kept from one run to the next.
    pub memory: Memory,
    /// How the screen is left, once it is.
    pub ended: Option<Exit>,
    interrupted_at: Option<Timestamp>,
}

/// Whether there is an engine to talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// The journal is being opened.
    Opening,
    /// There is; which deployments there are is being read.
    Reading,
    /// There is, and the screen shows what it knows.
    Open,
    /// The journal did not open.
    Failed(String),
    /// There was, and the picture on the screen is its last one.
    Lost(String),
}

/// Whether a detail is on its way. One at a time: holding a key down in a long list reads the row
/// it ends on, and not every row on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    /// None is.
    Idle,
    /// One is.
    Flying,
    /// One is, and it will be out of date.
    Outdated,
}

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// The deployments.
    List,
    /// The selected one's saga.
    Saga,
    /// The log.
    Log,
}

impl Pane {
    /// Every pane, in the order of Tab.
    pub const ALL: [Self; 3] = [Self::List, Self::Saga, Self::Log];
}

/// Whether a pane has the whole screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zoom {
    /// It has.
    In,
    /// The panes share it.
    Out,
}

/// What an operator asked for, and how far that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What.
    pub verb: &'static str,
    /// How far it came.
    pub stage: ActStage,
    /// When it came there.
    pub at: Timestamp,
}

/// How far an act came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActStage {
    /// It waits until others of many have been asked.
    InLine,
    /// The engine was asked.
    Asked,
    /// It is durable.
    Accepted,
    /// It was refused.
    Refused(String),
}

impl ActStage {
    /// Whether nothing more is heard of it but what the row shows.
    fn is_answered(&self) -> bool {
        match self {
            Self::InLine | Self::Asked => false,
            Self::Accepted | Self::Refused(_) => true,
        }
    }
}

/// The line at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// When.
    pub at: Timestamp,
    /// How grave.
    pub tone: Tone,
    /// What.
    pub text: String,
}

/// How grave a toast is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Someone should look.
    Bad,
    /// Neither.
    Plain,
}

impl Model {
    /// An empty screen.
    pub fn new(environment: String, operator: String, draft: LaunchDraft, now: Timestamp) -> Self {
        let form = LaunchForm::new(draft);
        let memory = Memory::new(&form);
        Self {
            now,
            size: (0, 0),
            environment,
            operator,
            connection: Connection::Opening,
            pulse: Pulse::new(Listener::Awake, now),
            drain: Drain::default(),
            list: List::default(),
            frozen: None,
            marks: Marks::default(),
            mutes: Mutes::default(),
            usual: Usual::default(),
            usual_read: UsualRead::default(),
            slow: Slow::default(),
            saga: None,
            fetch: Fetch::Idle,
            log: Log::default(),
            screen: Screen::default(),
            inventory: Inventory::default(),
            audit: Audit::default(),
            moment: None,
            pane: Pane::List,
            zoom: Zoom::Out,
            watch_again: None,
            overlay: None,
            pointer: Pointer::default(),
            form,
            offer: Offer::default(),
            command_history: Vec::new(),
            acts: BTreeMap::new(),
            outbox: Outbox::default(),
            plans: Plans::default(),
            toast: None,
            keymap: Keymap::default(),
            chord: Chord::default(),
            looks: Looks::default(),
            alerts: Alerts::default(),
            memory,
            ended: None,
            interrupted_at: None,
        }
    }

    /// The next moment at which something on the screen changes by itself, running durations apart.
    pub fn due(&self) -> Option<Timestamp> {
        let toast = self.toast.as_ref().map(|toast| toast.at + TOAST);
        let order = if self.holds_still() { None } else { self.list.due(self.now) };
        let slow = if self.frozen.is_some() { None } else { self.slow.due() };
        let answered = self.acts.values().filter(|act| act.stage.is_answered());
        let acts = answered.map(|act| act.at + TOAST).min();
        let replay = self.saga.as_ref().and_then(Opened::past).and_then(Past::next_at);
        let screen = self.screen_due();
        let (memory, alerts, mutes) = (self.memory.due(), self.alerts.due(), self.mutes.due());
        let reads = [self.offer.due(), self.usual_read.due(), self.watch_again];
        let looks = [toast, acts, order, slow, replay, memory, alerts, mutes, screen];
        looks.into_iter().chain(reads).flatten().min()
    }

    /// How many sagas an engine that is there has not brought to their end.
    pub fn runs(&self) -> usize {
        match self.connection {
            Connection::Open => self.list.unfinished(),
            Connection::Opening
            | Connection::Reading
            | Connection::Failed(_)
            | Connection::Lost(_) => 0,
        }
    }

    /// Whether the order of the list waits: the display is held still, or a dialog is about one
    /// deployment, which must stay the selected one while it is open.
    pub fn holds_still(&self) -> bool {
        if self.frozen.is_some() {
            return true;
        }
        match &self.overlay {
            Some(Overlay::Filter(_) | Overlay::Search(_)) | None => false,
            Some(
                Overlay::Launch
                | Overlay::Question(_)
                | Overlay::CommandLine(_)
                | Overlay::Details { .. }
                | Overlay::Help { .. }
                | Overlay::Quit,
            ) => true,
        }
    }

    /// Whether the screen is large enough to show a dialog: what cannot be read is not confirmed.
    pub fn is_legible(&self) -> bool {
        self.size.0 >= SMALLEST.0 && self.size.1 >= SMALLEST.1
    }

    /// Says something at the bottom.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.toast = Some(Toast { at: self.now, tone, text: text.into() });
    }

    /// Takes away what has been said long enough.
    pub fn forget_old(&mut self) {
        if self.toast.as_ref().is_some_and(|toast| toast.at + TOAST <= self.now) {
            self.toast = None;
        }
        let now = self.now;
        self.acts.retain(|_, act| !act.stage.is_answered() || act.at + TOAST > now);
        self.outbox.forget_before(now - TOAST);
    }

    /// Whether a command does anything for the selection: the footer shows what does.
    pub fn allows(&self, command: Command) -> bool {
        if self.screen != Screen::Deployments {
            return self.screen_allows(command);
        }
        let selected = self.list.selected();
        match command {
            Command::Act(verb) if verb == Verb::Details || self.marks.is_empty() => {
                selected.is_some_and(|row| row_allows(row, verb))
            }
            Command::Act(verb) => self.marks_allow(verb),
            Command::Mute => selected.is_some_and(|row| self.may_mute(row)),
            Command::Mark | Command::Copy | Command::Export => selected.is_some(),
            Command::Unmark => !self.marks.is_empty(),
            Command::MarkAll => !self.list.shown().is_empty(),
            Command::Open => selected.is_some() && self.pane != Pane::Log,
            Command::Launch => self.connection == Connection::Open,
            Command::NeedsYouOnly => {
                self.list.count(Standing::NeedsYou) > 0 || self.list.scope() != list::Scope::All
            }
            Command::Earlier | Command::EarlierTurn => {
                self.saga.as_ref().and_then(Opened::read).is_some()
            }
            Command::Later | Command::LaterTurn => {
                self.saga.as_ref().and_then(Opened::past).is_some()
            }
            Command::Filter => self.pane == Pane::Log || self.list.total() > 0,
            Command::Sort | Command::SortNow | Command::States => self.list.total() > 0,
            Command::Live => {
                self.frozen.is_some()
                    || self.saga.as_ref().is_some_and(|saga| saga.past().is_some())
            }
            Command::Older | Command::Newer => !self.log.search().text().is_empty(),
            Command::Down
            | Command::Up
            | Command::Top
            | Command::Bottom
            | Command::PageDown
            | Command::PageUp
            | Command::Back
            | Command::Play
            | Command::NextPane
            | Command::PreviousPane
            | Command::PaneList
            | Command::PaneSaga
            | Command::PaneLog
            | Command::Zoom
            | Command::NextTheme
            | Command::Freeze
            | Command::Follow
            | Command::Wrap
            | Command::AllSteps
            | Command::Level
            | Command::Times
            | Command::Left
            | Command::Right
            | Command::Inventory
            | Command::Audit
            | Command::Mouse
            | Command::Help
            | Command::CommandLine
            | Command::Go
            | Command::Redraw
            | Command::Suspend
            | Command::Quit
            | Command::Interrupt => true,
        }
    }

    /// Whether a verb applies to any of the marked. Of very many only the first are looked at: it is
    /// asked at every frame, and the question says the rest.
    fn marks_allow(&self, verb: Verb) -> bool {
        let mut looked_at = self.marks.iter().take(LOOKED_AT);
        self.marks.count() > LOOKED_AT
            || looked_at.any(|id| self.list.row(id).is_some_and(|row| row_allows(row, verb)))
    }

    /// Where the keys are, beside everywhere.
    pub fn scopes(&self) -> &'static [keymap::Scope] {
        if let Some(scope) = self.screen.scope() {
            return scope;
        }
        let past = self.saga.as_ref().is_some_and(|saga| saga.past().is_some());
        match (self.pane, past) {
            (Pane::List, false) => &[keymap::Scope::List],
            (Pane::Saga, false) => &[],
            (Pane::List | Pane::Saga, true) => &[keymap::Scope::Past],
            (Pane::Log, false) => &[keymap::Scope::Log],
            (Pane::Log, true) => &[keymap::Scope::Log, keymap::Scope::Past],
        }
    }

    /// The step whose lines the log shows; `None` when it shows every step's.
    pub fn log_step(&self) -> Option<&StepName> {
        match self.log.scope {
            LogScope::Step => self.saga.as_ref()?.picked_step(),
            LogScope::All => None,
        }
    }

    /// Whether there is an engine that starts something more.
    pub fn may_drain(&self) -> bool {
        self.runs() > 0 && !self.drain.is_begun()
    }

    /// Leaves the screen.
    pub fn leave(&mut self) {
        self.ended = Some(match (&self.connection, self.list.unfinished()) {
            (Connection::Opening | Connection::Reading | Connection::Failed(_), _) => {
                Exit::NotConnected
            }
            (Connection::Open | Connection::Lost(_), 0) => Exit::Idle,
            (Connection::Open | Connection::Lost(_), count) => Exit::SagasRunning { count },
        });
    }

    /// Ctrl-C: the second one within two seconds leaves.
    pub fn interrupt(&mut self) {
        let second = self.interrupted_at.is_some_and(|first| self.now < first + SECOND_INTERRUPT);
        if second {
            self.leave();
        } else {
            self.interrupted_at = Some(self.now);
            self.say(Tone::Plain, "Ctrl-C again leaves; sagas resume at the next start");
        }
    }
}

/// Whether the saga law lets a verb through for a row that stands so. The engine has the last word;
/// this spares the operator a question that it would refuse.
pub fn row_allows(row: &Summary, verb: Verb) -> bool {
    let gave_up_undoing =
        row.focus.as_ref().is_some_and(|focus| focus.direction == Direction::Undo);
    let verbs: &[Verb] = match row.standing {
        Standing::NeedsYou if gave_up_undoing => {
            &[Verb::Retry, Verb::Skip, Verb::Abandon, Verb::Take]
        }
        Standing::NeedsYou => &[Verb::Retry, Verb::Skip, Verb::Abandon, Verb::Cancel, Verb::Take],
        Standing::Running => &[Verb::Cancel, Verb::Hold, Verb::Take],
        Standing::Held => &[Verb::Cancel, Verb::Hold, Verb::Abandon, Verb::Take],
        Standing::Active => &[Verb::Rollback],
        Standing::RollingBack => &[Verb::Take],
        Standing::Abandoned | Standing::Failed | Standing::Cancelled | Standing::RolledBack => &[],
    };
    verb == Verb::Details || verbs.contains(&verb)
}
