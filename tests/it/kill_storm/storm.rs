//! One storm: a population of sagas, a program that is killed over and over, and what is known of
//! what it said.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use arcadia::clock::Chance;
use serde_json::Value;

use crate::kill_storm::weather::{CONFIG, WEATHER};
use crate::kill_storm::{Figures, SEED};
use crate::support::audit::Audit;
use crate::support::home::{Home, launch};
use crate::support::program::{Ended, Running};
use crate::support::simulated::{Record, Simulated};
use crate::support::wait::Deadline;

/// How many lives the weather stays the same.
const LIVES_OF_WEATHER: usize = 5;

/// How many sagas may be unfinished before the program is made to go on with them only.
const UNFINISHED: usize = 8;

/// The most lines and requests after which the program is killed: a launch prints some twenty lines
/// when nothing goes wrong, an undo some ten, and either makes about ten requests.
const LAUNCH_LINES: u64 = 18;
const UNDO_LINES: u64 = 9;
const REQUESTS: u64 = 14;

/// The most milliseconds between that and the kill; opening the journal takes about as long.
const JITTER: u64 = 40;

/// Between two looks at how often the cloud was asked.
const PAUSE: Duration = Duration::from_millis(2);

/// The world, and what is known of it.
pub(crate) struct Storm {
    seed: u64,
    dice: Chance,
    cloud: Simulated,
    home: Home,
    faults: &'static [&'static str],
    figures: Figures,
    slugs: u64,
    /// What other people have put into the zone, by name.
    others: BTreeMap<String, Others>,
    /// What was printed, by deployment and number.
    told: BTreeMap<(String, u64), Value>,
}

/// The record that others have of a name.
enum Others {
    /// It was there before the first launch, and comes back when the deployment is gone.
    Before(Record),
    /// It was put in place of ours, and nobody but them touches it.
    After(Record),
}

impl Others {
    /// The next deployment of this name finds the record, and puts it back.
    fn are_found(&mut self) {
        if let Self::After(record) = self {
            *self = Self::Before(record.clone());
        }
    }
}

/// What a verb that ended with 0 says of a deployment.
struct Promise {
    id: String,
    standings: &'static [&'static str],
}

/// When the program is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// When it has printed so many lines.
    Line(u64),
    /// When the cloud was asked so many times.
    Request(u64),
}

impl Storm {
    /// So many kills, the end of every saga, and the audit.
    pub(crate) fn rage(seed: u64, kills: usize) -> Figures {
        let mut storm = Self::begin(seed);
        while storm.figures.kills < kills {
            if storm.figures.lives.is_multiple_of(LIVES_OF_WEATHER) {
                storm.faults = WEATHER[storm.below(WEATHER.len())];
            }
            storm.live();
        }
        storm.finish();
        storm.audit()
    }

    fn begin(seed: u64) -> Self {
        let cloud = Simulated::configured(CONFIG);
        let home = cloud.home();
        Self {
            seed,
            dice: Chance::seeded(seed),
            cloud,
            home,
            faults: &[],
            figures: Figures::default(),
            slugs: 0,
            others: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// One life of the program: something is to be done, and it is killed on the way or not.
    fn live(&mut self) {
        self.figures.lives += 1;
        let rows = self.home.deployments();
        let unfinished = rows.iter().filter(|row| stands(row, &["running", "rolling_back"]));
        let is_crowded = unfinished.count() >= UNFINISHED;
        let by_request = Moment::Request(1 + self.dice.below(REQUESTS));
        let by_line = Moment::Line(self.dice.below(LAUNCH_LINES));
        let by_line_of_undo = Moment::Line(self.dice.below(UNDO_LINES));
        match self.dice.below(8) {
            _ if is_crowded => drop(self.run(&["wait", "--json"], by_request)),
            0 => drop(self.run(&["wait", "--json"], by_request)),
            1 | 2 => match self.pick(&rows, &["running", "needs_you"]) {
                Some(id) => self.undo("cancel", id, by_line_of_undo),
                None => self.launch(&rows, by_request),
            },
            3 | 4 => match self.pick(&rows, &["active"]) {
                Some(id) => self.undo("rollback", id, by_line_of_undo),
                None => self.launch(&rows, by_request),
            },
            5 => {
                self.meddle(&rows);
                self.launch(&rows, by_line);
            }
            6 => self.launch(&rows, by_request),
            7.. => self.launch(&rows, by_line),
        }
    }

    /// Launches under a name that was never used, or whose last deployment is gone.
    fn launch(&mut self, rows: &[Value], moment: Moment) {
        let used = rows.iter().map(|row| row["slug"].as_str().unwrap());
        let gone = ["failed", "cancelled", "rolled_back"];
        let free: Vec<_> = used
            .filter(|slug| {
                rows.iter().filter(|row| row["slug"] == *slug).all(|row| stands(row, &gone))
            })
            .collect();
        let slug = if !free.is_empty() && self.dice.below(3) == 0 {
            let slug = free[self.below(free.len())].to_owned();
            // What others put there is what the next deployment finds.
            if let Some(others) = self.others.get_mut(&slug) {
                others.are_found();
            }
            slug
        } else {
            self.slugs += 1;
            let slug = format!("web-{}", self.slugs);
            if self.dice.below(3) == 0 {
                let record = (slug.clone(), format!("198.51.100.{}", self.dice.below(250)), 1_800);
                self.cloud.put_record((&record.0, &record.1, record.2));
                self.others.insert(slug.clone(), Others::Before(record));
            }
            slug
        };
        let ended = self.run(&[&launch(&slug)[..], &["--watch", "--json"]].concat(), moment);
        if ended.code == Some(0) {
            let id = deployment_of(&ended);
            self.hold_to(&Promise { id, standings: &["active"] });
        }
    }

    fn undo(&mut self, verb: &str, id: String, moment: Moment) {
        let ended = self.run(&[verb, &id, "--yes", "--watch", "--json"], moment);
        if ended.code == Some(0) {
            self.hold_to(&Promise { id, standings: &["failed", "cancelled", "rolled_back"] });
        }
    }

    /// Somebody else points the name of an active deployment elsewhere.
    fn meddle(&mut self, rows: &[Value]) {
        let Some(id) = self.pick(rows, &["active"]) else { return };
        let row = rows.iter().find(|row| row["id"] == id.as_str()).expect("it was picked");
        let slug = row["slug"].as_str().unwrap();
        let theirs = matches!(self.others.get(slug), Some(Others::After(_)));
        if !theirs && row["standing"] == "active" {
            let data = format!("192.0.2.{}", self.dice.below(250));
            self.cloud.change_record(slug, &data);
            let record = (slug.to_owned(), data, 300);
            self.others.insert(slug.to_owned(), Others::After(record));
        }
    }

    /// Runs a verb in the present weather until it ends or until the moment comes, and keeps what it
    /// said.
    fn run(&mut self, arguments: &[&str], moment: Moment) -> Ended {
        let jitter = Duration::from_millis(self.dice.below(JITTER));
        self.cloud.faults(self.faults);
        let before = self.requests();
        let mut program = self.home.start(arguments);
        let came = match moment {
            Moment::Line(line) => (0..line).all(|_| program.next_line()),
            Moment::Request(request) => self.was_asked(before + request, &mut program),
        };
        if came {
            thread::park_timeout(jitter);
        }
        let ended = if came { program.kill() } else { program.end() };
        self.cloud.faults(&[]);
        match ended.code {
            None => self.figures.kills += 1,
            Some(code) => assert!(code <= 4, "no ending of a verb: {ended:?}"),
        }
        self.remember(&ended);
        ended
    }

    fn was_asked(&self, times: u64, program: &mut Running) -> bool {
        let deadline = Deadline::begin();
        while self.requests() < times {
            assert!(!deadline.is_over(), "the cloud is not asked any more");
            if program.is_over() {
                return false;
            }
            // Asking without a pause would take the processor from the program.
            thread::park_timeout(PAUSE);
        }
        true
    }

    fn requests(&self) -> u64 {
        self.cloud.requests().values().sum()
    }

    fn remember(&mut self, ended: &Ended) {
        // The kill may have cut the last line.
        let entries = ended.stdout.lines().map_while(|line| serde_json::from_str(line).ok());
        for entry in entries {
            let entry: Value = entry;
            if let Some(seq) = entry["seq"].as_u64() {
                let place = (entry["deployment"].as_str().unwrap().to_owned(), seq);
                let told = self.told.entry(place).or_insert_with(|| entry.clone());
                assert_eq!(*told, entry, "a place in the history was told twice, and differs");
            }
        }
    }

    fn hold_to(&mut self, promise: &Promise) {
        let rows = self.home.deployments();
        let row = rows.iter().find(|row| row["id"] == promise.id.as_str());
        let row = row.unwrap_or_else(|| panic!("`{}` is not there any more", promise.id));
        assert!(stands(row, promise.standings), "the verb ended with 0: {row}");
        self.figures.promises_kept += 1;
    }

    /// The weather clears up, and the program is left alone until every saga has ended.
    fn finish(&mut self) {
        self.cloud.faults(&[]);
        let deadline = Deadline::begin();
        loop {
            let ended = self.home.run(&["wait", "--for", "settled", "--json"]);
            self.remember(&ended);
            let rows = self.home.deployments();
            let Some(id) = self.pick(&rows, &["needs_you", "running", "rolling_back"]) else {
                return;
            };
            assert!(!deadline.is_over(), "`{id}` does not end: {ended:?}");
            let retried = self.home.run(&["retry", &id, "--watch", "--json"]);
            self.remember(&retried);
        }
    }

    fn audit(self) -> Figures {
        let rows = self.home.deployments();
        let is_up =
            |slug: &str| rows.iter().any(|row| row["slug"] == slug && stands(row, &["active"]));
        let others: Vec<Record> = self
            .others
            .iter()
            .filter_map(|(slug, others)| match others {
                Others::Before(record) if !is_up(slug) => Some(record.clone()),
                Others::Before(_) => None,
                Others::After(record) => Some(record.clone()),
            })
            .collect();
        let audit = Audit::of(&self.cloud, &self.home, &others);
        let lost = self.lost(&rows);
        let mut figures = self.figures.clone();
        for standing in audit.standings.values() {
            *figures.sagas.entry(standing.clone()).or_default() += 1;
        }
        figures.entries_kept = self.told.len() - lost.len();
        figures.lost = lost.len();
        figures.orphans = audit.orphans.len();
        figures.doubles = audit.doubles.len();
        figures.contradictions = audit.contradictions.len();
        assert!(lost.is_empty() && audit.is_clean(), "{figures:#?}: {lost:#?} {audit:#?}");
        assert!(figures.entries_kept > 0 && !rows.is_empty(), "nothing was tried");
        figures
    }

    /// What was printed and is not in the history.
    fn lost(&self, rows: &[Value]) -> Vec<String> {
        let mut kept = BTreeMap::new();
        for row in rows {
            let id = row["id"].as_str().unwrap();
            for entry in self.home.history(id) {
                kept.insert((id.to_owned(), entry["seq"].as_u64().unwrap()), entry);
            }
        }
        let lost = self.told.iter().filter(|(place, entry)| kept.get(place) != Some(entry));
        lost.map(|(place, entry)| format!("told {entry}, kept {:?}", kept.get(place))).collect()
    }

    fn pick(&self, rows: &[Value], standings: &[&str]) -> Option<String> {
        let fitting: Vec<_> = rows.iter().filter(|row| stands(row, standings)).collect();
        let row = fitting.get(self.below(fitting.len()))?;
        Some(row["id"].as_str().unwrap().to_owned())
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.dice.below(bound as u64)).expect("it is below")
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        if thread::panicking() {
            let home = self.home.keep();
            let state = home.join("cloud.json");
            fs::write(&state, self.cloud.state().to_string()).ok();
            eprintln!(
                "failed with {SEED}={} after {} kills; kept: `{}` and the cloud in `{}`",
                self.seed,
                self.figures.kills,
                home.display(),
                state.display(),
            );
        }
    }
}

fn stands(row: &Value, standings: &[&str]) -> bool {
    standings.iter().any(|standing| row["standing"] == *standing)
}

/// Which deployment a verb's outcome is about.
fn deployment_of(ended: &Ended) -> String {
    let outcome = ended.documents().pop().expect("it says what became of it");
    outcome["deployment"]["id"].as_str().unwrap().to_owned()
}
