//! `arcadia doctor` against a cloud in a process of its own: what it finds, what `--fix` removes, and
//! that nothing changes otherwise.

use serde_json::{Value, json};

use crate::support::home::{Home, launch};
use crate::support::program::Ended;
use crate::support::simulated::Simulated;

mod beside;
mod changing;
mod drift;
mod folder;
mod journal;
mod machine;
mod orphans;

/// What makes a rollback believe that everything is gone, and leaves it there.
const LIES: [&str; 6] = [
    "DELETE /v2/droplets/*: 204",
    "GET /v2/droplets/*: 404",
    "GET /v2/droplets: empty",
    "DELETE /v2/domains/*/records/*: 204",
    "GET /v2/domains/*/records/*: 404",
    "GET /v2/domains/*/records: empty",
];

/// What a run of the doctor found.
struct Visit {
    code: Option<i32>,
    document: Value,
}

fn visit(home: &Home, flags: &[&str]) -> Visit {
    Visit::of(&home.run(&[&["doctor", "--json"], flags].concat()))
}

impl Visit {
    /// What a run with `--json` told.
    fn of(ended: &Ended) -> Self {
        let [document] = ended.documents().try_into().unwrap_or_else(|_| panic!("{ended:?}"));
        Self { code: ended.code, document }
    }

    /// Everything that is not well: area and check, and what it says.
    fn ill(&self) -> Vec<(String, String)> {
        let findings = self.document["findings"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let name =
            |finding: &Value| format!("{}.{}", text(&finding["area"]), text(&finding["check"]));
        findings
            .iter()
            .filter(|finding| finding["verdict"] == "problem" || finding["verdict"] == "warning")
            .map(|finding| (name(finding), text(&finding["text"])))
            .collect()
    }

    /// The names of everything that is not well.
    fn names(&self) -> Vec<String> {
        self.ill().into_iter().map(|(name, _)| name).collect()
    }

    /// The finding of this area and check.
    fn finding(&self, area: &str, check: &str) -> Value {
        let findings = self.document["findings"].as_array().unwrap();
        let found =
            findings.iter().find(|finding| finding["area"] == area && finding["check"] == check);
        found.cloned().unwrap_or_else(|| panic!("{area}.{check}: {:#}", self.document))
    }
}

fn id_of(cloud: &Simulated, name: &str) -> u64 {
    let mut ids = cloud.droplets().into_iter().filter(|(_, found)| found == name);
    ids.next().unwrap().0.parse().unwrap()
}

fn launched(home: &Home, slug: &str) {
    let ended = home.run(&launch(slug));
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// Rolls it back under a cloud that lies, so that everything of it stays.
fn rolled_back_in_vain(cloud: &Simulated, home: &Home, slug: &str) {
    launched(home, slug);
    cloud.faults(&LIES);
    let ended = home.run(&["rollback", slug, "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    cloud.faults(&[]);
}

fn saga_of(home: &Home, slug: &str) -> String {
    let rows = home.deployments();
    let row = rows.iter().find(|row| row["slug"] == slug).unwrap();
    row["saga"].as_str().unwrap().to_owned()
}

#[test]
fn a_healthy_machine_has_no_problem_and_nothing_is_changed_by_looking() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    let (state, asked, history) = (cloud.state(), cloud.requests(), home.history("web"));
    let told = home.run(&["doctor"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""), "{told:?}");
    assert!(told.stdout.contains("\n0 problems, "), "{told:?}");
    assert!(told.stdout.contains("the live deployment is what the journal says"), "{told:?}");
    let seen = visit(&home, &[]);
    assert_eq!(seen.code, Some(0));
    assert_eq!((cloud.state(), home.history("web")), (state, history));
    let changes = |requests: &std::collections::BTreeMap<String, u64>| -> Vec<(String, u64)> {
        let changing = requests.iter().filter(|(route, _)| !route.starts_with("GET "));
        changing.map(|(route, count)| (route.clone(), *count)).collect()
    };
    assert_eq!(changes(&cloud.requests()), changes(&asked));
}

#[test]
fn an_untouched_machine_is_left_untouched() {
    let home = Home::new();
    let seen = visit(&home, &[]);
    assert_eq!((seen.code, seen.names()), (Some(0), vec![]), "{:#}", seen.document);
    assert!(!home.data().exists());
}

#[test]
fn a_provider_that_cannot_be_reached_or_never_answers_is_a_problem_and_no_end() {
    let cloud = Simulated::start();
    let mut home = cloud.home();
    launched(&home, "web");
    home.set("ARCADIA_DIGITALOCEAN_REQUEST_TIMEOUT", "300ms");
    cloud.faults(&["GET /v2/account: silence"]);
    let silent = visit(&home, &[]);
    assert_eq!((silent.code, silent.names()), (Some(3), vec!["cloud.reachable".to_owned()]));
    // A listing that fails says nothing about what is there.
    cloud.faults(&["GET /v2/droplets: 503"]);
    let half = visit(&home, &[]);
    assert_eq!((half.code, half.names()), (Some(3), vec!["cloud.droplets".to_owned()]));
    assert_eq!(half.finding("orphans", "judged")["verdict"], "not_checked");
    home.set("ARCADIA_SIMULATOR_URL", "http://127.0.0.1:9");
    let gone = visit(&home, &[]);
    assert_eq!((gone.code, gone.names()), (Some(3), vec!["cloud.reachable".to_owned()]));
    assert_eq!(gone.finding("journal", "histories")["verdict"], "ok");
}

#[test]
fn the_document_is_what_scripts_rely_on() {
    let cloud = Simulated::start();
    let home = cloud.home();
    rolled_back_in_vain(&cloud, &home, "gone");
    let mut document = visit(&home, &[]).document;
    document["at"] = json!("[time]");
    let findings = document["findings"].as_array_mut().unwrap();
    // What depends on the machine that the test runs on.
    findings.retain(|finding| {
        !matches!(finding["check"].as_str(), Some("space" | "file_system" | "logs" | "there"))
    });
    // How often it was looked depends on how quick the machine is.
    let read = findings.iter_mut().find(|finding| finding["check"] == "histories").unwrap();
    read["text"] = json!("[so many] entries read and make sense");
    let ids = home.deployments()[0].clone();
    let mut text = serde_json::to_string_pretty(&document).unwrap();
    let texts = |value: &Value| value.as_str().unwrap().to_owned();
    for (found, shown) in [
        (home.path().display().to_string(), "[home]"),
        (cloud.url(), "[cloud]"),
        (texts(&ids["saga"]), "[saga]"),
        (texts(&ids["id"]), "[deployment]"),
        (texts(&ids["ended_at"]), "[ended]"),
        (texts(&cloud.state()["droplets"][0]["created_at"]), "[made]"),
    ] {
        text = text.replace(&found, shown);
    }
    insta::assert_snapshot!("doctor_json", text);
}
