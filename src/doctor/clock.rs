//! Whether this machine's clock tells the time.

use std::time::Duration;

use crate::doctor::finding::{Area, Finding};
use crate::domain::time::Timestamp;
use crate::providers::ServerTime;

/// From here on the end of a rate limit, which the provider gives as a time of day, is missed by more
/// than the wait between two looks, and the times of journal and provider no longer line up.
pub const NOTICEABLE: Duration = Duration::from_secs(5);

/// The first release is younger than this: 2025-01-01T00:00:00Z.
const BEFORE_US: Timestamp = Timestamp::from_millis(1_735_689_600_000);

/// What the clock looks like. `settle` is how long a look that finds nothing proves nothing, and
/// `latest` the latest time in the journal.
pub fn judge(
    now: Timestamp,
    server: Option<&ServerTime>,
    settle: Duration,
    latest: Option<Timestamp>,
) -> Vec<Finding> {
    let mut findings = vec![match server {
        Some(server) => skew(server, settle),
        None => {
            Finding::not_checked(Area::Clock, "skew", "no answer of the provider carried its time")
        }
    }];
    if now < BEFORE_US {
        let text = format!("the clock says {now}, which is before this program was made");
        findings.push(
            Finding::problem(Area::Clock, "year", text)
                .because("no certificate is valid then, so no provider can be reached")
                .remedy(SET_IT),
        );
    }
    if let Some(latest) = latest.filter(|latest| now.until(*latest) > NOTICEABLE) {
        let ahead = now.until(latest).as_secs();
        let text = format!("the journal's latest entry is {ahead} s in the future: {latest}");
        findings.push(
            Finding::warning(Area::Clock, "set_back", text)
                .because("the clock was set back, or the folder came from another machine")
                .because("waits that were begun before last that much longer")
                .remedy(SET_IT),
        );
    }
    findings
}

const SET_IT: &str = "let the clock be set: timedatectl set-ntp true, or chronyc makestep";

fn skew(server: &ServerTime, settle: Duration) -> Finding {
    let ServerTime { shown, asked, answered } = *server;
    // The header has whole seconds, cut off, and was written somewhere between asking and answer: all
    // that is certain is how far our clock is outside of that span.
    let (earliest, latest) = (shown, shown + Duration::from_secs(1));
    let (off, side) = if asked > latest {
        (asked.since(latest), "ahead of")
    } else {
        (answered.until(earliest), "behind")
    };
    if off.is_zero() {
        let text = "the clock agrees with the provider's to the second";
        return Finding::ok(Area::Clock, "skew", text);
    }
    let seconds = off.as_secs_f64();
    let text = format!("the clock is at least {seconds:.1} s {side} the provider's");
    if off < NOTICEABLE {
        return Finding::ok(Area::Clock, "skew", text);
    }
    let waits =
        "the end of a rate limit is missed by as much, and times in journal and log are off";
    if off < settle {
        return Finding::warning(Area::Clock, "skew", text).because(waits).remedy(SET_IT);
    }
    Finding::problem(Area::Clock, "skew", text)
        .because(waits)
        .because(format!(
            "when it is set right while sagas run, waits end early by more than the settle time \
             ({} s), after which a look that finds nothing counts as proof",
            settle.as_secs()
        ))
        .remedy(format!("hold the sagas that run, and {SET_IT}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    const NOON: Timestamp = Timestamp::from_millis(1_767_268_800_000);
    const SETTLE: Duration = Duration::from_secs(30);

    fn of(behind_millis: i64) -> (Verdict, String) {
        let asked = Timestamp::from_millis(NOON.as_millis() - behind_millis);
        let answered = asked + Duration::from_millis(200);
        let server = ServerTime { shown: NOON, asked, answered };
        let [finding] = judge(asked, Some(&server), SETTLE, None).try_into().unwrap();
        (finding.verdict, finding.text)
    }

    #[test]
    fn what_whole_seconds_and_a_slow_answer_explain_is_no_skew() {
        for behind in [-1_000, -500, 0, 200] {
            assert_eq!(of(behind).0, Verdict::Ok);
            assert!(of(behind).1.contains("agrees"), "{behind}");
        }
    }

    #[test]
    fn a_skew_is_graver_the_more_it_breaks() {
        assert_eq!(of(5_100).0, Verdict::Ok);
        assert_eq!(
            of(5_200),
            (Verdict::Warning, "the clock is at least 5.0 s behind the provider's".into())
        );
        assert_eq!(
            of(-7_000),
            (Verdict::Warning, "the clock is at least 6.0 s ahead of the provider's".into())
        );
        assert_eq!(of(30_199).0, Verdict::Warning);
        assert_eq!(of(30_200).0, Verdict::Problem);
        assert_eq!(of(-31_000).0, Verdict::Problem);
    }

    #[test]
    fn a_clock_before_the_program_or_before_its_journal_is_told() {
        let [_, year] = judge(Timestamp::from_millis(0), None, SETTLE, None).try_into().unwrap();
        assert_eq!((year.check, year.verdict), ("year", Verdict::Problem));
        let later = NOON + Duration::from_mins(1);
        let [skew, back] = judge(NOON, None, SETTLE, Some(later)).try_into().unwrap();
        assert_eq!(skew.verdict, Verdict::NotChecked);
        assert_eq!((back.check, back.verdict), ("set_back", Verdict::Warning));
        assert!(back.text.contains("60 s in the future"), "{}", back.text);
    }
}
