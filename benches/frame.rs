//! What a frame costs, in time, in allocations and in bytes to the terminal: it must not depend on how many
//! deployments or log lines there are, only on how many are on the screen. And what a list of many costs
//! when it is filtered or sorted, and a log of many when it is searched.
//!
//! `cargo bench --bench frame`. Allocations and bytes are counted, and told beside what criterion measures.

#![expect(clippy::print_stderr, reason = "what criterion cannot measure is told beside it")]

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Holdings, Notice, NumberedLine};
use arcadia::domain::deployment::DeploymentState;
use arcadia::domain::holding::{Holding, HoldingKind, HoldingState, Made};
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::log::{LogLevel, LogLine};
use arcadia::domain::saga::plan::Direction;
use arcadia::domain::spec::LaunchDraft;
use arcadia::domain::summary::{Activity, Focus, Standing, StepMark, Summary};
use arcadia::domain::time::Timestamp;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::Model;
use arcadia::tui::msg::{Msg, What};
use arcadia::tui::options::{Ascii, Color};
use arcadia::tui::theme::Theme;
use arcadia::tui::update::update;
use arcadia::tui::view::{ViewState, view};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::{CrosstermBackend, TestBackend};
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);
const SIZES: [u32; 3] = [100, 10_000, 100_000];
const LOG_LINES: u64 = 100_000;

fn summary(number: u32) -> Summary {
    let standing = match number % 16 {
        0 => Standing::NeedsYou,
        1 => Standing::RollingBack,
        2..6 => Standing::Running,
        6..14 => Standing::Active,
        _ => Standing::Failed,
    };
    let launched_at = NOW - Duration::from_secs(u64::from(number % 10_000));
    let focus = Focus {
        step: "wait_droplet_active".into(),
        direction: Direction::Forward,
        attempt: 1,
        tries: 5,
        activity: Activity::Waiting {
            until: NOW + Duration::from_secs(3),
            note: "droplet is still `new`".to_owned(),
            gives_up_at: NOW + Duration::from_mins(5),
        },
    };
    Summary {
        dns_name: None,
        deployment: DeploymentId::from_u128(u128::from(number)),
        saga: SagaId::from_u128(u128::from(number)),
        tenant: format!("tenant-{}", number % 97),
        slug: format!("web-{number:06}"),
        region: "syd1".to_owned(),
        size: "s-1vcpu-1gb".to_owned(),
        ipv4: None,
        state: DeploymentState::Provisioning,
        standing,
        marks: vec![StepMark::Done, StepMark::Running, StepMark::Pending, StepMark::Pending],
        focus: (!standing.is_finished()).then_some(focus),
        why: None,
        taken: None,
        launched_at,
        changed_at: NOW,
        ended_at: standing.is_finished().then_some(NOW),
        next_seq: 5,
    }
}

fn model(rows: u32) -> Model {
    let mut model = Model::new("SIM".to_owned(), "ana".to_owned(), LaunchDraft::default(), NOW);
    send(&mut model, NOW, What::Resized { width: 200, height: 50 });
    send(&mut model, NOW, What::Connected);
    let summaries = (0..rows).map(|number| Arc::new(summary(number))).collect();
    send(&mut model, NOW, What::Pictured(Ok(summaries)));
    model
}

fn send(model: &mut Model, at: Timestamp, what: What) {
    update(model, Msg { at, what });
}

fn keys(model: &mut Model, keys: &str) {
    for letter in keys.chars() {
        let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        send(model, NOW, What::Key(key));
    }
}

fn frames(criterion: &mut Criterion) {
    for rows in SIZES {
        frame(criterion, &format!("{rows} deployments"), &model(rows));
    }
}

/// The inventory of so many deployments, a droplet and a record each, as far as it is read.
fn inventory(rows: u32) -> Model {
    let mut model = model(rows);
    let key = KeyEvent::new(KeyCode::Char('I'), KeyModifiers::NONE);
    let mut asked = update(&mut model, Msg { at: NOW, what: What::Key(key) });
    while let Some(Effect::ReadHoldings(ids)) = asked.pop() {
        let what = What::HoldingsRead(Ok(ids.into_iter().map(holdings).collect()));
        asked = update(&mut model, Msg { at: NOW, what });
    }
    send(&mut model, NOW + Duration::from_secs(1), What::Due);
    model
}

fn holdings(deployment: DeploymentId) -> Holdings {
    let holding = |kind, name: &str| Holding {
        made: Made {
            kind,
            id: Some("398271".to_owned()),
            name: name.to_owned(),
            image: Some("ubuntu-24-04-x64".to_owned()),
            address: Some([203, 0, 113, 7].into()),
        },
        since: NOW - Duration::from_secs(30),
        state: HoldingState::InUse,
    };
    let held = [(HoldingKind::Droplet, "dep-web"), (HoldingKind::Record, "web.acme.example")];
    let told = held.map(|(kind, name)| holding(kind, name)).into();
    Holdings { deployment, next_seq: 5, told: Ok(told) }
}

fn boards(criterion: &mut Criterion) {
    for rows in SIZES {
        let mut model = inventory(rows);
        frame(criterion, &format!("the inventory of {rows} deployments"), &model);
        let mut letters = ["kind:droplet web", "state:in web-0001"].into_iter().cycle();
        criterion.bench_function(&format!("filter the inventory of {rows}"), |bencher| {
            let inventory = &mut model.inventory;
            bencher.iter(|| inventory.set_filter(letters.next().unwrap_or_default(), NOW));
        });
    }
}

/// What one frame takes, and how often it asks for memory.
fn frame(criterion: &mut Criterion, what: &str, model: &Model) {
    let mut state = ViewState::new(Theme::new(Color::Ansi, Ascii::No));
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).expect("a test backend draws");
    let mut draw = || {
        let drawn = terminal.draw(|frame| view(model, &mut state, frame));
        drawn.expect("a test backend draws");
    };
    // The first frame fills what is kept from frame to frame.
    draw();
    let asked = allocation_counter::measure(&mut draw);
    eprintln!(
        "frame 200x50, {what}: {} allocations, {} bytes",
        asked.count_total, asked.bytes_total
    );
    criterion.bench_function(&format!("frame 200x50, {what}"), |bencher| bencher.iter(&mut draw));
}

/// The log of a talkative saga, over the whole screen.
fn talkative() -> Model {
    let mut model = model(1);
    let deployment = DeploymentId::from_u128(0);
    for number in 0..LOG_LINES {
        let line = Arc::new(log_line(number));
        send(&mut model, NOW, What::Noticed(Notice::Logged { deployment, line }));
    }
    keys(&mut model, "3vz");
    model
}

fn log_line(number: u64) -> NumberedLine {
    let line = LogLine {
        at: NOW + Duration::from_millis(number),
        level: if number.is_multiple_of(10) { LogLevel::Warn } else { LogLevel::Info },
        step: "wait_droplet_active".into(),
        direction: Direction::Forward,
        attempt: 1,
        text: format!("GET /v2/droplets/{number}: the droplet is still `new`"),
        fields: vec![("request_id".to_owned(), format!("7d1f-{number}"))],
    };
    NumberedLine { number, line }
}

fn log(criterion: &mut Criterion) {
    let mut model = talkative();
    frame(criterion, &format!("{LOG_LINES} log lines"), &model);
    model.log.set_search("9999");
    frame(criterion, &format!("{LOG_LINES} log lines, searched"), &model);
    let mut texts = ["still", "droplets/77"].into_iter().cycle();
    criterion.bench_function(&format!("search in {LOG_LINES} log lines"), |bencher| {
        bencher.iter(|| model.log.set_search(texts.next().unwrap_or_default()));
    });
    criterion.bench_function(&format!("a line more, {LOG_LINES} log lines"), |bencher| {
        let mut numbers = LOG_LINES..;
        bencher.iter(|| {
            let line = log_line(numbers.next().unwrap_or_default());
            model.log.push(&line);
        });
    });
}

/// Counts what goes to the terminal.
#[derive(Clone, Default)]
struct Wire(Rc<Cell<usize>>);

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What goes to the terminal for what happens, at each size.
fn bytes(_: &mut Criterion) {
    for (width, height) in [(200, 50), (120, 36), (80, 24)] {
        let wire = Wire::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let mut terminal = Terminal::with_options(
            CrosstermBackend::new(wire.clone()),
            TerminalOptions { viewport },
        )
        .expect("it asks no terminal");
        let mut model = model(1_000);
        send(&mut model, NOW, What::Resized { width, height });
        let mut state = ViewState::new(Theme::new(Color::Ansi, Ascii::No));
        let mut told = Vec::new();
        let mut draw = |what: &str, model: &Model| {
            let before = wire.0.get();
            terminal.draw(|frame| view(model, &mut state, frame)).expect("it goes to nobody");
            told.push(format!("{what} {}", wire.0.get() - before));
        };
        draw("first", &model);
        draw("nothing new", &model);
        send(&mut model, NOW + Duration::from_secs(1), What::Due);
        draw("a second", &model);
        keys(&mut model, "j");
        draw("cursor down", &model);
        let page = KeyEvent::new(KeyCode::PageDown, KeyModifiers::NONE);
        send(&mut model, NOW, What::Key(page));
        send(&mut model, NOW, What::Key(page));
        draw("page down", &model);
        keys(&mut model, "j");
        draw("scroll by a row", &model);
        let line = Arc::new(log_line(1));
        let deployment = model.list.selected().expect("there are rows").deployment;
        keys(&mut model, "v");
        send(&mut model, NOW, What::Noticed(Notice::Logged { deployment, line }));
        draw("log line", &model);
        eprintln!("bytes to the terminal, {width}x{height}: {}", told.join(", "));
    }
}

fn news(criterion: &mut Criterion) {
    for rows in SIZES {
        let mut model = model(rows);
        let changed = Arc::new(summary(rows / 2));
        criterion.bench_function(&format!("notice, {rows} deployments"), |bencher| {
            bencher.iter_batched(
                || Notice::Changed { summary: Arc::clone(&changed), entries: Arc::new([]) },
                |notice| send(&mut model, NOW, What::Noticed(notice)),
                BatchSize::SmallInput,
            );
        });
    }
}

fn filter(criterion: &mut Criterion) {
    for rows in SIZES {
        let mut model = model(rows);
        let mut letters = ["web-0001", "web-00012"].into_iter().cycle();
        criterion.bench_function(&format!("filter and sort, {rows} deployments"), |bencher| {
            bencher.iter(|| model.list.set_filter(letters.next().unwrap_or_default(), NOW));
        });
    }
}

criterion_group!(benches, bytes, frames, boards, log, news, filter);
criterion_main!(benches);
