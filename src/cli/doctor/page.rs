//! The findings as a page: an area, its checks, and under each that is not well what to do.

use unicode_width::UnicodeWidthStr as _;

use crate::cli::doctor::why;

use crate::doctor::finding::{Area, Finding, Verdict};
use crate::doctor::report::Report;
use crate::domain::text::printable;

/// Where the texts begin: two blanks, the longest mark, two blanks.
const INDENT: usize = 15;

/// The narrowest page whose lines are broken; on a narrower one the terminal does it.
const NARROWEST: usize = 40;

/// What was found. Lines are broken at `columns`, when somebody reads them there.
pub(super) fn findings(report: &Report, columns: Option<u16>) -> String {
    let mut lines = Vec::new();
    let mut area = None;
    for finding in &report.findings {
        if area != Some(finding.area) {
            area = Some(finding.area);
            lines.push(title(finding.area).to_owned());
        }
        lines.extend(finding_lines(finding, columns.map(usize::from)));
    }
    lines.push(String::new());
    lines.extend(broken("", &summary(report), columns.map(usize::from)));
    lines.join("\n")
}

/// What `--fix` will do, in order, with the grounds.
pub(super) fn plan(report: &Report, columns: Option<u16>) -> Vec<String> {
    let columns = columns.map(usize::from);
    let acts = report.plan.iter().flat_map(|act| {
        let mut lines = broken("  ", &act.to_string(), columns);
        lines.extend(broken("    - ", &act.orphan.evidence, columns));
        lines
    });
    acts.collect()
}

/// What was done, and what still stands.
pub(super) fn repairs(report: &Report) -> String {
    let lines = report.repairs.iter().map(|repair| {
        let outcome = repair.outcome.as_str().replace('_', " ");
        let text = match why(&repair.outcome) {
            None => format!("{outcome}: {}", repair.act),
            Some(why) => format!("{outcome}: {}: {why}", repair.act),
        };
        // Here, and not by whoever writes it: a name with a line feed must not become two lines.
        printable(&text).into_owned()
    });
    let mut lines: Vec<_> = lines.collect();
    if !lines.is_empty() && report.standing().any(is_problem) {
        lines.push(format!("{} still stands", problems(report.standing())));
    }
    lines.join("\n")
}

fn title(area: Area) -> &'static str {
    match area {
        Area::Configuration => "configuration",
        Area::Token => "token",
        Area::DataFolder => "data folder",
        Area::Journal => "journal",
        Area::Archive => "archive",
        Area::Clock => "clock",
        Area::Terminal => "terminal",
        Area::Cloud => "cloud",
        Area::Orphans => "orphans",
        Area::Drift => "drift",
    }
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::NotChecked => "not checked",
        Verdict::Warning => "warning",
        Verdict::Problem => "PROBLEM",
    }
}

fn finding_lines(finding: &Finding, columns: Option<usize>) -> Vec<String> {
    let head = format!("  {:<11}  ", mark(finding.verdict));
    let mut lines = broken(&head, &finding.text, columns);
    let rest = " ".repeat(INDENT);
    for evidence in &finding.evidence {
        lines.extend(broken(&format!("{rest}- "), evidence, columns));
    }
    if let Some(remedy) = &finding.remedy {
        lines.extend(broken(&format!("{rest}do: "), remedy, columns));
    }
    lines
}

/// A text behind its head, its further lines below its beginning.
fn broken(head: &str, text: &str, columns: Option<usize>) -> Vec<String> {
    let text = printable(text);
    let Some(columns) = columns.filter(|columns| *columns >= NARROWEST) else {
        return vec![format!("{head}{text}")];
    };
    let mut lines = Vec::new();
    let mut line = head.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.width() + 1 + word.width() > columns {
            lines.push(std::mem::replace(&mut line, " ".repeat(head.width())));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

fn summary(report: &Report) -> String {
    let warnings = match report.count(Verdict::Warning) {
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    };
    format!(
        "{}, {warnings}, {} ok, {} not checked",
        problems(report.findings.iter()),
        report.count(Verdict::Ok),
        report.count(Verdict::NotChecked),
    )
}

/// How many problems there are, and where: the top of the page may be out of sight.
fn problems<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let areas: Vec<_> =
        findings.filter(|finding| is_problem(finding)).map(|finding| title(finding.area)).collect();
    let count = areas.len();
    let mut places = areas;
    places.dedup();
    let places = places.join(", ");
    match count {
        0 => "0 problems".to_owned(),
        1 => format!("1 problem ({places})"),
        _ => format!("{count} problems ({places})"),
    }
}

fn is_problem(finding: &Finding) -> bool {
    finding.verdict == Verdict::Problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::plan::{Act, Certainty, Orphan, Thing};
    use crate::doctor::report::{Outcome, Repair};
    use crate::doctor::world;
    use crate::domain::time::Timestamp;

    fn report() -> Report {
        let findings = vec![
            Finding::problem(Area::Orphans, "x", "droplet 7 e\u{1b}[2Jvil has no owner")
                .because("its saga ended a long time ago and nothing is left of it at all, it says")
                .remedy("arcadia doctor --fix"),
            Finding::ok(Area::Token, "y", "it comes from $DIGITALOCEAN_TOKEN"),
        ];
        Report::new(Timestamp::from_millis(0), findings, Vec::new())
    }

    #[test]
    fn a_page_has_an_area_its_marks_and_what_to_do() {
        let expected = "\
token
  ok           it comes from $DIGITALOCEAN_TOKEN
orphans
  PROBLEM      droplet 7 e\\u{1b}[2Jvil has no owner
               - its saga ended a long time ago and nothing is left of it at all, it says
               do: arcadia doctor --fix

1 problem (orphans), 0 warnings, 1 ok, 0 not checked";
        assert_eq!(findings(&report(), None), expected);
    }

    #[test]
    fn a_name_with_a_line_feed_forges_no_line() {
        let mut droplet = world::droplet(7, &[], "203.0.113.7");
        droplet.name = "a\ndone: x".to_owned();
        let orphan = Orphan {
            thing: Thing::Droplet(droplet),
            certainty: Certainty::Certain,
            evidence: "b\nc".to_owned(),
            saga: None,
            deployment: None,
        };
        let act = Act { orphan };
        let mut report = Report::new(Timestamp::from_millis(0), Vec::new(), vec![act.clone()]);
        report.repairs.push(Repair { act, outcome: Outcome::Failed { why: "d\ne".to_owned() } });
        assert_eq!(plan(&report, None).len(), 2);
        assert_eq!(repairs(&report).lines().count(), 1);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let page = findings(&report(), Some(50));
        assert!(page.lines().all(|line| line.width() <= 50), "{page}");
        assert!(page.contains("\n                 and nothing"), "{page}");
    }
}
