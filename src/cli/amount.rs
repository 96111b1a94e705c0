//! Times and spans as people read them.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// A span, in two units at most: `0.2s`, `41s`, `1m38s`, `2h05m`, `3d04h`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < 10 {
        return format!("{}.{}s", seconds, span.subsec_millis() / 100);
    }
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if minutes == 0 {
        format!("{seconds}s")
    } else if hours == 0 {
        format!("{minutes}m{:02}s", seconds % 60)
    } else if days == 0 {
        format!("{hours}h{:02}m", minutes % 60)
    } else {
        format!("{days}d{:02}h", hours % 24)
    }
}

/// The time of day in UTC: `03:09:24Z`.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{}Z", text.get(11..19).unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_two_units_at_most() {
        let told = |millis| span(Duration::from_millis(millis));
        assert_eq!(told(0), "0.0s");
        assert_eq!(told(4_190), "4.1s");
        assert_eq!(told(59_999), "59s");
        assert_eq!(told(98_000), "1m38s");
        assert_eq!(told(7_500_000), "2h05m");
        assert_eq!(told(273_600_000), "3d04h");
        assert_eq!(time_of_day(Timestamp::from_millis(1_700_000_000_123)), "22:13:20Z");
    }
}
