//! Hostile text, through the real program: whoever writes a provider's message, a flag, a variable
//! or a file may want to steer the terminal of whoever reads it, or be taken for us.
//!
//! In a pipe nothing harmful may come out at all. In a terminal the program has sequences of its
//! own, so there the text's own ones are looked for.

use std::fmt::Write as _;
use std::fs;

use arcadia::domain::text::is_harmful;

use crate::support::home::{Home, launch};
use crate::support::program::Ended;
use crate::support::simulated::Simulated;
use crate::support::terminal::Terminal;

/// Everything at once: colours, the title, a link, the clipboard, a device string, an 8-bit control
/// sequence, direction marks, what cannot be seen, and a line that is meant to be taken for ours.
const NASTY: &str = "evil\u{1b}[2J\u{1b}[31m\u{1b}]0;owned\u{7}\u{1b}]8;;http://evil.example\u{1b}\\here\
    \u{1b}]52;c;ZXZpbA==\u{7}\u{1b}Pq#0\u{1b}\\\u{9b}2J\u{9d}0;owned\u{9c}\u{202e}desrever\u{2066}\u{2069}\
    \u{200b}\u{200d}\u{feff}\u{e0041}\r\nerror: forged line\u{0}\u{8}\u{7f}\u{2028}live";

/// What of it a terminal would act on, as it would look on the wire.
const ON_THE_WIRE: [&str; 11] = [
    "\u{1b}]0;owned",
    "\u{1b}]8;;http",
    "\u{1b}]52;c;ZXZp",
    "\u{1b}Pq#0",
    "\u{9b}",
    "\u{9d}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{e0041}",
];

/// No complaint is longer than this, in bytes, whatever was typed.
const COMPLAINT_LIMIT: usize = 16 * 1024;

/// The text as TOML can write it.
fn escaped() -> String {
    NASTY.chars().fold(String::new(), |mut text, c| {
        write!(text, "\\U{:08x}", u32::from(c)).unwrap();
        text
    })
}

fn harmless(what: &str, text: &str) {
    let foul = text.lines().find(|line| line.chars().any(is_harmful));
    assert_eq!(foul, None, "{what}");
    assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{what}: {text}");
}

fn refused(what: &str, ended: &Ended) {
    assert!(matches!(ended.code, Some(1 | 64)), "{what}: {:?}", ended.code);
    harmless(what, &ended.stdout);
    harmless(what, &ended.stderr);
    assert!(!ended.stderr.contains("hunter2"), "{what}: {ended:?}");
    let long = ended.stdout.len() + ended.stderr.len();
    assert!((1..COMPLAINT_LIMIT).contains(&long), "{what}: {long} bytes");
}

#[test]
fn what_a_provider_says_steers_no_pipe_no_terminal_and_no_log_file() {
    let cloud = Simulated::start();
    cloud.faults(&[&format!("POST /v2/droplets: 422 \"{NASTY}\"")]);
    let home = cloud.home().with("ARCADIA_LOG_FILTER", "trace");
    let launch = [&launch("web")[..], &["--watch"]].concat();
    let failed = home.run(&launch);
    assert_eq!(failed.code, Some(2), "{failed:?}");
    assert!(failed.stdout.contains("evil"), "the provider's words are told: {failed:?}");
    harmless("launch", &failed.stdout);
    harmless("launch", &failed.stderr);
    for verb in [&["list"][..], &["show", "web"], &["logs", "web"], &["history", "web"]] {
        for json in [&[][..], &["--json"]] {
            let ended = home.run(&[verb, json].concat());
            assert_eq!(ended.code, Some(0), "{verb:?}: {ended:?}");
            harmless(&format!("{verb:?} {json:?}"), &ended.stdout);
            harmless(&format!("{verb:?} {json:?}"), &ended.stderr);
        }
    }

    let mut watching = Terminal::open(&home, &launch, (80, 24));
    assert_eq!(watching.wait_for_end(), 2);
    steered_by_nothing("--watch", &watching);
    let mut dashboard = home.dashboard((200, 50));
    dashboard.wait_for_text("evil");
    dashboard.keys("3zv");
    dashboard.wait_for_frame();
    dashboard.keys("q");
    dashboard.wait_for_end();
    steered_by_nothing("the dashboard", &dashboard);

    let logs: Vec<_> = fs::read_dir(home.data().join("logs")).unwrap().collect();
    let mut told = false;
    for file in logs {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        told |= text.contains("evil");
        harmless("the log file", &text);
    }
    assert!(told, "the log file tells what the provider said");
}

fn steered_by_nothing(what: &str, terminal: &Terminal) {
    let bytes = terminal.bytes();
    for foul in ON_THE_WIRE {
        let found = bytes.windows(foul.len()).any(|window| window == foul.as_bytes());
        assert!(!found, "{what}: {foul:?}");
    }
    let text = terminal.text();
    let forged = |line: &str| line.trim_start().starts_with("error: forged");
    assert!(!text.lines().any(forged), "{what}:\n{text}");
}

#[test]
fn what_is_typed_is_said_back_harmless_and_in_part() {
    let home = Home::new();
    // A process cannot be given a zero byte.
    let nasty = NASTY.replace('\0', "");
    // The longest argument that a process can be given is 128 KiB.
    let endless = "\u{202e}x ".repeat(20_000);
    for text in [&nasty, &endless, "--no-such-flag\u{1b}[2J"] {
        for arguments in [
            vec![text],
            vec!["launch", "--tenant", text, "--slug", text],
            vec!["launch", "--tenant", "acme", "--slug", "web", "--size", text, "--image", text],
            vec!["launch", "--tenant", "acme", "--slug", "web", "--dns-domain", text],
            vec!["launch", "-f", text],
            vec!["launch", "--on-failure", text],
            vec!["show", text],
            vec!["rollback", "--yes", text],
            vec!["wait", "--timeout", text],
            vec!["logs", "web", "--step", text],
            vec!["--color", text, "list"],
            vec!["--provider", text, "list"],
            vec!["--config", text, "list"],
            vec!["--log-filter", text, "list"],
            vec!["drill", "--only", text],
            vec!["drill", "--seed", text],
            vec!["simulator", "--fault", text],
            vec!["simulator", "--listen", text],
        ] {
            refused(arguments[0], &home.run(&arguments));
        }
    }
}

#[test]
fn a_hostile_environment_is_said_back_harmless_and_without_passwords() {
    let nasty = NASTY.replace('\0', "");
    let endless = "9".repeat(100_000);
    for (name, value) in [
        ("ARCADIA_SAGA_SETTLE", nasty.as_str()),
        ("ARCADIA_SAGA_SETTLE", endless.as_str()),
        ("ARCADIA_PROVIDER", nasty.as_str()),
        ("ARCADIA_EVIL\u{1b}[2J\u{202e}", "x"),
        ("ARCADIA_CONFIG", nasty.as_str()),
        ("ARCADIA_SIMULATOR_URL", "http://ana:hunter2@127.0.0.1:1"),
        ("ARCADIA_DIGITALOCEAN_BASE_URL", "https://ana:hunter2@api.example"),
        ("ARCADIA_DIGITALOCEAN_BASE_URL", "ana:hunter2@api.example"),
    ] {
        refused(name, &Home::new().with(name, value).run(&["list"]));
    }
}

#[test]
fn a_hostile_configuration_is_said_back_harmless_and_in_part() {
    let escaped = escaped();
    let endless = "x".repeat(900_000);
    for (what, config) in [
        ("a key", format!("\"{escaped}\" = 1\n")),
        ("a value", format!("[saga]\nsettle = \"{escaped}\"\n")),
        ("a choice", format!("provider = \"{escaped}\"\n")),
        ("a long value", format!("[saga]\nsettle = \"{endless}\"\n")),
        ("a long key", format!("{endless} = 1\n")),
        ("a text for a number", format!("[engine]\nmax_sagas = \"{escaped}\"\n")),
        ("no TOML", format!("provider = {NASTY}\n")),
        ("an address", "[simulator]\nurl = \"http://ana:hunter2@x\"\n".to_owned()),
        ("a file without end", "#".repeat(3_000_000)),
    ] {
        refused(what, &Home::configured(&config).run(&["list"]));
    }
    let home = Home::new();
    fs::write(home.path().join("config.toml"), b"provider = \"\xff\xfe\x80\"\n").unwrap();
    refused("invalid UTF-8", &home.run(&["list"]));
}

#[test]
fn a_hostile_deployment_file_launches_nothing() {
    let home = Home::new();
    let escaped = escaped();
    let whole = "tenant = \"acme\"\nslug = \"web\"\n";
    for (what, text) in [
        ("a slug", format!("tenant = \"acme\"\nslug = \"{escaped}\"\n").into_bytes()),
        ("a name", format!("{whole}display_name = \"{escaped}\"\n").into_bytes()),
        ("a droplet's name", format!("{whole}droplet_name = \"{escaped}\"\n").into_bytes()),
        ("a key", format!("{whole}\"{escaped}\" = 1\n").into_bytes()),
        ("a file", format!("{whole}user_data_file = \"{escaped}\"\n").into_bytes()),
        ("no TOML", NASTY.as_bytes().to_vec()),
        ("invalid UTF-8", b"tenant = \"\xff\xfe\"\n".to_vec()),
        ("without end", vec![b'#'; 3_000_000]),
    ] {
        let path = home.path().join("deployment.toml");
        fs::write(&path, text).unwrap();
        refused(what, &home.run(&["launch", "-f", &path.display().to_string()]));
    }
    assert!(home.deployments().is_empty());
}
