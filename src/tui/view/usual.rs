//! What is slow here and now, beside what is usual.

use crate::domain::saga::plan::StepName;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::domain::usual::Typical;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::slow::going_forward;
use crate::tui::theme::Theme;

/// How the step that goes forward now compares with what is usual.
pub(super) struct Pace<'a> {
    /// Which step.
    pub(super) step: &'a StepName,
    /// Since when it has been under way.
    pub(super) since: Timestamp,
    /// How long it usually takes in this region.
    pub(super) typical: Typical,
    /// How many of a hundred runs were over by now.
    slower_than: usize,
}

/// How a deployment that goes forward compares with what is usual; `None` when that is not known.
pub(super) fn pace<'a>(model: &Model, row: &'a Summary) -> Option<Pace<'a>> {
    let step = going_forward(row)?;
    let since = model.usual.since(row.deployment, step)?;
    let took = model.shown_at().since(since);
    Some(Pace {
        step,
        since,
        typical: model.usual.of(step, &row.region)?,
        slower_than: model.usual.slower_than(step, &row.region, took)?,
    })
}

impl Pace<'_> {
    /// How many times the usual span it has taken, with a sign when nine of ten were over by now:
    /// `3.1x ▲`.
    pub(super) fn ratio(&self, now: Timestamp, theme: Theme) -> String {
        let took = now.since(self.since).as_millis();
        let tenths = took * 10 / self.typical.median.as_millis().max(1);
        let sign = if self.is_slow(now) { theme.signs().warning } else { "" };
        match tenths {
            ..1_000 => format!("{}.{}x {sign}", tenths / 10, tenths % 10),
            1_000.. => format!(">99x {sign}"),
        }
    }

    /// Whether nine of ten were over by now.
    pub(super) fn is_slow(&self, now: Timestamp) -> bool {
        now.since(self.since) > self.typical.p90
    }

    /// The same in words: `31s, 9 of 10 within 48s; this one is slower than 92 %`.
    pub(super) fn words(&self) -> String {
        let (median, p90) =
            (format::duration(self.typical.median), format::duration(self.typical.p90));
        let slower = match self.slower_than {
            0..50 => String::new(),
            percent => {
                format!("; this one is slower than {percent} % of {} runs", self.typical.runs)
            }
        };
        format!("{median}, 9 of 10 within {p90}{slower}")
    }
}
