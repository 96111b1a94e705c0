//! Moments and durations, as short as they can be read.

use std::time::Duration;

use crate::domain::saga::plan::StepName;
use crate::domain::time::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration in at most six cells: `0.4s`, `48s`, `2m41s`, `3h07m`, `6d04h`, `120d`.
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{}.{}s", seconds, span.subsec_millis() / 100),
        10..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m{:02}s", seconds / MINUTE, seconds % MINUTE),
        HOUR..DAY => format!("{}h{:02}m", seconds / HOUR, seconds % HOUR / MINUTE),
        _ if seconds < 100 * DAY => format!("{}d{:02}h", seconds / DAY, seconds % DAY / HOUR),
        _ => format!("{}d", seconds / DAY),
    }
}

/// A duration that counts by the second: whole seconds, so that it changes once a second.
pub fn running(span: Duration) -> String {
    let whole = span.as_secs();
    if whole < 10 { format!("{whole}s") } else { duration(Duration::from_secs(whole)) }
}

/// Why a saga does not go forward, with the step that it names as a person reads it.
pub fn why(why: &str) -> String {
    match why.split_once(": ") {
        Some((name, rest)) if name.contains('_') && !name.contains(' ') => {
            format!("{}: {rest}", step(&name.into()))
        }
        Some(_) | None => why.to_owned(),
    }
}

/// A day in UTC: `2026-11-24`.
pub fn day(at: Timestamp) -> String {
    slice(at, 0..10)
}

/// A time of day in UTC: `03:12:01`.
pub fn time_of_day(at: Timestamp) -> String {
    slice(at, 11..19)
}

/// The time of day in UTC, or the day and the minute when it is another day's: `03:12:01`, `11-23 03:12`.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    let (day, time) = (day(at), time_of_day(at));
    if day == self::day(now) { time } else { format!("{} {}", &day[5..], &time[..5]) }
}

/// A time of day in UTC with milliseconds: `03:12:01.310`.
pub fn time_of_day_millis(at: Timestamp) -> String {
    slice(at, 11..23)
}

/// A step's name as a person reads it: short enough for a column, long enough to be told apart.
pub fn step(name: &StepName) -> String {
    match name.as_str() {
        "mark_deployment_provisioning" => "mark provisioning".to_owned(),
        "wait_droplet_active" => "wait until active".to_owned(),
        "link_deployment_resource" => "link deployment".to_owned(),
        "point_deployment_dns" => "point DNS".to_owned(),
        "activate_deployment" => "activate".to_owned(),
        // A plan in the journal may be older or newer than this program.
        name => name.replace('_', " "),
    }
}

fn slice(at: Timestamp, range: std::ops::Range<usize>) -> String {
    let text = at.to_string();
    text.get(range).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_takes_at_most_six_cells() {
        for (millis, text) in [
            (0, "0.0s"),
            (9_999, "9.9s"),
            (48_000, "48s"),
            (161_000, "2m41s"),
            (11_220_000, "3h07m"),
            (532_800_000, "6d04h"),
            (99 * 86_400_000, "99d00h"),
            (400 * 86_400_000, "400d"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
        assert_eq!(running(Duration::from_millis(2_900)), "2s");
    }

    #[test]
    fn a_step_that_is_not_known_here_still_reads_as_words() {
        assert_eq!(step(&"point_deployment_dns".into()), "point DNS");
        assert_eq!(step(&"create_load_balancer".into()), "create load balancer");
        assert_eq!(why("point_deployment_dns: 500: no"), "point DNS: 500: no");
        assert_eq!(why("cancelled by operator:ana"), "cancelled by operator:ana");
    }

    #[test]
    fn a_moment_is_shown_in_utc() {
        let at = Timestamp::from_millis(1_700_000_000_123);
        assert_eq!(time_of_day(at), "22:13:20");
        assert_eq!(time_of_day_millis(at), "22:13:20.123");
    }
}
