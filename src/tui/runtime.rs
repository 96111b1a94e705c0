//! The loop: what reaches the screen becomes a message, what the model wants done is done, and a
//! frame is drawn when something changed.
//!
//! Nothing slow is awaited in the loop: what is asked of the engine runs in a set of tasks and comes
//! back as a message. An idle screen has no timer at all.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, MouseEvent};
use futures_util::stream::{Stream, StreamExt};
use tokio::sync::broadcast;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::control::{Control, Heartbeat, Notice, Watch};
use crate::domain::time::Timestamp;
use crate::tui::background::Listener;
use crate::tui::beside::Beside;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::pointer::Gesture;
use crate::tui::msg::{Focus, Msg, What};
use crate::tui::notify::Notify;
use crate::tui::options::{Exit, Lines, Mouse, Options, TuiError};
use crate::tui::runtime::keeping::Keeping;
use crate::tui::runtime::signals::{Signals, Wish};
use crate::tui::tape::Tape;
use crate::tui::update::update;
use crate::tui::view::{Counting, ViewState};

mod asking;
mod keeping;
mod notifying;
pub(super) mod signals;

/// How long a thing that is due, and is still due after it was dealt with, is left alone: it must not keep a
/// core busy.
const REST: Duration = Duration::from_millis(33);

/// How many notices are taken in between two looks at the keyboard.
const NOTICES_A_TURN: usize = 512;

/// At least so long between two frames, though keys or a wheel come faster: none would be seen.
const AT_A_KEY: Duration = Duration::from_millis(8);

/// How long a frame waits for what a key opens: the pane would be drawn empty and then full, which costs
/// twice the bytes and flickers.
const AT_HAND: Duration = Duration::from_millis(8);

/// How long the next answer to an order is waited for when the operator leaves.
const LAST_ORDERS: Duration = Duration::from_secs(2);

/// What a frame is drawn on.
pub trait Screen {
    /// Draws a frame.
    ///
    /// # Errors
    /// When the terminal refuses.
    fn draw(&mut self, model: &Model, state: &mut ViewState) -> io::Result<()>;

    /// Makes the next frame draw every cell.
    ///
    /// # Errors
    /// When the terminal refuses.
    fn redraw(&mut self) -> io::Result<()>;

    /// Puts a text on the clipboard of whoever sits at the terminal, if the terminal allows it.
    ///
    /// # Errors
    /// When the terminal refuses to be written to.
    fn copy(&mut self, text: &str) -> io::Result<()>;

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// When the terminal refuses.
    fn capture(&mut self, mouse: Mouse) -> io::Result<()>;

    /// Writes what attracts whoever looks elsewhere: a bell, or a notification.
    ///
    /// # Errors
    /// When the terminal refuses to be written to.
    fn attract(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Gives the terminal back and stops the program. It may run on for a moment before it stops,
    /// so nothing is drawn before [`Screen::resume`].
    ///
    /// # Errors
    /// When the terminal refuses.
    fn suspend(&mut self) -> io::Result<()>;

    /// Takes the terminal over again: the program was continued.
    ///
    /// # Errors
    /// When the terminal refuses.
    fn resume(&mut self) -> io::Result<()>;
}

/// The running screen.
pub struct Runtime<'s, S> {
    screen: &'s mut S,
    model: Model,
    state: ViewState,
    options: Options,
    control: Option<Arc<dyn Control>>,
    notices: Option<broadcast::Receiver<Notice>>,
    reads: JoinSet<Answer>,
    /// Reads of what the panes show.
    opening: JoinSet<Answer>,
    /// Until when the next frame waits for them.
    patience: Option<Instant>,
    orders: JoinSet<Answer>,
    keeping: Keeping,
    tape: Option<Box<dyn Tape>>,
    notify: Notify,
    told_program: Told,
    told_first: Vec<What>,
    dirty: Dirty,
    presence: Presence,
    drawn_at: Option<Instant>,
    background: Listener,
}

/// Whether the frame on the screen is the model's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Dirty {
    No,
    Soon,
    Now,
}

/// How telling a program went the last time: a failure is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Told {
    #[default]
    Nothing,
    Failed,
}

/// Whether the terminal is the dashboard's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is.
    Here,
    /// It was given back until the program is continued.
    Suspended,
}

/// What a task brings back.
enum Answer {
    Connected(Result<Arc<dyn Control>, String>),
    Watching(Result<Watch, String>),
    Kept(Result<(), String>),
    Told(Result<(), String>),
    Heartbeat(Result<Heartbeat, String>),
    Says(What),
}

/// What the loop woke for the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woke {
    /// Time alone.
    Due,
    Otherwise,
}

/// What the loop wakes for.
enum Wake {
    Terminal(Option<io::Result<TerminalEvent>>),
    Wish(Wish),
    Answer(Answer),
    Notice(Result<Notice, broadcast::error::RecvError>),
    Draw,
    Due,
}

impl<'s, S: Screen> Runtime<'s, S> {
    /// A screen that is about to show its first frame.
    pub fn new(
        screen: &'s mut S,
        model: Model,
        state: ViewState,
        options: Options,
        connect: impl Future<Output = Result<Arc<dyn Control>, String>> + Send + 'static,
    ) -> Self {
        let background = Listener::new(options.background, options.clock.now());
        let mut reads = JoinSet::new();
        reads.spawn(async { Answer::Connected(connect.await) });
        Self {
            screen,
            model,
            state,
            options,
            control: None,
            notices: None,
            reads,
            opening: JoinSet::new(),
            patience: None,
            orders: JoinSet::new(),
            keeping: Keeping::default(),
            tape: None,
            notify: Notify::default(),
            told_program: Told::default(),
            told_first: Vec::new(),
            dirty: Dirty::Now,
            presence: Presence::Here,
            drawn_at: None,
            background,
        }
    }

    /// The same, with this beside it.
    #[must_use]
    pub fn beside(mut self, beside: Beside) -> Self {
        self.keeping = Keeping::with(beside.keeper);
        self.tape = beside.tape;
        self.notify = beside.notify;
        self.model.alerts.when = beside.notify_when.unwrap_or(self.model.alerts.when);
        let remembered = beside.remembered.map(|remembered| What::Remembered(remembered.into()));
        self.told_first.extend(remembered.into_iter().chain(beside.warning.map(What::Warned)));
        self
    }

    /// Runs until the operator leaves.
    ///
    /// # Errors
    /// When the terminal refuses something.
    pub async fn run(
        mut self,
        mut terminal: impl Stream<Item = io::Result<TerminalEvent>> + Unpin,
    ) -> Result<Exit, TuiError> {
        let went = self.go_on(&mut terminal).await;
        // Whatever became of the terminal, what was ordered must reach the engine.
        self.keep_last_looks();
        let finished = self.finish_orders().await;
        let exit = went?;
        finished.map(|()| exit)
    }

    async fn go_on(
        &mut self,
        terminal: &mut (impl Stream<Item = io::Result<TerminalEvent>> + Unpin),
    ) -> Result<Exit, TuiError> {
        let mut signals = Signals::listen()?;
        for what in std::mem::take(&mut self.told_first) {
            self.send(what, Dirty::Now)?;
        }
        let mut last = Woke::Otherwise;
        loop {
            let draw_at = self.draw_at();
            // Whoever has news without a pause does not keep the screen from being drawn.
            if draw_at.is_some_and(|at| at <= Instant::now()) {
                self.draw()?;
                continue;
            }
            if let Some(exit) = self.model.ended {
                return Ok(exit);
            }
            let due_in = self.due_in().map(|span| match last {
                Woke::Due => span.max(REST),
                Woke::Otherwise => span,
            });
            let wake = tokio::select! {
                biased;
                // First: who types without a pause does not keep the program from being ended.
                wish = signals.next() => Wake::Wish(wish),
                event = terminal.next() => Wake::Terminal(event),
                Some(answer) = self.orders.join_next() => answer_or_loss(answer),
                Some(answer) = self.opening.join_next() => answer_or_loss(answer),
                Some(answer) = self.reads.join_next() => answer_or_loss(answer),
                notice = next_notice(&mut self.notices) => Wake::Notice(notice),
                () = tokio::time::sleep_until(draw_at.unwrap_or_else(Instant::now)), if draw_at.is_some() => Wake::Draw,
                () = tokio::time::sleep(due_in.unwrap_or_default()), if due_in.is_some() => Wake::Due,
            };
            last = if matches!(wake, Wake::Due) { Woke::Due } else { Woke::Otherwise };
            self.wake(wake)?;
        }
    }

    fn wake(&mut self, wake: Wake) -> Result<(), TuiError> {
        match wake {
            Wake::Terminal(Some(Ok(event))) => {
                let taken = self.background.take(event, self.options.clock.now());
                if let Some(ground) = taken.ground {
                    self.send(What::Background(ground), Dirty::Now)?;
                }
                for event in taken.events {
                    self.terminal_event(event)?;
                }
            }
            Wake::Terminal(Some(Err(error))) => return Err(error.into()),
            // Without a keyboard nobody can leave but by a signal, so leave.
            Wake::Terminal(None) | Wake::Wish(Wish::Leave) => self.model.leave(),
            Wake::Wish(Wish::Suspend) => self.perform(Effect::Suspend)?,
            Wake::Wish(Wish::Resume) => {
                self.screen.resume()?;
                self.presence = Presence::Here;
                self.dirty = Dirty::Now;
            }
            Wake::Answer(Answer::Connected(Ok(control))) => {
                self.control = Some(control);
                self.send(What::Connected, Dirty::Soon)?;
            }
            Wake::Answer(Answer::Connected(Err(why))) => {
                self.send(What::NotConnected(why), Dirty::Soon)?;
            }
            Wake::Answer(Answer::Watching(Ok(watch))) => {
                self.notices = Some(watch.notices);
                self.send(What::Pictured(Ok(watch.summaries)), Dirty::Soon)?;
            }
            Wake::Answer(Answer::Watching(Err(why))) => {
                self.send(What::Pictured(Err(why)), Dirty::Soon)?;
            }
            Wake::Answer(Answer::Kept(result)) => {
                if let Some(what) = self.keeping.kept(result, &mut self.orders) {
                    self.send(what, Dirty::Soon)?;
                }
            }
            Wake::Answer(Answer::Told(result)) => {
                let failed_before = self.told_program == Told::Failed;
                self.told_program = if result.is_err() { Told::Failed } else { Told::Nothing };
                if let Err(why) = result
                    && !failed_before
                {
                    self.send(What::Warned(why), Dirty::Soon)?;
                }
            }
            Wake::Answer(Answer::Heartbeat(result)) => {
                // What is fresh is drawn so already.
                let shows = self.model.pulse.is_stale() || self.model.drain.is_begun();
                let dirty = if shows { Dirty::Soon } else { Dirty::No };
                self.send(What::Heartbeat(result), dirty)?;
            }
            Wake::Answer(Answer::Says(what)) => self.send(what, Dirty::Soon)?,
            Wake::Notice(notice) => self.notice(notice)?,
            Wake::Draw => {}
            Wake::Due => self.due()?,
        }
        Ok(())
    }

    /// Time passed. Where nothing counts it is only felt whether the engine lives, and nothing is drawn that
    /// would be read out again.
    fn due(&mut self) -> Result<(), TuiError> {
        let due = self.model.due().is_some_and(|at| at <= self.options.clock.now());
        if due || !self.feels_silently() {
            return self.send(What::Due, Dirty::Now);
        }
        let was_stale = self.model.pulse.is_stale();
        self.send(What::Due, Dirty::No)?;
        if self.model.pulse.is_stale() != was_stale {
            self.dirty = Dirty::Now;
        }
        Ok(())
    }

    /// Whether the clock is looked at for the engine's sake alone.
    fn feels_silently(&self) -> bool {
        let plain = self.state.lines == Lines::Plain && self.model.frozen.is_none();
        plain && self.state.counting == Counting::Nothing && self.model.runs() > 0
    }

    fn terminal_event(&mut self, event: TerminalEvent) -> Result<(), TuiError> {
        match event {
            TerminalEvent::Key(key) => self.send(What::Key(key), Dirty::Now),
            TerminalEvent::Paste(text) => self.send(What::Pasted(text), Dirty::Now),
            TerminalEvent::Resize(width, height) => {
                self.send(What::Resized { width, height }, Dirty::Now)
            }
            TerminalEvent::Mouse(event) => self.pointed(event),
            TerminalEvent::FocusGained => self.send(What::Focused(Focus::Here), Dirty::Soon),
            TerminalEvent::FocusLost => self.send(What::Focused(Focus::Away), Dirty::Soon),
        }
    }

    /// What was pointed at is what the last frame shows there.
    fn pointed(&mut self, event: MouseEvent) -> Result<(), TuiError> {
        let gesture = Gesture::of(event.kind);
        let found = gesture.and_then(|gesture| {
            Some((self.state.zones.at((event.column, event.row), gesture)?, gesture))
        });
        match found {
            Some((target, gesture)) => self.send(What::Pointed { target, gesture }, Dirty::Now),
            None => Ok(()),
        }
    }

    /// Takes in what happened, and whatever else is there already, up to a bound.
    fn notice(
        &mut self,
        first: Result<Notice, broadcast::error::RecvError>,
    ) -> Result<(), TuiError> {
        let mut next = Some(first);
        for _ in 0..NOTICES_A_TURN {
            match next {
                Some(Ok(notice)) => self.send(What::Noticed(notice), Dirty::Soon)?,
                Some(Err(broadcast::error::RecvError::Lagged(missed))) => {
                    // The picture that is taken brings a fresh receiver; the rest of this one would
                    // be stale.
                    self.notices = None;
                    return self.send(What::Lagged { missed }, Dirty::Soon);
                }
                Some(Err(broadcast::error::RecvError::Closed)) => {
                    self.notices = None;
                    return self.send(What::Silenced, Dirty::Soon);
                }
                None => return Ok(()),
            }
            next = self.notices.as_mut().and_then(|notices| match notices.try_recv() {
                Ok(notice) => Some(Ok(notice)),
                Err(broadcast::error::TryRecvError::Lagged(missed)) => {
                    Some(Err(broadcast::error::RecvError::Lagged(missed)))
                }
                // A closed channel says so at the next turn.
                Err(
                    broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed,
                ) => None,
            });
        }
        if let Some(Ok(notice)) = next {
            self.send(What::Noticed(notice), Dirty::Soon)?;
        }
        Ok(())
    }

    fn send(&mut self, what: What, dirty: Dirty) -> Result<(), TuiError> {
        self.dirty = self.dirty.max(dirty);
        let opened = self.model.saga.as_ref().map(|saga| saga.deployment);
        let msg = Msg { at: self.options.clock.now(), what };
        let taken = self.tape.as_mut().map_or(Ok(()), |tape| tape.take(&msg));
        for effect in update(&mut self.model, msg) {
            self.perform(effect)?;
        }
        if self.model.saga.as_ref().map(|saga| saga.deployment) != opened {
            self.patience.get_or_insert_with(|| Instant::now() + AT_HAND);
        }
        if let Err(why) = taken {
            self.tape = None;
            self.send(What::Warned(format!("the recording ended here: {why}")), Dirty::Soon)?;
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect) -> Result<(), TuiError> {
        match effect {
            Effect::Redraw => {
                self.screen.redraw()?;
                self.dirty = Dirty::Now;
            }
            Effect::Copy(text) => self.screen.copy(&text)?,
            Effect::Capture(mouse) => self.screen.capture(mouse)?,
            Effect::Notify(words) => self.call(&words)?,
            Effect::Remember(remembered) => {
                self.keeping.keep(*remembered, &mut self.orders);
            }
            Effect::Suspend => {
                self.presence = Presence::Suspended;
                self.screen.suspend()?;
            }
            Effect::Show(_) | Effect::ReadLogs { .. } => {
                if let Some(control) = &self.control {
                    let ask = asking::ask(Arc::clone(control), effect, &self.options);
                    self.opening.spawn(ask);
                }
            }
            Effect::Watch
            | Effect::AskHeartbeat
            | Effect::Drain
            | Effect::ReadUsual
            | Effect::ReadCatalogue
            | Effect::ReadHoldings(_)
            | Effect::ReadHistories(_)
            | Effect::ReadPlan { .. }
            | Effect::Plan { .. } => {
                if let Some(control) = &self.control {
                    let ask = asking::ask(Arc::clone(control), effect, &self.options);
                    self.reads.spawn(ask);
                }
            }
            Effect::Export(deployment) => {
                if let Some(control) = &self.control {
                    let export =
                        asking::export(Arc::clone(control), deployment, self.options.clone());
                    self.reads.spawn(export);
                }
            }
            Effect::Order { .. } | Effect::Launch { .. } => {
                if let Some(control) = &self.control {
                    let ask = asking::ask(Arc::clone(control), effect, &self.options);
                    self.orders.spawn(ask);
                }
            }
        }
        Ok(())
    }

    fn call(&mut self, words: &str) -> Result<(), TuiError> {
        let words = format!("Arcadia: {words}");
        self.screen.attract(&self.notify.bytes(&words))?;
        if let Some(command) = self.notify.command.clone() {
            self.reads.spawn(async { Answer::Told(notifying::tell(command, words).await) });
        }
        Ok(())
    }

    fn keep_last_looks(&mut self) {
        if let Some(remembered) = self.model.to_remember() {
            self.keeping.keep(remembered, &mut self.orders);
        }
    }

    /// What was ordered must reach the engine, although nobody is there to read the answer: those
    /// of many that wait for their turn as well, for as long as the engine answers. Looks that waited
    /// for others to be written go with them.
    async fn finish_orders(&mut self) -> Result<(), TuiError> {
        while let Ok(Some(answer)) =
            tokio::time::timeout(LAST_ORDERS, self.orders.join_next()).await
        {
            self.wake(answer_or_loss(answer))?;
        }
        Ok(())
    }

    /// When the next frame is due; `None` when what is on the screen is the model's.
    fn draw_at(&self) -> Option<Instant> {
        if self.presence == Presence::Suspended {
            return None;
        }
        let after = |span| self.drawn_at.map_or_else(Instant::now, |drawn| drawn + span);
        match self.dirty {
            Dirty::No => None,
            Dirty::Soon => Some(after(self.options.frame)),
            Dirty::Now => {
                // What a key opens may be there in a moment.
                let opens = self.patience.filter(|_| !self.opening.is_empty());
                Some(opens.map_or_else(|| after(AT_A_KEY), |opens| opens.max(after(AT_A_KEY))))
            }
        }
    }

    fn draw(&mut self) -> Result<(), TuiError> {
        self.screen.draw(&self.model, &mut self.state)?;
        self.dirty = Dirty::No;
        self.patience = None;
        self.drawn_at = Some(Instant::now());
        Ok(())
    }

    /// After how long something on the screen changes by itself; `None` when nothing does.
    fn due_in(&self) -> Option<Duration> {
        if self.presence == Presence::Suspended {
            return None;
        }
        let now = self.options.clock.now();
        let second = match self.state.counting {
            Counting::Seconds => Some(next_turn(now, 1_000)),
            Counting::Minutes => Some(next_turn(now, 60_000)),
            Counting::Nothing if self.feels_silently() => Some(next_turn(now, 1_000)),
            Counting::Nothing => None,
        };
        second.into_iter().chain(self.model.due()).min().map(|at| now.until(at))
    }
}

/// The next moment at which a clock that counts so many milliseconds at a time goes on.
fn next_turn(now: Timestamp, millis: u64) -> Timestamp {
    let past = now.as_millis().rem_euclid(i64::try_from(millis).unwrap_or(i64::MAX));
    now + Duration::from_millis(millis - u64::try_from(past).unwrap_or(0))
}

/// A task that panicked brings nothing back; the screen must not wait for it for ever.
fn answer_or_loss(answer: Result<Answer, JoinError>) -> Wake {
    Wake::Answer(answer.unwrap_or(Answer::Says(What::AnswerLost)))
}

async fn next_notice(
    notices: &mut Option<broadcast::Receiver<Notice>>,
) -> Result<Notice, broadcast::error::RecvError> {
    match notices {
        Some(notices) => notices.recv().await,
        None => std::future::pending().await,
    }
}
