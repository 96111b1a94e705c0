//! The loop: what it draws and when, what it asks of the engine, and how it ends.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arcadia::clock::{Chance, Clock, IdSource};
use arcadia::control::{Control, Notice};
use arcadia::domain::deployment::Actor;
use arcadia::domain::saga::event::Order;
use arcadia::domain::spec::LaunchDraft;
use arcadia::domain::summary::Standing;
use arcadia::tui::background::Ask;
use arcadia::tui::beside::Beside;
use arcadia::tui::keymap::Keymap;
use arcadia::tui::model::Model;
use arcadia::tui::msg::{Msg, What};
use arcadia::tui::notify::{Bell, Notify, Osc9};
use arcadia::tui::options::{Ascii, Color, Exit, Lines, Mouse, Options};
use arcadia::tui::runtime::{Runtime, Screen};
use arcadia::tui::tape::{Start, Tape};
use arcadia::tui::theme::Theme;
use arcadia::tui::theme::shelf::Themes;
use arcadia::tui::view::{ViewState, view};
use crossterm::event::{Event, KeyCode};
use futures_util::stream;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::screens::control::FakeControl;
use crate::screens::world::{self, NOW, Story};

/// Counts what is drawn.
struct Counted {
    terminal: Terminal<TestBackend>,
    frames_tx: mpsc::UnboundedSender<String>,
}

impl Screen for Counted {
    fn draw(&mut self, model: &Model, state: &mut ViewState) -> io::Result<()> {
        self.terminal.draw(|frame| view(model, state, frame)).map_err(io::Error::other)?;
        let _ = self.frames_tx.send(self.terminal.backend().to_string());
        Ok(())
    }

    fn redraw(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn copy(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    fn capture(&mut self, _mouse: Mouse) -> io::Result<()> {
        Ok(())
    }

    fn attract(&mut self, bytes: &[u8]) -> io::Result<()> {
        let _ = self.frames_tx.send(format!("attracted by {bytes:?}"));
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Run {
    keys_tx: mpsc::UnboundedSender<io::Result<Event>>,
    frames_rx: mpsc::UnboundedReceiver<String>,
    ended: JoinHandle<Exit>,
}

/// How long a frame stays at least.
const FRAME: Duration = Duration::from_millis(33);

fn options() -> Options {
    let clock = Clock::starting_at(NOW);
    Options {
        ids: IdSource::new(clock.clone(), Chance::seeded(1)),
        clock,
        operator: "ana".to_owned(),
        environment: "SIM".to_owned(),
        draft: LaunchDraft::default(),
        incidents: std::env::temp_dir(),
        ascii: Ascii::No,
        color: Color::Ansi,
        mouse: Mouse::Left,
        frame: FRAME,
        lines: Lines::Framed,
        themes: Themes::default(),
        background: Ask::No,
        keymap: Keymap::default(),
    }
}

fn start(connect: impl Future<Output = Result<Arc<dyn Control>, String>> + Send + 'static) -> Run {
    start_beside(connect, Beside::default())
}

fn start_beside(
    connect: impl Future<Output = Result<Arc<dyn Control>, String>> + Send + 'static,
    beside: Beside,
) -> Run {
    start_with(options(), connect, beside)
}

fn start_with(
    options: Options,
    connect: impl Future<Output = Result<Arc<dyn Control>, String>> + Send + 'static,
    beside: Beside,
) -> Run {
    let (keys_tx, mut keys_rx) = mpsc::unbounded_channel();
    let (frames_tx, frames_rx) = mpsc::unbounded_channel();
    let mut model =
        Model::new("SIM".to_owned(), "ana".to_owned(), LaunchDraft::default(), options.clock.now());
    model.size = (120, 36);
    let terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    let state = ViewState::new(Theme::new(Color::Ansi, Ascii::No));
    let state = ViewState { lines: options.lines, ..state };
    let keys = stream::poll_fn(move |context| keys_rx.poll_recv(context));
    #[expect(clippy::disallowed_methods, reason = "the handle is held and joined by the test")]
    let ended = tokio::spawn(async move {
        let mut screen = Counted { terminal, frames_tx };
        let runtime = Runtime::new(&mut screen, model, state, options, connect).beside(beside);
        runtime.run(keys).await.unwrap()
    });
    Run { keys_tx, frames_rx, ended }
}

fn started(control: &Arc<FakeControl>) -> Run {
    let control: Arc<dyn Control> = Arc::<FakeControl>::clone(control);
    start(async { Ok(control) })
}

impl Run {
    fn keys(&self, letters: &str) {
        for letter in letters.chars() {
            let code = match letter {
                '\t' => KeyCode::Tab,
                '\n' => KeyCode::Enter,
                '\u{1b}' => KeyCode::Esc,
                letter => KeyCode::Char(letter),
            };
            self.keys_tx.send(Ok(Event::Key(code.into()))).unwrap();
        }
    }

    /// The next frame that shows this.
    async fn shows(&mut self, words: &str) -> String {
        let next = async {
            loop {
                let frame = self.frames_rx.recv().await.expect("the screen is running");
                if frame.contains(words) {
                    return frame;
                }
            }
        };
        let found = tokio::time::timeout(Duration::from_mins(1), next).await;
        found.unwrap_or_else(|_| panic!("no frame shows {words:?}"))
    }

    fn frames(&mut self) -> usize {
        std::iter::from_fn(|| self.frames_rx.try_recv().ok()).count()
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_does_not_wait_for_the_journal() {
    let (open_tx, open_rx) = tokio::sync::oneshot::channel::<Arc<dyn Control>>();
    let mut run = start(async { open_rx.await.map_err(|error| error.to_string()) });
    run.shows("opening the journal").await;
    let control: Arc<dyn Control> = FakeControl::new(world::zoo());
    assert!(open_tx.send(control).is_ok());
    run.shows("acme/web-blue-00417").await;
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_does_not_open_is_shown_until_the_operator_leaves() {
    let mut run = start(async { Err("the disk is full".to_owned()) });
    run.shows("the disk is full").await;
    run.keys("q");
    assert_eq!(run.ended.await.unwrap(), Exit::NotConnected);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_drawn_while_nothing_changes() {
    let control = FakeControl::new(vec![world::active()]);
    let mut run = started(&control);
    run.shows("Log · activate ·").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.frames();
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(run.frames(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_running_saga_wakes_the_screen_once_a_second() {
    let control = FakeControl::new(vec![world::running()]);
    let mut run = started(&control);
    run.shows("Log · wait until active").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.frames();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let frames = run.frames();
    assert!((9..=11).contains(&frames), "{frames}");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_is_shown_to_be_and_is_not_asked_twice_until_it_answers() {
    let control = FakeControl::new(vec![world::running()]);
    let mut run = started(&control);
    run.shows("● 08:53:23 UTC").await;
    control.alive.send_replace(false);
    let frame = run.shows("STALE").await;
    assert!(frame.contains("▲ 4s STALE"), "{frame}");
    let asked = *control.heartbeats.lock().unwrap();
    run.shows("▲ 59s STALE").await;
    assert_eq!(*control.heartbeats.lock().unwrap(), asked);
    control.alive.send_replace(true);
    let frame = run.shows("the engine answers again").await;
    assert!(!frame.contains("STALE"), "{frame}");
}

#[tokio::test(start_paused = true)]
async fn plain_lines_say_once_that_the_engine_hangs_and_are_not_drawn_again_until_then() {
    let control = FakeControl::new(vec![world::running()]);
    let engine: Arc<dyn Control> = Arc::<FakeControl>::clone(&control);
    let options = Options { lines: Lines::Plain, ..options() };
    let mut run = start_with(options, async { Ok(engine) }, Beside::default());
    run.shows("still `new`").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    run.frames();
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(run.frames(), 0, "nothing is read out again");
    control.alive.send_replace(false);
    run.shows("STALE: no word since").await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    run.frames();
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(run.frames(), 0);
    control.alive.send_replace(true);
    let frame = run.shows("the engine answers again").await;
    assert!(!frame.contains("STALE"), "{frame}");
}

#[tokio::test(start_paused = true)]
async fn a_screen_that_drains_stays_until_the_engine_says_that_it_is_done() {
    let control = FakeControl::new(vec![world::running()]);
    let mut run = started(&control);
    run.shows("Log · wait until active").await;
    run.keys("qd");
    run.shows("DRAINING 1").await;
    tokio::time::sleep(Duration::from_mins(10)).await;
    run.keys("3");
    run.shows("follow").await;
    control.drained.send_replace(true);
    assert_eq!(run.ended.await.unwrap(), Exit::SagasRunning { count: 1 });
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_whether_an_engine_lives_that_has_nothing_to_do() {
    let control = FakeControl::new(vec![world::active()]);
    let mut run = started(&control);
    run.shows("203.0.113.7").await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(*control.heartbeats.lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_news_is_drawn_at_most_as_often_as_was_asked_for() {
    for (frame, expected) in [(FRAME, 20..=31), (Duration::from_millis(200), 4..=6)] {
        let control = FakeControl::new(vec![world::active()]);
        let engine: Arc<dyn Control> = Arc::<FakeControl>::clone(&control);
        let options = Options { frame, ..options() };
        let mut run = start_with(options, async { Ok(engine) }, Beside::default());
        run.shows("203.0.113.7").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        run.frames();
        for _ in 0..200 {
            let summary = world::active().summary();
            control.notices.send(Notice::Changed { summary, entries: Vec::new().into() }).unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let frames = run.frames();
        assert!(expected.contains(&frames), "{frames} at {frame:?} each");
        // What a key changes does not wait.
        run.keys("z");
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(run.frames(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn who_lags_behind_takes_a_new_picture() {
    let control = FakeControl::new(vec![world::running()]);
    let mut run = started(&control);
    run.shows("acme/web-00418").await;
    for _ in 0..100 {
        let summary = world::running().summary();
        control.notices.send(Notice::Changed { summary, entries: Vec::new().into() }).unwrap();
    }
    run.shows("took a new picture").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(*control.pictures.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_order_reaches_the_engine_with_the_operators_name_even_when_he_leaves_at_once() {
    let control = FakeControl::new(vec![world::running()]);
    let mut run = started(&control);
    run.shows("Log · wait until active").await;
    run.keys("cyql");
    assert_eq!(run.ended.await.unwrap(), Exit::SagasRunning { count: 1 });
    let orders = control.orders.lock().unwrap();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].order, Order::Cancel);
    assert_eq!(orders[0].by, Actor::Operator("ana".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_order_reaches_the_engine_even_when_the_terminal_breaks_behind_it() {
    let control = FakeControl::new(vec![world::running()]);
    let mut run = started(&control);
    run.shows("Log · wait until active").await;
    run.keys("cy");
    run.keys_tx.send(Err(io::Error::other("the terminal is gone"))).unwrap();
    assert!(run.ended.await.is_err(), "it ends with the error");
    assert_eq!(control.orders.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_that_come_faster_than_anybody_sees_are_drawn_together() {
    let control = FakeControl::new(world::zoo());
    let mut run = started(&control);
    run.shows("acme/web-blue-00417").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.frames();
    run.keys(&"jk".repeat(200));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let frames = run.frames();
    assert!((1..=4).contains(&frames), "{frames}");
}

#[tokio::test(start_paused = true)]
async fn orders_for_many_all_reach_the_engine_although_few_are_under_way_and_he_leaves_at_once() {
    let launched = |number: u128| Story::launched(100 + number, &format!("s{number}"), 9);
    let control = FakeControl::new((0..30).map(launched).collect());
    let mut run = started(&control);
    run.shows("acme/s7").await;
    run.keys("Ac");
    run.shows("type 30, which is how many").await;
    run.keys("30\nql");
    assert_eq!(run.ended.await.unwrap(), Exit::SagasRunning { count: 30 });
    let orders = control.orders.lock().unwrap();
    let ordered: BTreeSet<_> = orders.iter().map(|order| order.deployment).collect();
    assert_eq!((orders.len(), ordered.len()), (30, 30));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_an_answer_that_never_comes_and_the_screen_goes_on() {
    let control = FakeControl::new(vec![world::active()]);
    let mut run = started(&control);
    run.shows("Log · activate ·").await;
    run.keys("nacme\tweb\t\tsyd1\ts-1\tubuntu\t\t\t\t\t\t\n");
    run.shows("no answer came; look at the list").await;
    run.keys("\u{1b}q");
    assert_eq!(run.ended.await.unwrap(), Exit::Idle);
}

#[tokio::test(start_paused = true)]
async fn a_keyboard_that_is_gone_ends_the_screen() {
    let control = FakeControl::new(vec![world::active()]);
    let mut run = started(&control);
    run.shows("203.0.113.7").await;
    drop(run.keys_tx);
    assert_eq!(run.ended.await.unwrap(), Exit::Idle);
}

#[tokio::test(start_paused = true)]
async fn who_is_needed_is_called_and_a_program_that_cannot_be_told_is_named_once() {
    let control = FakeControl::new(vec![world::running()]);
    let engine: Arc<dyn Control> = Arc::<FakeControl>::clone(&control);
    let command = Some(("no-such-program".to_owned(), Vec::new()));
    let notify = Notify { bell: Bell::Rung, osc9: Osc9::Off, command };
    let mut run = start_beside(async { Ok(engine) }, Beside { notify, ..Beside::default() });
    run.shows("Log · wait until active").await;
    let changed = |summary| Notice::Changed { summary, entries: Vec::new().into() };
    let mut needs_you = world::running().summary();
    Arc::make_mut(&mut needs_you).standing = Standing::NeedsYou;
    control.notices.send(changed(Arc::clone(&needs_you))).unwrap();
    run.shows("attracted by [7]").await;
    run.shows("`no-such-program` could not be told").await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    run.frames();

    control.notices.send(changed(world::running().summary())).unwrap();
    control.notices.send(changed(needs_you)).unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let frames: Vec<_> = std::iter::from_fn(|| run.frames_rx.try_recv().ok()).collect();
    assert!(frames.iter().any(|frame| frame == "attracted by [7]"), "called again");
    assert!(frames.iter().all(|frame| !frame.contains("could not be told")), "told twice");
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_ends_is_told_of_and_the_screen_goes_on() {
    struct Full;
    impl Tape for Full {
        fn begin(&mut self, _start: &Start) -> Result<(), String> {
            Ok(())
        }
        fn take(&mut self, msg: &Msg) -> Result<(), String> {
            let pictured = matches!(msg.what, What::Pictured(_));
            if pictured { Err("the disk is full".to_owned()) } else { Ok(()) }
        }
    }
    let control: Arc<dyn Control> = FakeControl::new(vec![world::active()]);
    let beside = Beside { tape: Some(Box::new(Full)), ..Beside::default() };
    let mut run = start_beside(async { Ok(control) }, beside);
    let frame = run.shows("the recording ended here: the disk is full").await;
    assert!(frame.contains("acme/web-blue-00416"), "{frame}");
    run.keys("q");
    assert_eq!(run.ended.await.unwrap(), Exit::Idle);
}

/// Try the screen by hand: `cargo test --test it -- --ignored --nocapture try_the_screen`.
#[tokio::test]
#[ignore = "takes the terminal over, for a person"]
async fn try_the_screen() {
    let control: Arc<dyn Control> = FakeControl::new(world::zoo());
    let options = options();
    let exit = arcadia::tui::run(async { Ok(control) }, options, Beside::default()).await;
    println!("{exit:?}");
}
