//! The token goes to the provider and nowhere else: not to a stream, a screen, a file or an error.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::home::{Home, launch};
use crate::support::program::Ended;
use crate::support::simulated::Simulated;

/// What the token would look like if it were shown, or sent somewhere in another dress.
const TOKEN: &str = "dop_v1_5ecret+5ecret/5ecret=5ecret";
const TOKEN_URL_ENCODED: [&str; 2] =
    ["dop_v1_5ecret%2B5ecret%2F5ecret%3D5ecret", "dop_v1_5ecret%2b5ecret%2f5ecret%3d5ecret"];
/// In base64, as it begins at each of the three places in a group.
const TOKEN_BASE64: [&str; 3] = [
    "ZG9wX3YxXzVlY3JldCs1ZWNyZXQvNWVjcmV0PTVlY3Jld",
    "RvcF92MV81ZWNyZXQrNWVjcmV0LzVlY3JldD01ZWNyZX",
    "kb3BfdjFfNWVjcmV0KzVlY3JldC81ZWNyZXQ9NWVjcmV0",
];
/// A piece that no form of the token lacks by being cut short.
const PIECE: &str = "5ecret";

/// A home that takes the simulated cloud for the real one.
fn home(cloud: &Simulated) -> Home {
    Home::new()
        .with("ARCADIA_PROVIDER", "digitalocean")
        .with("ARCADIA_DIGITALOCEAN_BASE_URL", &cloud.url())
}

/// Whether the token stands in these bytes, in any dress.
fn tells(bytes: &[u8]) -> bool {
    let forms = TOKEN_URL_ENCODED.iter().chain(&TOKEN_BASE64).chain([&TOKEN, &PIECE]);
    forms.into_iter().any(|form| holds(bytes, form))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn assert_keeps_the_secret(what: &str, ended: &Ended) {
    assert!(
        !tells(ended.stdout.as_bytes()) && !tells(ended.stderr.as_bytes()),
        "{what}: {ended:?}"
    );
}

fn assert_nothing_was_launched(home: &Home, cloud: &Simulated) {
    let asked: Vec<_> = cloud.requests().into_keys().collect();
    assert!(asked.iter().all(|request| request == "GET /v2/account"), "{asked:?}");
    // Reading the journal wants no token.
    assert!(home.deployments().is_empty());
}

#[test]
fn the_token_is_nowhere_but_at_the_provider() {
    let cloud = Simulated::start();
    let home = home(&cloud).with("DIGITALOCEAN_TOKEN", TOKEN).with("ARCADIA_LOG_FILTER", "trace");
    let run = |what: &str, arguments: &[&str], code: i32| {
        let ended = home.run(arguments);
        assert_eq!(ended.code, Some(code), "{what}: {ended:?}");
        assert_keeps_the_secret(what, &ended);
        ended
    };
    run("a launch", &[&launch("web")[..], &["--watch", "--json"]].concat(), 0);

    // A provider that says the token back, once to be tried again and once for good.
    let echo = |status: u16, rest: &str| {
        format!("POST /v2/droplets: {status} \"what is Bearer {TOKEN}?\"{rest}")
    };
    cloud.faults(&[&echo(503, ", nth 1"), &echo(422, ", nth 2")]);
    let failed = run("a failed launch", &[&launch("echo")[..], &["--watch"]].concat(), 2);
    assert!(failed.stdout.contains("what is Bearer"), "the provider's words are told: {failed:?}");
    cloud.faults(&[]);

    for verb in ["show", "logs", "history"] {
        for slug in ["web", "echo"] {
            run(verb, &[verb, slug], 0);
            run(verb, &[verb, slug, "--json"], 0);
        }
    }
    run("list", &["list", "--json"], 0);
    run("config show", &["config", "show"], 0);
    let typed_by_mistake = [&["launch", "--token", TOKEN][..], &["--tenant", "acme"]].concat();
    // What is typed is in the shell's history already; it is told that there is no such flag, and
    // nothing is said back of what follows it.
    assert_keeps_the_secret("a token that was typed", &home.run(&typed_by_mistake));

    let mut terminal = home.dashboard((200, 50));
    terminal.wait_for_text("acme/echo");
    let of_process = |file: &str| {
        let path = format!("/proc/{}/{file}", terminal.id().as_raw_nonzero());
        fs::read(path).unwrap()
    };
    assert!(!tells(&of_process("cmdline")), "others see a process's command line");
    let limits = String::from_utf8(of_process("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let values: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(values, ["0", "0"], "no core file is written while the token is in memory");
    let status = String::from_utf8(of_process("status")).unwrap();
    assert!(
        status.contains("Umask:\t0077\n"),
        "no file is open to others, even for a moment: {status}"
    );
    terminal.keys("/echo\r");
    terminal.wait_for_text("what is Bearer");
    terminal.keys("3zv");
    terminal.wait_for_frame();
    terminal.keys("q");
    terminal.wait_for_end();
    assert!(!tells(terminal.bytes()));

    run("a rollback", &["rollback", "web", "--yes", "--watch"], 0);
    let written: Vec<_> = files(&home.data())
        .into_iter()
        .map(|file| (fs::read(&file).unwrap(), file.display().to_string()))
        .collect();
    for (bytes, file) in &written {
        assert!(!tells(bytes), "{file}");
    }
    // The words around it are there, in plain text: the search could have found it.
    for folder in ["logs", "journal"] {
        let said = |(bytes, file): &&(Vec<u8>, String)| {
            file.contains(folder) && holds(bytes, "what is Bearer")
        };
        assert!(written.iter().any(|file| said(&file)), "{folder}");
    }
}

#[test]
fn a_token_command_is_not_told_the_token_and_hides_what_it_says() {
    let cloud = Simulated::start();
    let mut home = home(&cloud);
    let seen = home.path().join("seen");
    let script = home.path().join("vault");
    let text = format!(
        "#!/bin/sh\ntr '\\0' '\\n' </proc/$$/environ >{0}; ulimit -c >>{0}; echo '{TOKEN}'\n",
        seen.display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o700)).unwrap();
    home.set("ARCADIA_DIGITALOCEAN_TOKEN_COMMAND", &script.display().to_string());
    let launched = home.run(&launch("web"));
    assert_eq!(launched.code, Some(0), "{launched:?}");
    assert_keeps_the_secret("a launch", &launched);
    let seen = fs::read(seen).unwrap();
    assert!(!tells(&seen) && seen.ends_with(b"\n0\n"), "neither in its environment nor in a core");
}

#[test]
fn a_token_command_may_ask_on_the_terminal_before_the_dashboard_takes_it() {
    let cloud = Simulated::start();
    let script = "printf 'Passphrase: ' >/dev/tty; read -r pass </dev/tty; echo \"dop_v1_$pass\"";
    let home = home_with_command(&cloud, &["sh", "-c", script], "20s");
    let mut terminal = home.dashboard((100, 30));
    terminal.wait_for_text("Passphrase: ");
    terminal.keys("open sesame\r");
    terminal.wait_for_text("a blank");
    assert_eq!(terminal.wait_for_end(), 1);
    let mut terminal = home.dashboard((100, 30));
    terminal.wait_for_text("Passphrase: ");
    terminal.keys("sesame\r");
    terminal.wait_for_text("No deployments yet");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
    assert_eq!(terminal.not_given_back(), Vec::<&str>::new());
}

#[test]
fn a_token_command_that_hangs_is_named_and_the_terminal_is_as_it_was() {
    let cloud = Simulated::start();
    let home = home_with_command(&cloud, &["sh", "-c", "stty raw -echo </dev/tty; cat"], "1s");
    let mut terminal = home.dashboard((100, 30));
    assert_eq!(terminal.wait_for_end(), 1);
    assert!(terminal.text().contains("the token command `sh` did not end within 1s"));
    assert!(terminal.text().contains("hint: run it by hand"), "{}", terminal.text());
    assert_eq!(terminal.not_given_back(), Vec::<&str>::new());
    assert_nothing_was_launched(&home, &cloud);
}

/// A home whose token comes from this command.
fn home_with_command(cloud: &Simulated, command: &[&str], patience: &str) -> Home {
    let config =
        format!("[digitalocean]\ntoken_command = {command:?}\ntoken_timeout = \"{patience}\"\n");
    Home::configured(&config)
        .with("ARCADIA_PROVIDER", "digitalocean")
        .with("ARCADIA_DIGITALOCEAN_BASE_URL", &cloud.url())
}

#[test]
fn without_a_token_nothing_is_launched() {
    let cloud = Simulated::start();
    let home = home(&cloud);
    let refused = home.run(&launch("web"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("DIGITALOCEAN_TOKEN is not set"), "{refused:?}");
    assert!(refused.stderr.contains("hint: "), "{refused:?}");
    assert_nothing_was_launched(&home, &cloud);
    assert_eq!(cloud.requests().len(), 0);
}

#[test]
fn with_a_wrong_token_nothing_is_launched() {
    let cloud = Simulated::start();
    cloud.faults(&["* /v2/**: 401 \"Unable to authenticate you\""]);
    let home = home(&cloud).with("DIGITALOCEAN_TOKEN", TOKEN);
    let refused = home.run(&launch("web"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("does not accept the token"), "{refused:?}");
    assert!(refused.stderr.contains("Unable to authenticate you"), "{refused:?}");
    assert_keeps_the_secret("a refusal", &refused);
    assert_nothing_was_launched(&home, &cloud);

    let mut terminal = home.dashboard((100, 30));
    terminal.wait_for_text("does not accept the token");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 1);
    assert!(!tells(terminal.bytes()));
}

#[test]
fn a_token_file_that_others_can_read_is_refused() {
    let cloud = Simulated::start();
    let mut home = home(&cloud);
    let file = home.path().join("token");
    fs::write(&file, TOKEN).unwrap();
    home.set("ARCADIA_DIGITALOCEAN_TOKEN_FILE", &file.display().to_string());
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let refused = home.run(&launch("web"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("has mode 0644; others can read it"), "{refused:?}");
    assert!(refused.stderr.contains(&format!("hint: chmod 600 {}", file.display())), "{refused:?}");
    assert_nothing_was_launched(&home, &cloud);

    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let launched = home.run(&launch("web"));
    assert_eq!(launched.code, Some(0), "{launched:?}");
    assert_keeps_the_secret("a launch", &launched);
}
