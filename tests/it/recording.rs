//! A session that is recorded is the session that is shown again.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Heartbeat, History, Holdings, Launched, Notice};
use arcadia::domain::aggregate::Fact;
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::log::LogPage;
use arcadia::domain::spec::{FieldError, LaunchDraft};
use arcadia::domain::usual::Usual;
use arcadia::recording::{self, Recorder, RecordingError};
use arcadia::telemetry::Redactor;
use arcadia::tui::keymap;
use arcadia::tui::model::audit;
use arcadia::tui::model::form::Field;
use arcadia::tui::model::inventory::Place;
use arcadia::tui::model::pointer::{Gesture, Target};
use arcadia::tui::model::pulse::Listener;
use arcadia::tui::model::remembered::Remembered;
use arcadia::tui::msg::{Focus, LaunchRefusal, Msg, What};
use arcadia::tui::options::{Ascii, Color, Lines};
use arcadia::tui::replay::playback::Playback;
use arcadia::tui::replay::{Script, Showing, Speed, page};
use arcadia::tui::tape::{Looks, Start, Tape};
use arcadia::tui::theme::shelf::Themes;
use arcadia::tui::update::update;
use arcadia::tui::view::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::screens::world::{self, NOW};
use crate::support::home::Home;
use crate::support::terminal::{ENTER, TAB, Terminal as Opened};

/// A session that somebody recorded: a launch, a cancel in the middle of it, and another size.
const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/session.jsonl");

#[test]
fn a_recorded_session_ends_on_the_screen_that_the_operator_saw() {
    let home = Home::new().with("ARCADIA_SIMULATOR_ADDRESS_DELAY", "1h");
    let mut terminal = Opened::open(&home, &["--record", "session.jsonl"], (120, 36));
    terminal.wait_for_text("No deployments yet");
    terminal.keys("n");
    terminal.wait_for_text("Launch a deployment");
    terminal.keys(&format!("acme{TAB}web"));
    terminal.wait_for_text("runs 7 steps");
    terminal.keys(ENTER);
    terminal.keys(ENTER);
    terminal.wait_for_text("no public address yet");
    terminal.resize(100, 30);
    terminal.wait_for_frame();
    terminal.keys("c");
    terminal.wait_for_text("destroy droplet");
    terminal.keys("y");
    terminal.wait_for_text("CANCELLED");
    terminal.wait_for_text("idle");
    terminal.wait_for_text("cancelled, and undone");
    terminal.resize(110, 32);
    terminal.wait_for_frame();
    let seen = terminal.text();
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);

    let file = home.path().join("session.jsonl");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let printed = home.run(&["replay", "session.jsonl", "--print", "110x32"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert_eq!(trimmed(&printed.stdout), trimmed(&seen));

    // What is there stays as it is.
    let before = fs::read(&file).unwrap();
    let mut again = Opened::open(&home, &["--record", "session.jsonl"], (120, 36));
    assert_eq!(again.wait_for_end(), 1);
    assert!(again.text().contains("is there already"), "{}", again.text());
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_session_from_a_report_is_shown_as_it_was_each_time() {
    let screen = |until| page::print(recording::read(FIXTURE.as_ref()).unwrap(), (110, 32), until);
    let last = screen(usize::MAX);
    insta::assert_snapshot!(last);
    assert_eq!(screen(usize::MAX), last);
    let messages = recording::read(FIXTURE.as_ref()).unwrap().msgs.len();
    for until in [1, messages / 3, messages / 2] {
        assert_eq!(screen(until), screen(until), "after {until} messages");
        assert_ne!(screen(until), last, "after {until} messages");
    }
}

#[test]
fn a_recording_is_shown_in_the_dashboard_without_an_engine() {
    let home = Home::new();
    let mut terminal =
        Opened::open(&home, &["replay", FIXTURE, "--speed", "max", "--at", "3"], (110, 32));
    terminal.wait_for_text("at its end");
    assert!(terminal.text().starts_with(" REPLAY SIM"), "{}", terminal.text());
    assert!(terminal.text().contains("acme/web"), "{}", terminal.text());
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
    assert_eq!(terminal.not_given_back(), [""; 0]);
    assert!(!home.data().exists(), "nothing is opened for it");
}

#[test]
fn only_the_dashboard_is_recorded_and_only_a_terminal_shows_a_session() {
    let home = Home::new();
    for arguments in [vec!["--record", "x"], vec!["--record", "x", "doctor"]] {
        let ended = home.run(&arguments);
        assert_eq!(ended.code, Some(64), "{ended:?}");
        assert!(ended.stderr.contains("takes no verb"), "{ended:?}");
    }
    assert!(!home.path().join("x").exists());
    let ended = home.run(&["replay", FIXTURE]);
    assert_eq!(ended.code, Some(64), "{ended:?}");
    assert!(ended.stderr.contains("hint: --print 120x36"), "{ended:?}");
}

#[test]
fn every_message_is_read_back_as_it_was_written() {
    let written = written(every_message(), &Redactor::default());
    let script = read(&written).unwrap();
    assert_eq!(script.start, start());
    assert_eq!(script.msgs.len(), every_message().len());
    assert_eq!(self::written(script.msgs, &Redactor::default()), written);
}

#[test]
fn no_known_secret_and_no_user_data_gets_in() {
    let token = SecretString::from("dop_v1_5ecret5ecret");
    let mut story = world::running();
    let Fact::Launched(launch) = &mut story.entries[0].fact else { panic!("no launch") };
    Arc::make_mut(&mut launch.spec).user_data = Some("hunter2".to_owned());
    let entries = story.entries.clone().into();
    let changed = Notice::Changed { summary: story.summary(), entries };
    let mut detail = story.detail();
    detail.entries = story.entries.clone();
    let shown = What::Shown { deployment: story.id(), result: Ok(Box::new(detail)) };
    let whats = [
        What::Noticed(changed),
        shown,
        What::NotConnected("dop_v1_5ecret5ecret is refused \u{1b}]52;c;x\u{7}".to_owned()),
    ];
    let written = written(whats.map(|what| Msg { at: NOW, what }).into(), &Redactor::new([&token]));
    assert!(!written.contains("5ecret") && written.contains("[redacted]"), "{written}");
    assert!(!written.contains("hunter2"), "{written}");
    assert!(!written.contains('\u{1b}'), "{written}");
    assert_eq!(read(&written).unwrap().msgs.len(), 3);
}

#[test]
fn a_last_line_that_was_cut_is_left_out_and_any_other_damage_is_told_with_its_line() {
    let whole = written(every_message(), &Redactor::default());
    let messages = every_message().len();
    let cut = &whole[..whole.len() - 3];
    assert_eq!(read(cut).unwrap().msgs.len(), messages - 1);

    let lines: Vec<_> = whole.lines().collect();
    for damage in ["{\"at\":1,", "{\"at\":1,\"what\":\"surprise\"}", ""] {
        let mut damaged = lines.clone();
        damaged[4] = damage;
        let error = read(&(damaged.join("\n") + "\n")).unwrap_err();
        assert!(matches!(error, RecordingError::Damaged { line: 5, .. }), "{error}");
    }
    for foreign in ["", "{}\n", "a\nb\n", &lines[0][..40]] {
        let error = read(foreign).unwrap_err();
        assert!(matches!(error, RecordingError::Foreign { .. }), "{foreign}: {error}");
    }
    let newer = whole.replacen("\"arcadia_recording\":1", "\"arcadia_recording\":2", 1);
    assert!(matches!(read(&newer).unwrap_err(), RecordingError::Version { found: 2, .. }));
}

#[test]
fn a_disk_that_is_full_ends_the_recording_and_is_told() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (mut recorder, outcome) = Recorder::new(Full, Redactor::default());
    let deadline = crate::support::wait::Deadline::begin();
    let why = loop {
        assert!(!deadline.is_over(), "nothing is told");
        if let Err(why) = recorder.take(&Msg { at: NOW, what: What::Due }) {
            break why;
        }
        std::thread::yield_now();
    };
    assert!(why.contains("no storage space"), "{why}");
    drop(recorder);
    assert_eq!(outcome.wait(), Some(why));
}

#[test]
fn a_session_is_shown_at_the_speed_that_was_asked_for() {
    let at = |seconds: u64, what| Msg { at: NOW + Duration::from_secs(seconds), what };
    let script = || Script {
        start: start(),
        msgs: vec![
            at(0, What::Connected),
            at(1, What::Due),
            at(1, What::Due),
            at(3_600, What::Due),
        ],
    };
    let playback = |speed, from| Playback::new(script(), Showing { looks: looks(), speed, from });
    let seconds = |seconds| Some(Duration::from_secs_f64(seconds));

    let mut life = playback(Speed::Life, 0);
    let (mut waits, mut shown) = (Vec::new(), Vec::new());
    while let Some(wait) = life.wait() {
        waits.push(wait.as_secs());
        life.go_on();
        shown.push(life.shown());
    }
    assert_eq!((waits, shown), (vec![0, 1, 2], vec![1, 3, 4]), "a night is not watched");

    assert_eq!(playback(Speed::Tenfold, 1).wait(), seconds(0.1));
    let mut quick = playback(Speed::Max, 0);
    quick.go_on();
    assert_eq!((quick.shown(), quick.wait()), (4, None));

    let mut paused = playback(Speed::Life, 1);
    paused.step();
    assert_eq!((paused.shown(), paused.wait()), (2, None));
    paused.pause_or_go_on();
    assert_eq!(paused.wait(), seconds(0.0));
}

fn looks() -> Looks {
    Looks { ascii: Ascii::No, color: Color::Ansi, lines: Lines::Framed }
}

fn start() -> Start {
    Start {
        at: NOW,
        size: (120, 36),
        environment: "SIM".to_owned(),
        operator: "ana".to_owned(),
        draft: LaunchDraft { tenant: "acme".to_owned(), ..LaunchDraft::default() },
        looks: looks(),
        themes: Themes::shipped(Color::Ansi).looks(),
        listener: Listener::Awake,
        keys: BTreeMap::from([("cancel".to_owned(), vec!["x".to_owned(), ", c".to_owned()])]),
    }
}

/// One message of each kind, and more than one where there is more than one way.
fn every_message() -> Vec<Msg> {
    let story = world::rolling_back();
    let (deployment, saga) = (story.id(), SagaId::from_u128(7));
    let lines = crate::screens::control::log_lines();
    let mut usual = Usual::default();
    usual.follow(deployment, "syd1", &story.entries);
    let refused =
        LaunchRefusal::Fields(vec![FieldError { field: "slug", problem: "x".to_owned() }]);
    let no = || "no".to_owned();
    let whats = [
        What::Key(KeyEvent::new(KeyCode::F(5), KeyModifiers::CONTROL | KeyModifiers::SHIFT)),
        What::Key(KeyEvent::from(KeyCode::Char('é'))),
        What::Pasted("two\nlines".to_owned()),
        What::Resized { width: 80, height: 24 },
        What::Due,
        What::Connected,
        What::NotConnected(no()),
        What::Pictured(Ok(world::zoo().iter().map(world::Story::summary).collect())),
        What::Pictured(Err(no())),
        What::UsualRead(Some(usual)),
        What::UsualRead(None),
        What::Noticed(Notice::Changed {
            summary: story.summary(),
            entries: story.entries[3..].into(),
        }),
        What::Noticed(Notice::Changed { summary: story.summary(), entries: Vec::new().into() }),
        What::Noticed(Notice::Logged { deployment, line: Arc::new(lines[2].clone()) }),
        What::Noticed(Notice::Stalled { deployment, error: "no".into(), hint: Some("wait") }),
        What::Lagged { missed: 7 },
        What::Heartbeat(Ok(Heartbeat { calls: 7 })),
        What::Heartbeat(Err(no())),
        What::Drained(Ok(())),
        What::Drained(Err(no())),
        What::Silenced,
        What::Shown { deployment, result: Ok(Box::new(story.detail())) },
        What::Shown { deployment, result: Err(no()) },
        What::LogsRead { deployment, page: LogPage::Before(7), result: Ok(lines) },
        What::LogsRead { deployment, page: LogPage::Last, result: Err(no()) },
        What::Ordered { deployment, verb: "cancel", result: Ok(()) },
        What::Ordered { deployment, verb: "cancel", result: Err(no()) },
        What::Exported(Ok("incident.txt".to_owned())),
        What::Exported(Err(no())),
        What::CatalogueRead(crate::screens::catalogue::of_provider()),
        What::CatalogueRead(crate::screens::catalogue::of_nobody()),
        What::Launched {
            slug: "web".to_owned(),
            result: Ok(Launched { deployment: DeploymentId::from_u128(9), saga }),
        },
        What::Launched { slug: "web".to_owned(), result: Err(refused) },
        What::Launched { slug: "web".to_owned(), result: Err(LaunchRefusal::Other(no())) },
        What::Planned(world::plan(arcadia::domain::saga::plan::OnFailure::Hold)),
        What::AnswerLost,
        What::Remembered(Box::new(Remembered {
            filter: Some("web".to_owned()),
            ..Remembered::default()
        })),
        What::Focused(Focus::Away),
        What::Warned(no()),
        What::HoldingsRead(Ok(vec![
            story.holdings(),
            Holdings { told: Err(no()), ..story.holdings() },
        ])),
        What::HoldingsRead(Err(no())),
        What::HistoriesRead(Ok(vec![History {
            deployment,
            entries: story.entries.clone(),
            damage: Some(no()),
        }])),
        What::HistoriesRead(Err(no())),
    ];
    let pointed = every_target().into_iter().flat_map(|target| {
        [Gesture::Press, Gesture::WheelUp, Gesture::WheelDown]
            .map(|gesture| What::Pointed { target, gesture })
    });
    whats.into_iter().chain(pointed).map(|what| Msg { at: NOW, what }).collect()
}

fn every_target() -> Vec<Target> {
    let deployment = world::active().id();
    let hints = keymap::bindings().map(|binding| Target::Hint(binding.command));
    let fields = Field::ALL.map(Target::Field);
    [
        Target::List { first: 3 },
        Target::Row(deployment),
        Target::Saga,
        Target::Step(4),
        Target::Log,
        Target::Board,
        Target::Holding(Place { deployment, nth: 1 }),
        Target::Event(audit::Key { at: NOW, deployment, seq: 5 }),
        Target::Answer(KeyCode::Char('y')),
        Target::Answer(KeyCode::Esc),
        Target::Pick(2),
        Target::Candidate(1),
        Target::Dialog,
    ]
    .into_iter()
    .chain(hints)
    .chain(fields)
    .collect()
}

/// What a recorder writes of these messages.
fn written(msgs: Vec<Msg>, redactor: &Redactor) -> String {
    let (_folder, path) = scratch();
    let (mut recorder, outcome) =
        Recorder::new(recording::create(&path).unwrap(), redactor.clone());
    recorder.begin(&start()).unwrap();
    for msg in msgs {
        recorder.take(&msg).unwrap();
    }
    drop(recorder);
    assert_eq!(outcome.wait(), None);
    fs::read_to_string(path).unwrap()
}

fn read(text: &str) -> Result<Script, RecordingError> {
    let (_folder, path) = scratch();
    fs::write(&path, text).unwrap();
    recording::read(&path)
}

fn scratch() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.jsonl");
    (folder, path)
}

/// Lines without the blanks at their end, and without empty ones at the end of them all.
fn trimmed(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

#[test]
fn a_screen_is_printed_as_if_every_frame_before_it_had_been_drawn() {
    let read = || recording::read(FIXTURE.as_ref()).unwrap();
    let all = read().msgs.len();
    let Script { start, msgs } = read();
    let (mut model, mut state) = (start.model(), start.looks.view());
    let mut terminal = Terminal::new(TestBackend::new(110, 32)).unwrap();
    for (until, msg) in msgs.into_iter().enumerate() {
        terminal.draw(|frame| view(&model, &mut state, frame)).unwrap();
        if until % 7 == 0 || until + 7 > all {
            let drawn = page::of(terminal.backend().buffer());
            assert_eq!(page::print(read(), (110, 32), until), drawn, "after {until} of {all}");
        }
        update(&mut model, msg);
    }
}

#[test]
fn a_file_without_an_end_is_no_recording() {
    let error = recording::read("/dev/zero".as_ref()).unwrap_err();
    assert!(matches!(error, RecordingError::Foreign { .. }), "{error}");
}

#[test]
fn a_session_is_shown_again_with_the_keys_and_the_theme_that_it_had() {
    let mut begun = start();
    begun.themes.next();
    let text = serde_json::to_string(&begun.themes).unwrap();
    let named = begun.themes.name().unwrap().to_owned();
    assert_ne!(Some(named.as_str()), start().themes.name(), "{text}");
    let model = begun.model();
    assert_eq!(
        (model.keymap.configured(), model.looks.name()),
        (begun.keys.clone(), Some(&*named))
    );
    let key =
        |c| Msg { at: NOW, what: What::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)) };
    let script = Script { start: begun, msgs: vec![key('?')] };
    let shown = page::print(script, (160, 45), usize::MAX);
    let line = shown.lines().find(|line| line.contains(":cancel")).unwrap();
    assert!(line.contains("x ,c"), "{line}");
}
