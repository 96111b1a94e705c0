//! Any keys, clicks, sizes and news, on any screen: no panic, what must hold holds, and nothing is
//! destroyed without a question.

mod invariants;
mod lives;

use std::sync::Arc;

use arcadia::control::{Heartbeat, Notice};
use arcadia::domain::log::LogPage;
use arcadia::domain::saga::event::Order;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::ActStage;
use arcadia::tui::model::looks::Ground;
use arcadia::tui::model::outbox::AT_ONCE;
use arcadia::tui::model::overlay::Overlay;
use arcadia::tui::model::pointer::{Gesture, Target};
use arcadia::tui::model::question::{Answer, Stands};
use arcadia::tui::msg::{Focus, LaunchRefusal, What};
use arcadia::tui::options::{Ascii, Color};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use crate::screens::catalogue;
use crate::screens::stage::{Plans, Stage};
use crate::screens::world::{self, Story};

/// How many runs there are; `cargo chaos` makes them many more.
const CASES: u32 = 96;

#[derive(Debug, Clone)]
enum Input {
    Key(KeyCode, KeyModifiers),
    Paste(&'static str),
    Point(u16, u16, Gesture),
    Resize(u16, u16),
    Pass(u64),
    /// The engine answers the oldest order that is under way.
    Answer(Result<(), String>),
    /// A whole new picture comes, with those of the deployments alone whose bit is set.
    Picture(u32),
    /// Plans are answered, or held back.
    Plans(Plans),
    /// So many entries more of a deployment's life: it is launched if it was not.
    Happens(usize, usize, Heard),
    /// A deployment logs a line.
    Logs(usize, u64),
    /// A deployment's saga stands still, because the journal cannot be written.
    Stalls(usize),
    /// What is read of histories cannot be read from here on, or can.
    Journal(Journal),
    /// Something else is told.
    Told(Told),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Yes,
    /// It is in the next picture only.
    Missed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Journal {
    Fails,
    Works,
}

/// What is told beside what happens to deployments.
#[derive(Debug, Clone, Copy)]
enum Told {
    Lagged,
    Silenced,
    NoPicture,
    NoDetail,
    NoLogs,
    NoHoldings,
    NoAnswer,
    NoProvider,
    NothingUsual,
    Refused,
    Exported,
    Light,
    Away,
    Warned,
    Hangs,
    Lives,
    NotAlive,
    Drained,
}

const TOLD: [Told; 18] = [
    Told::Lagged,
    Told::Silenced,
    Told::NoPicture,
    Told::NoDetail,
    Told::NoLogs,
    Told::NoHoldings,
    Told::NoAnswer,
    Told::NoProvider,
    Told::NothingUsual,
    Told::Refused,
    Told::Exported,
    Told::Light,
    Told::Away,
    Told::Warned,
    Told::Hangs,
    Told::Lives,
    Told::NotAlive,
    Told::Drained,
];

fn gesture() -> impl Strategy<Value = Gesture> {
    prop_oneof![4 => Just(Gesture::Press), 1 => Just(Gesture::WheelUp), 1 => Just(Gesture::WheelDown)]
}

fn input() -> impl Strategy<Value = Input> {
    let codes = prop_oneof![
        4 => prop::sample::select("jkgGncRrsahou/!z123?qyld  AAfwvit<>[]{}L.web-acme::0456789IIEESMTe".chars().collect::<Vec<_>>())
            .prop_map(KeyCode::Char),
        2 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up,
            KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::PageDown, KeyCode::Backspace,
            KeyCode::Home, KeyCode::End, KeyCode::Delete,
        ]),
        1 => any::<char>().prop_map(KeyCode::Char),
    ];
    let modifiers = prop_oneof![
        9 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::SHIFT),
    ];
    prop_oneof![
        12 => (codes, modifiers).prop_map(|(code, modifiers)| Input::Key(code, modifiers)),
        1 => prop::sample::select(vec![
            "acme/web-blue-00416", "cancel", "web, api, worker", "25", "mark state:running", "go acme/old-cache", "\u{1b}[2J漢字\u{202e}", "a\u{301}\u{200d}👩‍👩‍👧", "",
        ]).prop_map(Input::Paste),
        6 => (0_u16..110, 0_u16..40, gesture()).prop_map(|(x, y, gesture)| {
            Input::Point(x, y, gesture)
        }),
        2 => (0_u16..200, 0_u16..60).prop_map(|(width, height)| Input::Resize(width, height)),
        1 => (0_u64..5_000).prop_map(Input::Pass),
        2 => prop::sample::select(vec![Ok(()), Err("no".to_owned())]).prop_map(Input::Answer),
        1 => any::<u32>().prop_map(Input::Picture),
        5 => (any::<prop::sample::Index>(), 1_usize..6, prop_oneof![4 => Just(Heard::Yes), 1 => Just(Heard::Missed)])
            .prop_map(|(life, entries, heard)| Input::Happens(life.index(LIVES), entries, heard)),
        3 => (any::<prop::sample::Index>(), 0_u64..120)
            .prop_map(|(life, number)| Input::Logs(life.index(LIVES), number)),
        1 => any::<prop::sample::Index>().prop_map(|life| Input::Stalls(life.index(LIVES))),
        1 => prop::sample::select(vec![Journal::Fails, Journal::Works, Journal::Works])
            .prop_map(Input::Journal),
        2 => prop::sample::select(TOLD.to_vec()).prop_map(Input::Told),
        1 => prop::sample::select(vec![Plans::Answered, Plans::HeldBack]).prop_map(Input::Plans),
    ]
}

/// How many deployments there may be.
const LIVES: usize = 15;

/// A screen, and what happens to the deployments behind it.
struct World {
    stage: Stage,
    lives: Vec<Story>,
    /// How many entries of each life there are.
    entries: Vec<usize>,
    answered: usize,
}

impl World {
    fn new(ascii: Ascii) -> Self {
        let (lives, zoo) = (lives::lives(), world::zoo());
        assert_eq!(lives.len(), LIVES);
        let mut entries: Vec<_> = zoo.iter().map(|story| story.entries.len()).collect();
        entries.resize(LIVES, 0);
        let mut stage = Stage::with(100, 30, ascii, Color::Ansi);
        stage.picture(zoo);
        Self { stage, lives, entries, answered: 0 }
    }

    fn take(&mut self, input: Input) {
        let stage = &mut self.stage;
        match input {
            Input::Key(code, modifiers) => {
                stage.send(What::Key(KeyEvent::new(code, modifiers)));
            }
            Input::Paste(text) => stage.send(What::Pasted(text.to_owned())),
            Input::Point(x, y, gesture) => {
                stage.point((x, y), gesture);
            }
            Input::Resize(width, height) => stage.resize(width, height),
            Input::Pass(millis) => stage.pass(millis),
            Input::Answer(result) => {
                let oldest = stage.asked.get(self.answered).cloned();
                self.answered += usize::from(oldest.is_some());
                if let Some(Effect::Order { deployment, order }) = oldest {
                    stage.send(What::Ordered { deployment, verb: order.verb(), result });
                }
            }
            Input::Picture(bits) => {
                let there = |(place, story): (usize, &Story)| {
                    (bits >> place & 1 == 1).then(|| story.summary())
                };
                let rows = stage.stories().iter().enumerate().filter_map(there).collect();
                stage.send(What::Pictured(Ok(rows)));
            }
            Input::Plans(plans) => {
                stage.plans = plans;
                for read in std::mem::take(&mut stage.held_back) {
                    stage.send(read);
                }
            }
            Input::Happens(life, entries, heard) => self.happens(life, entries, heard),
            Input::Logs(at, number) => {
                let (deployment, line) = (self.lives[at].id(), Arc::new(lives::line(number)));
                stage.send(What::Noticed(Notice::Logged { deployment, line }));
            }
            Input::Stalls(life) => {
                let (deployment, error) = (self.lives[life].id(), "the disk is full".into());
                stage.send(What::Noticed(Notice::Stalled { deployment, error, hint: None }));
            }
            Input::Journal(journal) => stage.refuse_to_read = journal == Journal::Fails,
            Input::Told(told) => self.told(told),
        }
    }

    fn happens(&mut self, life: usize, more: usize, heard: Heard) {
        let (story, entries) = (&self.lives[life], &mut self.entries[life]);
        let next = (*entries + more).min(story.entries.len());
        if next > *entries {
            *entries = next;
            match heard {
                Heard::Yes => self.stage.goes_on(story.first(next)),
                Heard::Missed => self.stage.replace(story.first(next)),
            }
        }
    }

    fn told(&mut self, told: Told) {
        let stage = &mut self.stage;
        let why = || "it is on fire \u{1b}[2J".to_owned();
        if matches!(told, Told::Hangs | Told::Lives) {
            stage.alive = matches!(told, Told::Lives);
        }
        stage.send(match told {
            Told::Lagged => What::Lagged { missed: 7 },
            Told::Silenced => What::Silenced,
            Told::NoPicture => What::Pictured(Err(why())),
            Told::NoDetail => {
                let Some(deployment) = stage.selected() else { return };
                What::Shown { deployment, result: Err(why()) }
            }
            Told::NoLogs => {
                let Some(deployment) = stage.selected() else { return };
                What::LogsRead { deployment, page: LogPage::Last, result: Err(why()) }
            }
            Told::NoHoldings => What::HoldingsRead(Err(why())),
            Told::NoAnswer => What::AnswerLost,
            Told::NoProvider => What::CatalogueRead(catalogue::of_nobody()),
            Told::NothingUsual => What::UsualRead(None),
            Told::Refused => {
                let result = Err(LaunchRefusal::Other(why()));
                What::Launched { slug: "web".to_owned(), result }
            }
            Told::Exported => What::Exported(Ok("/tmp/漢字".to_owned())),
            Told::Light => What::Background(Ground::Light),
            Told::Away => What::Focused(Focus::Away),
            Told::Warned => What::Warned(why()),
            Told::Hangs => What::Due,
            Told::Lives => What::Heartbeat(Ok(Heartbeat { calls: 3 })),
            Told::NotAlive => What::Heartbeat(Err(why())),
            Told::Drained => What::Drained(Ok(())),
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn no_keys_clicks_or_news_at_any_size_panic_or_destroy_without_a_question(
        inputs in prop::collection::vec(input(), 1..60),
        ascii in prop::sample::select(vec![Ascii::Yes, Ascii::No]),
    ) {
        let mut world = World::new(ascii);
        for input in inputs {
            let stage = &world.stage;
            let confirmable = confirmable(stage, &input);
            let asked = stage.asked.len();
            let in_line = stage.model.acts.values().filter(|act| act.stage == ActStage::InLine);
            let in_line = in_line.count();
            let passes = matches!(input, Input::Pass(_));
            world.take(input);
            let stage = &mut world.stage;
            for effect in &stage.asked[asked..] {
                // What was confirmed for many may be given when its turn comes.
                prop_assert!(!is_destructive(effect) || confirmable || in_line > 0, "{effect:?}");
            }
            prop_assert!(stage.asked.len() - asked <= AT_ONCE, "too many orders at once");
            invariants::hold(stage)?;
            if passes {
                invariants::rests(stage)?;
            }
            stage.draw();
            invariants::drawn(stage)?;
            if stage.model.ended.is_some() {
                break;
            }
        }
    }
}

fn cases() -> u32 {
    std::env::var("ARCADIA_CHAOS").map_or(CASES, |count| count.parse().unwrap())
}

fn is_destructive(effect: &Effect) -> bool {
    match effect {
        Effect::Order { order, .. } => match order {
            Order::Cancel | Order::Rollback | Order::Skip { .. } | Order::Abandon { .. } => true,
            Order::Hold | Order::Resume | Order::Retry | Order::Take => false,
        },
        Effect::Watch
        | Effect::AskHeartbeat
        | Effect::Drain
        | Effect::ReadUsual
        | Effect::ReadCatalogue
        | Effect::Export(_)
        | Effect::Show(_)
        | Effect::ReadLogs { .. }
        | Effect::ReadHoldings(_)
        | Effect::ReadHistories(_)
        | Effect::ReadPlan { .. }
        | Effect::Launch { .. }
        | Effect::Plan { .. }
        | Effect::Copy(_)
        | Effect::Capture(_)
        | Effect::Redraw
        | Effect::Notify(_)
        | Effect::Remember(_)
        | Effect::Suspend => false,
    }
}

/// Whether this very input may confirm something: a question is open, and this is its yes.
fn confirmable(stage: &Stage, input: &Input) -> bool {
    let code = match input {
        Input::Key(code, _) => *code,
        Input::Point(x, y, gesture) => match stage.state.zones.at((*x, *y), *gesture) {
            Some(Target::Answer(code)) => code,
            Some(_) | None => return false,
        },
        Input::Paste(_)
        | Input::Resize(..)
        | Input::Pass(_)
        | Input::Answer(_)
        | Input::Picture(_)
        | Input::Plans(_)
        | Input::Happens(..)
        | Input::Logs(..)
        | Input::Stalls(_)
        | Input::Journal(_)
        | Input::Told(_) => return false,
    };
    if !stage.model.is_legible() {
        return false;
    }
    match &stage.model.overlay {
        Some(Overlay::Question(asked)) => match &asked.answer {
            Answer::Yes => matches!(code, KeyCode::Char('y' | 'Y')),
            Answer::Name(typed) => {
                let name = asked.targets.first().map(|target| target.name.as_str());
                code == KeyCode::Enter && name == Some(typed.value())
            }
            Answer::Count(typed) => {
                let count = asked.targets.iter().filter(|target| target.stands == Stands::Still);
                code == KeyCode::Enter && typed.value() == count.count().to_string()
            }
            Answer::Reason(typed) => code == KeyCode::Enter && !typed.value().trim().is_empty(),
        },
        Some(
            Overlay::Filter(_)
            | Overlay::CommandLine(_)
            | Overlay::Search(_)
            | Overlay::Launch
            | Overlay::Details { .. }
            | Overlay::Help { .. }
            | Overlay::Quit,
        )
        | None => false,
    }
}
