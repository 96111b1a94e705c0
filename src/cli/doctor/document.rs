//! `arcadia doctor --json`: one document. Fields are added, never renamed or given another meaning.

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::doctor::why;
use crate::doctor::finding::{Finding, Subject, Verdict};
use crate::doctor::plan::Act;
use crate::doctor::report::{Report, subject};

/// The version of the document.
const VERSION: u32 = 1;

/// The whole document.
#[derive(Serialize)]
pub(super) struct Document {
    v: u32,
    /// When, in RFC 3339.
    at: String,
    /// The gravest verdict that stands after what was done: it decides the exit code.
    verdict: &'static str,
    /// How many findings have each verdict.
    counts: Counts,
    findings: Vec<Value>,
    /// What `--fix` does with the same flags, in order.
    plan: Vec<Value>,
    /// What was done of it; empty without `--fix`.
    repairs: Vec<Value>,
}

#[derive(Serialize)]
struct Counts {
    ok: usize,
    not_checked: usize,
    warning: usize,
    problem: usize,
}

impl Document {
    pub(super) fn of(report: &Report) -> Self {
        let repairs = report.repairs.iter().map(|repair| {
            let mut value = act(&repair.act);
            value["outcome"] = json!(repair.outcome.as_str());
            value["why"] = json!(why(&repair.outcome));
            value
        });
        Self {
            v: VERSION,
            at: report.at.to_string(),
            verdict: report.verdict().as_str(),
            counts: Counts {
                ok: report.count(Verdict::Ok),
                not_checked: report.count(Verdict::NotChecked),
                warning: report.count(Verdict::Warning),
                problem: report.count(Verdict::Problem),
            },
            findings: report.findings.iter().map(finding).collect(),
            plan: report.plan.iter().map(act).collect(),
            repairs: repairs.collect(),
        }
    }
}

fn finding(finding: &Finding) -> Value {
    json!({
        "area": finding.area.as_str(),
        "check": finding.check,
        "verdict": finding.verdict.as_str(),
        "text": finding.text,
        "evidence": finding.evidence,
        "remedy": finding.remedy,
        "subject": finding.subject.as_ref().map(thing),
    })
}

fn thing(subject: &Subject) -> Value {
    match subject {
        Subject::Droplet { id } => json!({ "kind": "droplet", "id": id }),
        Subject::Record { zone, id } => json!({ "kind": "record", "zone": zone, "id": id }),
        Subject::Deployment { name } => json!({ "kind": "deployment", "name": name }),
    }
}

fn act(act: &Act) -> Value {
    json!({
        "what": act.to_string(),
        "subject": thing(&subject(act)),
        "evidence": act.orphan.evidence,
        "saga": act.orphan.saga.map(|saga| saga.to_string()),
        "deployment": act.orphan.deployment.map(|deployment| deployment.to_string()),
    })
}
