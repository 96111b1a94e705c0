//! The findings as a page: an area, its checks, and under each that is not well what to do.

use unicode_width::UnicodeWidthStr as _;

use crate::cli::doctor::why;
use crate::cli::text::printable;
use crate::doctor::finding::{Area, Finding, Verdict};
use crate::doctor::report::Report;

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
    lines.push(summary(report));
    lines.join("\n")
}

/// What `--fix` will do, a line each, with the grounds.
pub(super) fn plan(report: &Report) -> Vec<String> {
    let acts = report
        .plan
        .iter()
        .flat_map(|act| [format!("  {act}"), format!("      {}", act.orphan.evidence)]);
    acts.collect()
}

/// What was done.
pub(super) fn repairs(report: &Report) -> String {
    let lines = report.repairs.iter().map(|repair| {
        let outcome = repair.outcome.as_str().replace('_', " ");
        match why(&repair.outcome) {
            None => format!("{outcome}: {}", repair.act),
            Some(why) => format!("{outcome}: {}: {why}", repair.act),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
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
    let count = |verdict, one: &str, many: &str| {
        let count = report.count(verdict);
        format!("{count} {}", if count == 1 { one } else { many })
    };
    format!(
        "{}, {}, {} ok, {} not checked",
        count(Verdict::Problem, "problem", "problems"),
        count(Verdict::Warning, "warning", "warnings"),
        report.count(Verdict::Ok),
        report.count(Verdict::NotChecked),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
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

1 problem, 0 warnings, 1 ok, 0 not checked";
        assert_eq!(findings(&report(), None), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let page = findings(&report(), Some(50));
        assert!(page.lines().all(|line| line.width() <= 50), "{page}");
        assert!(page.contains("\n                 and nothing"), "{page}");
    }
}
