//! One case: a path, and where the world stops in each life of the program. It runs on a runtime of
//! its own in paused time, so that it is the same whatever ran before it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arcadia::journal::JournalError;
use arcadia::journal::memory::{MemoryJournal, Verdict};

use crate::crash::audit;
use crate::crash::chronicle::Chronicle;
use crate::crash::operator::Operator;
use crate::crash::path::{NameBefore, Path};
use crate::crash::point::{Answer, Crash, LATE, Life, Point, Write};
use crate::support::cloud::{CutShort, Stop, TestCloud};
use crate::support::rig::{Rig, test_clock};
use crate::support::trouble::Troubles;

/// How often in a row a write is refused.
const REFUSALS: usize = 3;

/// What the sky looks like a good while after the end.
const AFTERWARDS: Duration = Duration::from_mins(10);

/// One case, as a failing one is told and replayed.
pub(crate) struct Case<'a> {
    pub(crate) path: &'a Path,
    pub(crate) crashes: &'a [Crash],
}

impl Case<'_> {
    /// Runs it, audits the end, and returns how long each life was. There are fewer lives than
    /// crashes ask for when a point lies beyond the end.
    pub(crate) fn run(&self) -> Vec<Life> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(self.play())
    }

    async fn play(&self) -> Vec<Life> {
        let clock = test_clock();
        let cloud = TestCloud::new(clock.clone());
        let chronicle = Chronicle::new(clock.clone());
        let record = put_records(&cloud, self.path.name_before);
        let rules: Vec<_> = self.path.faults.iter().map(|fault| fault.rule).collect();
        cloud.faults(&rules);
        cloud.witness(Arc::new(chronicle.clone()));
        let troubles = Troubles::new(self.path.troubles.iter().copied());
        let registry = troubles.registry(&cloud);
        let mut rig = Rig::with_registry(cloud, clock, registry).await;
        let mut operator = Operator::new(troubles, record);

        let mut lives = Vec::new();
        let mut crashes = self.crashes.iter();
        let mut crash = crashes.next();
        let mut life = Watched::begin(&rig.journal, &rig.cloud, &chronicle, crash);
        loop {
            let died = tokio::select! {
                biased;
                () = rig.journal.stopped() => true,
                () = rig.cloud.stopped() => true,
                () = operator.live(&rig, self.path) => false,
            };
            lives.push(life.ends(&rig.cloud));
            let Some(fatal) = crash.filter(|_| died) else { break };
            crash = crashes.next();
            chronicle.died();
            let cloud = rig.cloud.clone();
            cloud.stop_at(None);
            let begin = |journal: &MemoryJournal| {
                life = Watched::begin(journal, &cloud, &chronicle, crash);
            };
            rig.crash_and_restart_with(fatal.dead.0, begin).await;
            // The second crash may come before the first look.
            tokio::select! {
                biased;
                () = rig.journal.stopped() => {}
                () = operator.look(&rig) => {}
            }
        }
        let requests = rig.cloud.requests();
        tokio::time::sleep(AFTERWARDS).await;
        assert_eq!(rig.cloud.requests(), requests, "requests came after the end");
        audit::audit(&rig, self.path, &operator, &chronicle).await;
        lives
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path.name)?;
        self.crashes.iter().try_for_each(|crash| write!(f, " @ {crash}"))
    }
}

/// Puts the name's records there; returns the first.
fn put_records(cloud: &TestCloud, before: NameBefore) -> Option<u64> {
    let NameBefore::Records(records) = before else { return None };
    let put = records.iter().map(|(address, ttl)| cloud.put_record("web", address, *ttl));
    put.collect::<Vec<_>>().first().copied()
}

/// What is counted in one life.
struct Watched {
    appends: Arc<AtomicUsize>,
    requests_before: usize,
}

impl Watched {
    fn begin(
        journal: &MemoryJournal,
        cloud: &TestCloud,
        chronicle: &Chronicle,
        crash: Option<&Crash>,
    ) -> Self {
        let appends = Arc::new(AtomicUsize::new(0));
        let requests_before = cloud.requests();
        let point = crash.map(|crash| crash.point);
        if let Some(Point::Request(n, answer)) = point {
            let effect = match answer {
                Answer::Before => CutShort::Lost,
                Answer::After => CutShort::Done,
                Answer::Late => CutShort::DoneLater(LATE),
            };
            cloud.stop_at(Some(Stop { request: requests_before + n, effect }));
        }
        let (counted, chronicle) = (Arc::clone(&appends), chronicle.clone());
        let mut refusals = 0;
        journal.on_append(Box::new(move |batch| {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            let verdict = match point {
                Some(Point::Append(n, Write::Before)) if n == number => Verdict::StopBefore,
                Some(Point::Append(n, Write::After)) if n == number => Verdict::StopAfter,
                Some(Point::Append(n, Write::Refused))
                    if (n..n + REFUSALS).contains(&number) && refusals < REFUSALS =>
                {
                    refusals += 1;
                    Verdict::Refuse(JournalError::Full { path: "data".to_owned() })
                }
                Some(Point::Append(..) | Point::Request(..)) | None => Verdict::Store,
            };
            match verdict {
                Verdict::Store | Verdict::StopAfter => chronicle.appended(batch),
                Verdict::StopBefore | Verdict::Refuse(_) => {}
            }
            verdict
        }));
        Self { appends, requests_before }
    }

    fn ends(&self, cloud: &TestCloud) -> Life {
        Life {
            appends: self.appends.load(Ordering::Relaxed),
            requests: cloud.requests() - self.requests_before,
        }
    }
}
