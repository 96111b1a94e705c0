//! What each fuzz target does with its bytes, and what must hold whatever they are.
//!
//! The fuzzer looks for bytes that break it; `cargo test` runs it over the committed corpus.

use arcadia::cli;
use arcadia::config::paths::Platform;
use arcadia::config::{Environment, Loaded};
use arcadia::domain::id::SagaId;
use arcadia::domain::text::{bounded, clean, is_harmful, printable, printable_json};
use arcadia::journal::archive::lines;
use arcadia::journal::record;
use arcadia::providers::digitalocean::bodies;
use arcadia::simulator::faults::FaultRule;
use arcadia::simulator::world::{Rules, World};

/// A target's name, and what it does.
pub type Target = (&'static str, fn(&[u8]) -> Met);

/// How the program met the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// They mean something to it.
    Accepted,
    /// They do not.
    Refused,
}

/// Every target, by the name of its corpus.
pub const TARGETS: [Target; 8] = [
    ("archive_line", archive_line),
    ("config_toml", config_toml),
    ("deployment_file", deployment_file),
    ("fault_rule", fault_rule),
    ("journal_record", journal_record),
    ("provider_body", provider_body),
    ("state_file", state_file),
    ("terminal_text", terminal_text),
];

/// A line that is read is written so that it is read as itself; and whatever it is, the seal decides
/// nothing but whether it is damaged. The bytes are the line without its seal: a fuzzer finds none.
pub fn archive_line(bytes: &[u8]) -> Met {
    assert_eq!(lines::rewrite(bytes), None, "it has no seal");
    let beginning = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = lines::seal(beginning);
    let Some(written) = lines::rewrite(&line) else { return Met::Refused };
    let again = written.strip_suffix(b"\n").expect("a line ends");
    assert!(!again.contains(&b'\n'), "it is one line");
    assert_eq!(lines::rewrite(again).as_deref(), Some(&written[..]));
    assert_eq!(lines::archived(again), lines::archived(&line));
    Met::Accepted
}

/// A configuration that is accepted is shown, and what is shown is the same configuration.
pub fn config_toml(bytes: &[u8]) -> Met {
    let Ok(text) = std::str::from_utf8(bytes) else { return Met::Refused };
    let environment = Environment::new([], Platform::default());
    match Loaded::from_text(text, &environment) {
        Ok(loaded) => {
            let shown = loaded.show(&environment);
            let again = Loaded::from_text(&shown, &environment).expect("what is shown is accepted");
            assert_eq!(again.config, loaded.config, "{shown}");
            Met::Accepted
        }
        Err(error) => refused(&error.to_string()),
    }
}

/// A deployment file that is accepted names nothing that a provider or a zone could take amiss.
pub fn deployment_file(bytes: &[u8]) -> Met {
    let Ok(text) = std::str::from_utf8(bytes) else { return Met::Refused };
    match cli::spec_of(text) {
        Ok(spec) => {
            for label in [&spec.tenant, &spec.slug] {
                let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                assert!((1..=63).contains(&label.len()) && label.chars().all(sound), "{label:?}");
                assert!(!label.starts_with('-') && !label.ends_with('-'), "{label:?}");
            }
            harmless(&spec.display_name);
            harmless(&spec.droplet_name);
            harmless(&format!("{:?} {:?} {:?}", spec.dns, spec.ssh_keys, spec.triggered_by));
            Met::Accepted
        }
        Err(error) => refused(&error.to_string()),
    }
}

/// A rule that is accepted is written so that it is read as itself.
pub fn fault_rule(bytes: &[u8]) -> Met {
    let Ok(text) = std::str::from_utf8(bytes) else { return Met::Refused };
    match text.parse::<FaultRule>() {
        Ok(rule) => {
            assert_eq!(rule.to_string().parse(), Ok(rule));
            Met::Accepted
        }
        Err(error) => refused(&error.to_string()),
    }
}

/// A record that is read is written so that it is read as itself.
pub fn journal_record(bytes: &[u8]) -> Met {
    let saga = SagaId::from_u128(7);
    let mut met = Met::Refused;
    if let Ok(entries) = record::decode_entries(saga, 0, bytes) {
        let again = record::decode_entries(saga, 0, &record::encode_entries(&entries));
        assert_eq!(again.expect("what is written is read"), entries);
        met = Met::Accepted;
    }
    if let Ok(summary) = record::decode_summary(bytes) {
        let again = record::decode_summary(&record::encode_summary(&summary));
        assert_eq!(again.expect("what is written is read"), summary);
        met = Met::Accepted;
    }
    if let Ok(line) = record::decode_log(saga, 0, bytes) {
        let again = record::decode_log(saga, 0, &record::encode_log(&line));
        assert_eq!(again.expect("what is written is read"), line);
        met = Met::Accepted;
    }
    met
}

/// Whatever a provider says, what is told of it is short, harmless and without the token. The first
/// byte is the last digit of a status; the rest is the body.
pub fn provider_body(bytes: &[u8]) -> Met {
    let Some((first, body)) = bytes.split_first() else { return Met::Refused };
    let status = 400 + u16::from(*first);
    let successes =
        [bodies::droplet(body).err(), bodies::record(body).err(), bodies::account(body).err()];
    let met = if successes.iter().any(Option::is_none) { Met::Accepted } else { Met::Refused };
    let errors = successes.into_iter().chain([Some(bodies::refusal(status, body))]);
    for error in errors.flatten() {
        let failure = error.failure();
        let told = format!("{} {}", failure.message, failure.request_id.as_deref().unwrap_or(""));
        harmless(&told);
        assert!(!told.contains(bodies::TOKEN), "{told:?}");
        assert!(told.chars().count() < 2_000, "{told:?}");
    }
    met
}

/// The simulated cloud's books that are read are written so that they are read as themselves.
pub fn state_file(bytes: &[u8]) -> Met {
    let rules = Rules::default();
    let Ok(world) = World::from_bytes(&rules, bytes) else { return Met::Refused };
    let written = world.to_bytes();
    let again = World::from_bytes(&rules, &written).expect("what is written is read");
    assert_eq!(again.to_bytes(), written);
    Met::Accepted
}

/// Nothing that steers a terminal comes through, and what is harmless comes through as it is.
pub fn terminal_text(bytes: &[u8]) -> Met {
    let text = String::from_utf8_lossy(bytes);
    let (shown, cleaned) = (printable(&text), clean(&text));
    harmless(&shown);
    harmless(&cleaned);
    assert_eq!(printable(&shown), shown);
    assert_eq!(clean(&cleaned), cleaned);
    if !text.chars().any(is_harmful) {
        assert_eq!((shown.as_ref(), cleaned.as_ref()), (text.as_ref(), text.as_ref()));
    }
    assert!(bounded(&text, 16).chars().count() <= 17);

    let json = serde_json::to_string(&text).expect("a text is JSON");
    let escaped = printable_json(&json);
    harmless(&escaped);
    assert_eq!(serde_json::from_str::<String>(&escaped).expect("it is JSON still"), text);
    if shown == text { Met::Accepted } else { Met::Refused }
}

fn refused(why: &str) -> Met {
    harmless(&printable(why));
    Met::Refused
}

fn harmless(text: &str) {
    let harm = text.chars().find(|c| is_harmful(*c));
    assert_eq!(harm, None, "{text:?}");
}
