//! The session that the demo shows: somebody launches a deployment and watches it come up, then another
//! one whose name the cloud refuses, and everything that it made is undone. A real engine, on a cloud
//! without HTTP, in time that is paused.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use arcadia::clock::{Chance, Clock, IdSource};
use arcadia::control::Control;
use arcadia::domain::spec::LaunchDraft;
use arcadia::domain::time::Timestamp;
use arcadia::tui::background::Ask;
use arcadia::tui::keymap::Keymap;
use arcadia::tui::model::Model;
use arcadia::tui::options::{Ascii, Color, Exit, Lines, Mouse, Options};
use arcadia::tui::runtime::{Runtime, Screen};
use arcadia::tui::theme::Theme;
use arcadia::tui::theme::shelf::Themes;
use arcadia::tui::view::{ViewState, view};
use crossterm::event::{Event, KeyCode};
use futures_util::stream;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use tokio::sync::mpsc;

use crate::readme::cast::Cast;
use crate::support::rig::Rig;

const SIZE: (u16, u16) = (100, 28);

/// How fast somebody types.
const LETTER: Duration = Duration::from_millis(110);

/// Plays the session.
pub(crate) async fn play() -> Cast {
    let rig = Rig::new().await;
    let clock = rig.clock.clone();
    let engine: Arc<dyn Control> = Arc::new(rig.engine.clone());
    let (keys_tx, mut keys_rx) = mpsc::unbounded_channel();
    let mut screen = Filmed::new(clock.clone());
    let options = options(&clock);
    let mut model = Model::new(
        options.environment.clone(),
        options.operator.clone(),
        options.draft.clone(),
        clock.now(),
    );
    model.size = SIZE;
    let state = ViewState::new(Theme::new(Color::Ansi, Ascii::No));
    let keys = stream::poll_fn(move |context| keys_rx.poll_recv(context));
    let runtime = Runtime::new(&mut screen, model, state, options, async { Ok(engine) });
    let (ended, ()) = tokio::join!(runtime.run(keys), act(&rig, &keys_tx));
    assert_eq!(ended.unwrap(), Exit::Idle);
    Cast { size: SIZE, output: screen.output }
}

async fn act(rig: &Rig, keys_tx: &mpsc::UnboundedSender<io::Result<Event>>) {
    let wait = |millis| tokio::time::sleep(Duration::from_millis(millis));
    let press = async |code: KeyCode| {
        keys_tx.send(Ok(Event::Key(code.into()))).unwrap();
        tokio::time::sleep(LETTER).await;
    };
    let typed = async |words: &str| {
        for letter in words.chars() {
            press(KeyCode::Char(letter)).await;
        }
    };
    let launch = async |slug: &str| {
        for _ in 0..2 {
            press(KeyCode::Enter).await;
            wait(500).await;
        }
        let row = rig.rows().await.into_iter().find(|row| row.slug == slug);
        rig.until_still(row.unwrap().deployment).await;
    };
    wait(1_200).await;
    typed("n").await;
    wait(600).await;
    typed("acme").await;
    press(KeyCode::Tab).await;
    typed("web").await;
    wait(700).await;
    launch("web").await;
    wait(2_500).await;

    rig.cloud.faults(&["POST /v2/domains/*/records: 422 \"the zone takes no more records\""]);
    typed("n").await;
    wait(600).await;
    typed("shop").await;
    wait(500).await;
    launch("shop").await;
    wait(1_500).await;
    typed("2").await;
    wait(4_000).await;
    typed("q").await;
}

fn options(clock: &Clock) -> Options {
    Options {
        ids: IdSource::new(clock.clone(), Chance::seeded(1)),
        clock: clock.clone(),
        operator: "ana".to_owned(),
        environment: "SIM".to_owned(),
        draft: LaunchDraft {
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
            dns_domain: "acme.example".to_owned(),
            ..LaunchDraft::default()
        },
        incidents: "incidents".into(),
        ascii: Ascii::No,
        color: Color::Ansi,
        mouse: Mouse::Left,
        frame: Duration::from_millis(33),
        lines: Lines::Framed,
        themes: Themes::default(),
        background: Ask::No,
        keymap: Keymap::default(),
    }
}

/// Takes down what a terminal would be sent.
struct Filmed {
    terminal: Terminal<CrosstermBackend<Sent>>,
    sent: Sent,
    clock: Clock,
    began: Timestamp,
    output: Vec<(u64, String)>,
}

#[derive(Clone, Default)]
struct Sent(Rc<RefCell<Vec<u8>>>);

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Filmed {
    fn new(clock: Clock) -> Self {
        let sent = Sent::default();
        let area = Rect::new(0, 0, SIZE.0, SIZE.1);
        let viewport = TerminalOptions { viewport: Viewport::Fixed(area) };
        let backend = CrosstermBackend::new(sent.clone());
        let terminal = Terminal::with_options(backend, viewport).unwrap();
        let began = clock.now();
        Self { terminal, sent, clock, began, output: Vec::new() }
    }
}

impl Screen for Filmed {
    fn draw(&mut self, model: &Model, state: &mut ViewState) -> io::Result<()> {
        self.terminal.draw(|frame| view(model, state, frame))?;
        let bytes = std::mem::take(&mut *self.sent.0.borrow_mut());
        let at = self.clock.now().since(self.began);
        let at = u64::try_from(at.as_millis()).unwrap();
        self.output.push((at, String::from_utf8(bytes).unwrap()));
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

    fn attract(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        Ok(())
    }
}
