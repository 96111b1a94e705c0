//! A screen without a terminal: messages go in, a drawn frame comes out, and a small control
//! answers what is asked.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Detail, Heartbeat, Launched, Notice};
use arcadia::domain::catalogue::Catalogue;
use arcadia::domain::id::DeploymentId;
use arcadia::domain::saga::plan::OnFailure;
use arcadia::domain::spec::LaunchDraft;
use arcadia::domain::time::Timestamp;
use arcadia::domain::usual::Usual;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::Model;
use arcadia::tui::model::plans::UndoPlan;
use arcadia::tui::model::pointer::{Gesture, Target};
use arcadia::tui::model::remembered::Remembered;
use arcadia::tui::msg::{LaunchRefusal, Msg, What};
use arcadia::tui::options::{Ascii, Color, Mouse};
use arcadia::tui::theme::Theme;
use arcadia::tui::update::update;
use arcadia::tui::view::{ViewState, view};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::{Backend, TestBackend};
use ratatui::buffer::Cell;

use crate::screens::catalogue;
use crate::screens::control;
use crate::screens::world::{self, NOW, Story};

/// A screen without a terminal.
pub(crate) struct Stage {
    pub(crate) model: Model,
    pub(crate) state: ViewState,
    terminal: Terminal<TestBackend>,
    stories: Vec<Story>,
    pub(crate) now: Timestamp,
    /// How long steps usually take, if that can be read.
    pub(crate) usual: Option<Usual>,
    /// What can be launched; `None` keeps whoever asks waiting.
    pub(crate) catalogue: Option<Arc<Catalogue>>,
    /// What was asked of the control, orders and launches only.
    pub(crate) asked: Vec<Effect>,
    /// Everything that was wanted.
    pub(crate) effects: Vec<Effect>,
    /// How many holdings were asked for, each time.
    pub(crate) pages: Vec<usize>,
    /// How many histories were asked for, each time.
    pub(crate) read: Vec<usize>,
    /// Whether histories cannot be read.
    pub(crate) refuse_to_read: bool,
    /// Whose the mouse was made, each time.
    pub(crate) captured: Vec<Mouse>,
    /// What was put on the clipboard.
    pub(crate) copied: Vec<String>,
    /// What was kept of how the screen looks.
    pub(crate) kept: Vec<Remembered>,
    /// With which words somebody was called.
    pub(crate) calls: Vec<String>,
    /// Whether it is answered what undoing a deployment would do.
    pub(crate) plans: Plans,
    /// The answers that were held back.
    pub(crate) held_back: Vec<What>,
    /// Whether the engine gives signs of life.
    pub(crate) alive: bool,
}

/// Whether it is answered what undoing a deployment would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plans {
    Answered,
    HeldBack,
}

impl Stage {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, Ascii::No, Color::Ansi)
    }

    pub(crate) fn with(width: u16, height: u16, ascii: Ascii, color: Color) -> Self {
        let draft = LaunchDraft {
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
            ..LaunchDraft::default()
        };
        let mut stage = Self {
            model: Model::new("SIM".to_owned(), "ana".to_owned(), draft, NOW),
            state: ViewState::new(Theme::new(color, ascii)),
            terminal: Terminal::new(TestBackend::new(width, height)).unwrap(),
            stories: Vec::new(),
            now: NOW,
            usual: None,
            catalogue: Some(catalogue::of_provider()),
            asked: Vec::new(),
            effects: Vec::new(),
            pages: Vec::new(),
            captured: Vec::new(),
            read: Vec::new(),
            refuse_to_read: false,
            copied: Vec::new(),
            kept: Vec::new(),
            calls: Vec::new(),
            plans: Plans::Answered,
            held_back: Vec::new(),
            alive: true,
        };
        stage.send(What::Resized { width, height });
        stage
    }

    /// The engine is there, and shows these deployments.
    pub(crate) fn picture(&mut self, stories: Vec<Story>) {
        self.stories = stories;
        self.send(What::Connected);
    }

    pub(crate) fn fail_to_connect(&mut self, why: &str) {
        self.send(What::NotConnected(why.to_owned()));
    }

    /// A deployment's history went on.
    pub(crate) fn goes_on(&mut self, story: Story) {
        let known = self.stories.iter().position(|known| known.id() == story.id());
        let from = known.map_or(0, |at| self.stories[at].entries.len());
        let entries = story.entries[from..].to_vec().into();
        let summary = story.summary();
        match known {
            Some(at) => self.stories[at] = story,
            None => self.stories.push(story),
        }
        self.send(What::Noticed(Notice::Changed { summary, entries }));
    }

    /// A deployment's history went on, and the screen heard nothing of it.
    pub(crate) fn replace(&mut self, story: Story) {
        self.stories.retain(|known| known.id() != story.id());
        self.stories.push(story);
    }

    /// What there is, whether the screen heard of it or not.
    pub(crate) fn stories(&self) -> &[Story] {
        &self.stories
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        self.send(What::Resized { width, height });
    }

    pub(crate) fn pass(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
        self.send(What::Due);
    }

    /// Moves down to a deployment with the keys.
    pub(crate) fn select(&mut self, id: DeploymentId) {
        self.keys("1g");
        for _ in 0..self.stories.len() {
            if self.selected() == Some(id) {
                return;
            }
            self.keys("j");
        }
        panic!("{id} is not on the list");
    }

    pub(crate) fn selected(&self) -> Option<DeploymentId> {
        self.model.list.selected().map(|row| row.deployment)
    }

    pub(crate) fn keys(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.press(KeyCode::Char(letter));
        }
    }

    pub(crate) fn press(&mut self, code: KeyCode) {
        self.send(What::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    pub(crate) fn control(&mut self, letter: char) {
        self.send(What::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)));
    }

    /// Does something with the mouse at a cell of the frame as it stands; tells what lies there.
    pub(crate) fn point(&mut self, at: (u16, u16), gesture: Gesture) -> Option<Target> {
        let target = self.state.zones.at(at, gesture)?;
        self.send(What::Pointed { target, gesture });
        Some(target)
    }

    /// Clicks where a text stands in the frame.
    pub(crate) fn click(&mut self, text: &str) {
        let (column, line) = self.place_of(text);
        self.point((column, line), Gesture::Press).unwrap_or_else(|| panic!("`{text}` is nothing"));
        self.drawn();
    }

    /// Turns the wheel where a text stands in the frame.
    pub(crate) fn turn(&mut self, text: &str, gesture: Gesture) {
        let place = self.place_of(text);
        self.point(place, gesture);
        self.drawn();
    }

    fn place_of(&mut self, text: &str) -> (u16, u16) {
        let drawn = self.drawn();
        let found = drawn.lines().zip(0..).find_map(|(line, y)| Some((line.find(text)?, line, y)));
        let (at, line, y) = found.unwrap_or_else(|| panic!("no `{text}` in\n{drawn}"));
        (u16::try_from(line[..at].chars().count()).unwrap(), y)
    }

    /// Takes a message in, and answers what it asks for.
    pub(crate) fn send(&mut self, what: What) {
        let mut line = VecDeque::from([what]);
        while let Some(what) = line.pop_front() {
            for effect in update(&mut self.model, Msg { at: self.now, what }) {
                self.effects.push(effect.clone());
                line.extend(self.answer(effect));
            }
        }
    }

    /// Answers every launch that was asked for: yes, but to these slugs.
    pub(crate) fn answer_launches(&mut self, refused: &[&str]) {
        // The last that was asked for is answered first.
        for (number, effect) in std::mem::take(&mut self.asked).into_iter().enumerate().rev() {
            let Effect::Launch { spec, .. } = effect else { continue };
            let result = if refused.contains(&spec.slug.as_str()) {
                Err(LaunchRefusal::Other(format!("`{}` exists already", spec.name())))
            } else {
                let story = Story::launched(900 + number as u128, &spec.slug, 0);
                Ok(Launched { deployment: story.id(), saga: story.aggregate.saga })
            };
            self.send(What::Launched { slug: spec.slug.clone(), result });
        }
    }

    fn answer(&mut self, effect: Effect) -> Option<What> {
        match effect {
            Effect::Watch => {
                let summaries = self.stories.iter().map(Story::summary).collect();
                Some(What::Pictured(Ok(summaries)))
            }
            Effect::Show(deployment) => {
                Some(What::Shown { deployment, result: self.detail(deployment).map(Box::new) })
            }
            Effect::ReadPlan { question, deployment } => {
                let result = self.detail(deployment).map(|detail| UndoPlan::from(&detail));
                let read = What::PlanRead { question, deployment, result };
                match self.plans {
                    Plans::Answered => Some(read),
                    Plans::HeldBack => {
                        self.held_back.push(read);
                        None
                    }
                }
            }
            Effect::ReadLogs { deployment, page } => {
                Some(What::LogsRead { deployment, page, result: Ok(control::log_lines()) })
            }
            Effect::ReadHoldings(ids) => {
                self.pages.push(ids.len());
                Some(What::HoldingsRead(Ok(world::holdings(&self.stories, &ids))))
            }
            Effect::ReadHistories(ids) => {
                self.read.push(ids.len());
                let refused = self.refuse_to_read.then(|| "the journal failed".to_owned());
                let read = world::histories(&self.stories, &ids);
                Some(What::HistoriesRead(refused.map_or(Ok(read), Err)))
            }
            Effect::Capture(mouse) => {
                self.captured.push(mouse);
                None
            }
            Effect::AskHeartbeat => {
                self.alive.then_some(What::Heartbeat(Ok(Heartbeat { calls: 1 })))
            }
            Effect::ReadUsual => Some(What::UsualRead(self.usual.clone())),
            Effect::ReadCatalogue => self.catalogue.clone().map(What::CatalogueRead),
            Effect::Plan { .. } => Some(What::Planned(world::plan(OnFailure::Rollback))),
            Effect::Order { .. } | Effect::Launch { .. } | Effect::Export(_) => {
                self.asked.push(effect);
                None
            }
            Effect::Notify(words) => {
                self.calls.push(words);
                None
            }
            Effect::Remember(remembered) => {
                self.kept.push(*remembered);
                None
            }
            Effect::Copy(text) => {
                self.copied.push(text);
                None
            }
            Effect::Drain | Effect::Redraw | Effect::Suspend => None,
        }
    }

    fn detail(&self, deployment: DeploymentId) -> Result<Detail, String> {
        let known = self.stories.iter().find(|story| story.id() == deployment);
        known.map(Story::detail).ok_or_else(|| "no such deployment".to_owned())
    }

    /// The cells of the last frame.
    pub(crate) fn cells(&self) -> &[Cell] {
        &self.terminal.backend().buffer().content
    }

    /// Where the terminal's cursor is, since the last frame.
    pub(crate) fn cursor(&mut self) -> (u16, u16) {
        let place = self.terminal.backend_mut().get_cursor_position().unwrap();
        (place.x, place.y)
    }

    /// Draws a frame.
    pub(crate) fn draw(&mut self) {
        let Self { terminal, model, state, .. } = self;
        terminal.draw(|frame| view(model, state, frame)).unwrap();
    }

    /// The frame as it stands, line by line.
    pub(crate) fn drawn(&mut self) -> String {
        self.draw();
        let buffer = self.terminal.backend().buffer();
        let mut lines = String::new();
        for y in 0..buffer.area.height {
            let line: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
            lines.push_str(line.trim_end());
            lines.push('\n');
        }
        lines
    }
}
