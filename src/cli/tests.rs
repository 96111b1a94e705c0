use std::sync::Arc;

use clap::CommandFactory as _;
use tokio::sync::mpsc;

use super::*;
use crate::cli::fake::{Act, Fake};
use crate::cli::output::{Tty, capture};
use crate::clock::Chance;
use crate::domain::log::LogLevel;
use crate::domain::saga::plan::OnFailure;
use crate::domain::summary::Standing;
use crate::domain::time::Timestamp;

/// What the shell saw.
struct Seen {
    code: u8,
    stdout: String,
    stderr: String,
}

/// Who sits at the shell.
struct Shell<'a> {
    stdin: Tty,
    answers: &'a [&'a str],
    interrupts: usize,
}

const PIPE: Shell<'_> = Shell { stdin: Tty::Pipe, answers: &[], interrupts: 0 };

fn terminal<'a>(answers: &'a [&'a str]) -> Shell<'a> {
    Shell { stdin: Tty::Terminal, answers, interrupts: 0 }
}

async fn run(fake: &Arc<Fake>, shell: Shell<'_>, line: &str) -> Seen {
    let words = std::iter::once("arcadia").chain(line.split_whitespace());
    let cli = Cli::try_parse_from(words).unwrap();
    let Some(Command::Verb(verb)) = cli.command else { panic!("`{line}` is a verb") };
    let (output, stdout, stderr) = capture::output(shell.stdin, shell.answers);
    let (interrupt_tx, interrupt_rx) = mpsc::channel(8);
    for _ in 0..shell.interrupts {
        interrupt_tx.send(()).await.unwrap();
    }
    let clock = Clock::starting_at(Timestamp::from_millis(1_700_000_600_000));
    let mut context = Context {
        output,
        by: Actor::Operator("ana".to_owned()),
        clock: clock.clone(),
        ids: IdSource::new(clock, Chance::seeded(fake.next_seed())),
        launch: LaunchDefaults {
            tenant: "acme".to_owned(),
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
            dns_domain: String::new(),
            ssh_keys: Vec::new(),
            on_failure: OnFailure::Rollback,
        },
        interrupts: Interrupts::scripted(interrupt_rx),
    };
    let control: Arc<dyn Control> = fake.clone();
    let done = run_verb(control, verb, &mut context).await;
    let exit = done.unwrap_or_else(|error| error.tell(&context.output));
    Seen { code: exit.code(), stdout: stdout.text(), stderr: stderr.text() }
}

fn fake() -> Arc<Fake> {
    Arc::new(Fake::new())
}

fn scripted(direction: &str, step: &str, acts: &[Act]) -> Arc<Fake> {
    Arc::new(Fake::new().script(direction, step, acts))
}

#[tokio::test(start_paused = true)]
async fn a_watched_launch_prints_a_line_per_change_and_ends_with_zero() {
    let fake = scripted("do", "wait_droplet_active", &[Act::Wait, Act::Wait, Act::Wait]);
    let seen = run(&fake, PIPE, "launch --slug web --watch").await;
    assert_eq!((seen.code, seen.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("launch_watched", seen.stdout);
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_fails_tells_the_whole_way_back_and_ends_with_two() {
    let fake = Fake::new()
        .script("do", "create_droplet", &[Act::Stumble])
        .script("do", "link_deployment_resource", &[Act::Fail])
        .script("undo", "register_inventory", &[Act::Stumble]);
    let seen = run(&Arc::new(fake), PIPE, "launch --slug web --watch").await;
    assert_eq!(seen.code, 2);
    insta::assert_snapshot!("launch_failed", seen.stdout);
}

#[tokio::test(start_paused = true)]
async fn a_launch_without_watch_runs_to_its_end_and_prints_the_outcome_only() {
    let seen = run(&fake(), PIPE, "launch --slug web").await;
    assert_eq!(seen.code, 0);
    assert_eq!(seen.stdout, "22:13:30Z acme/web active at 203.0.113.7 after 10s\n");
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_does_not_make_sense_names_every_flag_and_launches_nothing() {
    let fake = fake();
    let seen = run(&fake, PIPE, "launch --slug Web --region a/b").await;
    assert_eq!(seen.code, 64);
    assert!(
        seen.stderr.contains("--slug: ") && seen.stderr.contains("--region: "),
        "{}",
        seen.stderr
    );
    assert!(seen.stderr.contains("hint: `arcadia launch --help`"), "{}", seen.stderr);
    assert!(fake.watch().await.unwrap().summaries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_prints_the_plan_and_launches_nothing() {
    let fake = fake();
    let seen = run(&fake, PIPE, "launch --slug web --dry-run").await;
    assert!(seen.stdout.starts_with("1 mark_deployment_provisioning\n2 create_droplet\n"));
    assert!(fake.watch().await.unwrap().summaries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_compensation_that_gives_up_ends_with_three_and_says_what_is_left() {
    let fake = Fake::new().script("do", "activate_deployment", &[Act::Fail]).script(
        "undo",
        "create_droplet",
        &[Act::Fail],
    );
    let seen = run(&Arc::new(fake), PIPE, "launch --slug web").await;
    assert_eq!(seen.code, 3);
    assert!(seen.stdout.contains("needs you") && seen.stdout.contains("still out there:"));
    assert!(seen.stdout.contains("  droplet 41207 (203.0.113.7) (check: doctl compute"));
    assert!(seen.stderr.contains("hint: `arcadia show acme/web`"));
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_in_a_pipe_detaches_and_leaves_the_saga_as_it_is() {
    let fake = scripted("do", "create_droplet", &[Act::Hang]);
    let seen = run(&fake, Shell { interrupts: 1, ..PIPE }, "launch --slug web").await;
    assert_eq!(seen.code, 130);
    assert!(seen.stderr.contains("acme/web goes on where it is at the next start"));
    let rows = fake.watch().await.unwrap().summaries;
    assert_eq!(rows[0].standing, Standing::Running);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_on_a_terminal_asks_and_cancel_undoes_everything() {
    let fake = scripted("do", "create_droplet", &[Act::Hang]);
    let shell = Shell { interrupts: 1, ..terminal(&["c"]) };
    let seen = run(&fake, shell, "launch --slug web").await;
    assert_eq!(seen.code, 4);
    assert!(seen.stderr.contains("[c]ancel the launch, or [d]etach?"));
    assert!(
        seen.stdout.contains("cancelled by operator:ana")
            && seen.stdout.contains("nothing left out there")
    );
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_on_a_terminal_asks_and_detach_detaches() {
    let fake = scripted("do", "create_droplet", &[Act::Hang]);
    let shell = Shell { interrupts: 1, ..terminal(&["d"]) };
    let seen = run(&fake, shell, "launch --slug web").await;
    assert_eq!(seen.code, 130);
    assert_eq!(fake.watch().await.unwrap().summaries[0].standing, Standing::Running);
}

#[tokio::test(start_paused = true)]
async fn a_destructive_verb_without_a_terminal_and_without_yes_refuses_and_does_nothing() {
    let fake = scripted("do", "create_droplet", &[Act::Hang]);
    let running = fake.launched("run").await;
    let active = {
        // The hang was used up by the first launch.
        fake.launched("web").await
    };
    for (line, deployment, standing) in [
        ("rollback web", active, Standing::Active),
        ("cancel run", running, Standing::Running),
        ("abandon run --reason gone", running, Standing::Running),
    ] {
        let seen = run(&fake, PIPE, line).await;
        assert_eq!(seen.code, 64, "{line}");
        assert!(seen.stderr.contains("there is no terminal to ask on"), "{line}: {}", seen.stderr);
        assert!(seen.stderr.contains("hint: --yes"), "{line}: {}", seen.stderr);
        assert_eq!(fake.row(deployment).standing, standing, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn rolling_an_active_deployment_back_shows_the_plan_and_wants_its_name_typed() {
    let fake = fake();
    let id = fake.launched("web").await;
    let seen = run(&fake, terminal(&["y"]), "rollback web").await;
    assert_eq!(seen.code, 1);
    assert!(
        seen.stderr.contains("create_droplet: destroy droplet 41207 (203.0.113.7) - DATA IS LOST"),
        "{}",
        seen.stderr
    );
    assert_eq!(fake.row(id).standing, Standing::Active);

    let seen = run(&fake, terminal(&["acme/web"]), "rollback web --watch").await;
    assert_eq!((seen.code, fake.row(id).standing), (0, Standing::RolledBack));
    insta::assert_snapshot!("rollback_watched", seen.stdout);
}

#[tokio::test(start_paused = true)]
async fn yes_beforehand_needs_no_terminal_and_what_was_wanted_ends_with_zero() {
    let fake = scripted("do", "create_droplet", &[Act::Hang]);
    let id = fake.launched("web").await;
    let seen = run(&fake, PIPE, "cancel web --yes").await;
    assert_eq!((seen.code, fake.row(id).standing), (0, Standing::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn what_gave_up_can_be_retried_skipped_and_abandoned() {
    let stuck = || async {
        let fake = Fake::new().script("do", "activate_deployment", &[Act::Fail]).script(
            "undo",
            "create_droplet",
            &[Act::Fail],
        );
        let fake = Arc::new(fake);
        let id = fake.launched("web").await;
        assert_eq!(fake.row(id).standing, Standing::NeedsYou);
        (fake, id)
    };
    for (line, code, standing) in [
        ("retry web", 2, Standing::Failed),
        ("skip web --reason by-hand --yes", 2, Standing::Failed),
        ("skip web --step create_droplet --reason by-hand --yes", 2, Standing::Failed),
        ("abandon web --reason gone --yes", 0, Standing::Abandoned),
    ] {
        let (fake, id) = stuck().await;
        let seen = run(&fake, PIPE, line).await;
        assert_eq!((seen.code, fake.row(id).standing), (code, standing), "{line}: {}", seen.stderr);
    }
    let (fake, id) = stuck().await;
    let seen = run(&fake, PIPE, "skip web --step register_inventory --reason x --yes").await;
    assert!(seen.stderr.contains("has not given up; given up: create_droplet"), "{}", seen.stderr);
    assert_eq!((seen.code, fake.row(id).standing), (64, Standing::NeedsYou));
}

#[tokio::test(start_paused = true)]
async fn holding_is_done_when_it_holds_and_resuming_when_it_is_active() {
    let fake = scripted("do", "create_droplet", &[Act::Hang]);
    let id = fake.launched("web").await;
    let seen = run(&fake, PIPE, "hold web").await;
    assert_eq!((seen.code, fake.row(id).standing), (0, Standing::Held));
    let seen = run(&fake, PIPE, "resume web").await;
    assert_eq!((seen.code, fake.row(id).standing), (0, Standing::Active));
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_when_everything_stands_still_and_the_worst_ending_is_told() {
    let fake = Fake::new()
        .script("do", "create_droplet", &[Act::Hang])
        .script("do", "activate_deployment", &[Act::Fail])
        .script("undo", "create_droplet", &[Act::Fail]);
    let fake = Arc::new(fake);
    for slug in ["held", "stuck", "web"] {
        fake.launched(slug).await;
    }
    let standings: Vec<_> =
        fake.watch().await.unwrap().summaries.iter().map(|row| row.standing).collect();
    assert_eq!(standings, [Standing::Running, Standing::NeedsYou, Standing::Active]);

    for (line, code) in [
        ("wait web", 0),
        ("wait web --for active", 0),
        ("wait web --for gone", 1),
        ("wait web stuck", 3),
        ("wait held --timeout 2s", 124),
        ("wait --timeout 2s", 124),
        ("wait nobody", 1),
    ] {
        let seen = run(&fake, PIPE, line).await;
        assert_eq!(seen.code, code, "{line}: {}{}", seen.stdout, seen.stderr);
    }
    let (waited, held) = tokio::join!(run(&fake, PIPE, "wait held"), run(&fake, PIPE, "hold held"));
    assert_eq!((waited.code, held.code), (0, 0));
    assert!(waited.stdout.contains("acme/held held by operator:ana"), "{}", waited.stdout);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_while_waiting_detaches_and_offers_no_cancel() {
    let fake = scripted("do", "create_droplet", &[Act::Hang]);
    fake.launched("web").await;
    let shell = Shell { interrupts: 1, ..terminal(&["c"]) };
    let seen = run(&fake, shell, "wait --for active").await;
    assert_eq!((seen.code, seen.stdout.as_str()), (130, ""));
    assert_eq!(fake.watch().await.unwrap().summaries[0].standing, Standing::Running);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_the_engine_refuses_says_why() {
    let fake = fake();
    fake.launched("web").await;
    let seen = run(&fake, PIPE, "retry web").await;
    assert_eq!((seen.code, seen.stderr.as_str()), (1, "error: cannot retry: it is complete\n"));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_has_gets_a_hint_and_an_ambiguous_one_its_candidates() {
    let fake = fake();
    fake.launched("web").await;
    let seen = run(&fake, PIPE, "show acme/wbe").await;
    assert_eq!(seen.code, 1);
    assert_eq!(seen.stderr, "error: no deployment `acme/wbe`\nhint: did you mean `acme/web`?\n");
}

#[tokio::test(start_paused = true)]
async fn the_list_begins_with_what_needs_a_person() {
    let fake = Fake::new().script("do", "activate_deployment", &[Act::Fail]).script(
        "undo",
        "create_droplet",
        &[Act::Fail],
    );
    let fake = Arc::new(fake);
    for slug in ["stuck", "web", "db"] {
        fake.launched(slug).await;
    }
    insta::assert_snapshot!("list", run(&fake, PIPE, "list").await.stdout);
    let active = run(&fake, PIPE, "list --standing active").await.stdout;
    assert!(active.contains("acme/web") && !active.contains("acme/stuck"), "{active}");
    assert!(!run(&fake, PIPE, "list --tenant other").await.stdout.contains("acme/web"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_teaches() {
    let seen = run(&fake(), PIPE, "list").await;
    assert_eq!(seen.stdout, "");
    assert!(seen.stderr.contains("arcadia launch --help"));
}

#[tokio::test(start_paused = true)]
async fn what_people_read_is_free_of_escapes_and_what_programs_read_is_stable() {
    let fake = scripted("do", "link_deployment_resource", &[Act::Fail]);
    let id = fake.launched("web").await;
    fake.log(id, LogLevel::Warn, "still\u{1b}[2J new");
    for (name, line) in [
        ("show", "show web"),
        ("show_json", "show web --json"),
        ("list_json", "list --json"),
        ("history", "history web"),
        ("history_json", "history web --json"),
        ("logs", "logs web"),
        ("logs_json", "logs web --json"),
    ] {
        let seen = run(&fake, PIPE, line).await;
        assert_eq!((seen.code, seen.stderr.as_str()), (0, ""), "{line}");
        assert!(!seen.stdout.contains('\u{1b}'), "{line}");
        let shown = if line.ends_with("--json") { pretty(&seen.stdout) } else { seen.stdout };
        insta::assert_snapshot!(name, shown);
    }
}

#[tokio::test(start_paused = true)]
async fn a_launch_in_json_ends_with_the_outcome() {
    let seen = run(&fake(), PIPE, "launch --slug web --watch --json").await;
    let lines: Vec<serde_json::Value> =
        seen.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["v"] == 1));
    assert_eq!(lines[0]["kind"], "launched");
    let outcome = lines.last().unwrap();
    assert_eq!((&outcome["kind"], &outcome["exit"]), (&"outcome".into(), &0.into()));
    assert_eq!(outcome["deployment"]["standing"], "active");
}

#[tokio::test(start_paused = true)]
async fn logs_can_be_narrowed_to_a_step_and_a_level() {
    let fake = fake();
    let id = fake.launched("web").await;
    fake.log(id, LogLevel::Debug, "quiet");
    fake.log(id, LogLevel::Warn, "loud");
    let seen = run(&fake, PIPE, "logs web --level warn --step create_droplet").await;
    assert!(seen.stdout.contains("loud") && !seen.stdout.contains("quiet"), "{}", seen.stdout);
    assert_eq!(run(&fake, PIPE, "logs web --step point_deployment_dns").await.stdout, "");
    let seen = run(&fake, PIPE, "logs web --step create_dropelt").await;
    assert_eq!(seen.code, 64);
    assert!(seen.stderr.contains("its steps are mark_deployment_provisioning, create_droplet"));
}

#[tokio::test(start_paused = true)]
async fn followed_logs_go_on_until_the_saga_ends_without_gap_or_repeat() {
    let fake = scripted("do", "create_droplet", &[Act::Hang]);
    let id = fake.launched("web").await;
    fake.log(id, LogLevel::Info, "before");
    let act = async {
        // The follower subscribes at its first poll, and this runs after it.
        tokio::task::yield_now().await;
        fake.log(id, LogLevel::Info, "after");
        run(&fake, PIPE, "cancel web --yes").await
    };
    let (seen, cancelled) = tokio::join!(run(&fake, PIPE, "logs web --follow"), act);
    assert_eq!((seen.code, cancelled.code), (0, 0));
    let texts: Vec<_> =
        seen.stdout.lines().filter_map(|line| line.split_whitespace().nth(4)).collect();
    assert_eq!(texts, ["before", "after"], "{}", seen.stdout);
}

#[test]
fn every_verb_says_what_it_needs() {
    let needs = |line: &str| {
        Cli::try_parse_from(std::iter::once("arcadia").chain(line.split_whitespace()))
            .unwrap()
            .needs()
    };
    assert_eq!(needs(""), Needs::Dashboard);
    for reading in ["list", "show x", "logs x", "history x"] {
        assert_eq!(needs(reading), Needs::Reading, "{reading}");
    }
    for acting in [
        "launch",
        "wait",
        "cancel x",
        "rollback x",
        "retry x",
        "skip x --reason y",
        "hold x",
        "resume x",
        "abandon x --reason y",
    ] {
        assert_eq!(needs(acting), Needs::Acting, "{acting}");
    }
    assert_eq!(needs("simulator --activation 2s"), Needs::Simulator);
    assert_eq!(needs("config example"), Needs::Nothing);
}

#[test]
fn a_wrong_command_line_ends_with_64_and_help_with_zero() {
    let exit = |line: &[&str]| exit::of_usage(&Cli::try_parse_from(line).unwrap_err()).code();
    assert_eq!(exit(&["arcadia", "lanch"]), 64);
    assert_eq!(exit(&["arcadia", "skip", "x"]), 64);
    assert_eq!(exit(&["arcadia", "abandon", "x", "--reason", " "]), 64);
    assert_eq!(exit(&["arcadia", "simulator", "--activation", "soon"]), 64);
    assert_eq!(exit(&["arcadia", "--help"]), 0);
    assert_eq!(exit(&["arcadia", "--version"]), 0);
}

#[test]
fn what_every_verb_takes_becomes_settings() {
    let cli = Cli::try_parse_from([
        "arcadia",
        "list",
        "--data-dir",
        "/there",
        "--ascii",
        "--color",
        "never",
        "--config",
        "x.toml",
    ])
    .unwrap();
    let flags = cli.flags();
    let said: Vec<_> = flags.settings.iter().map(|s| (s.flag, s.key, s.text.as_str())).collect();
    assert_eq!(
        said,
        [
            ("--data-dir", "data_dir", "/there"),
            ("--ascii", "ui.ascii", "always"),
            ("--color", "ui.color", "never"),
        ]
    );
    assert_eq!(flags.file, Some("x.toml".into()));
}

#[test]
fn help_teaches() {
    let mut command = Cli::command().term_width(100);
    command.build();
    insta::assert_snapshot!("help", command.render_help());
    let verbs: Vec<String> =
        command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for verb in verbs.iter().filter(|verb| *verb != "help") {
        let help = command.find_subcommand_mut(verb).unwrap().render_help().to_string();
        assert!(help.contains("Example"), "`arcadia {verb} --help` has an example");
        insta::assert_snapshot!(format!("help_{verb}"), help);
    }
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

/// JSON lines, a field a line, so that a change is seen for what it is.
fn pretty(lines: &str) -> String {
    let pretty = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    lines.lines().map(pretty).collect::<Vec<_>>().join("\n")
}
