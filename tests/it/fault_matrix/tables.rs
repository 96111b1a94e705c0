//! The outcomes as tables, one for each direction, which people read.

use std::fmt::Write as _;
use std::fs;

use arcadia::domain::saga::plan::Direction;

use crate::fault_matrix::Tried;
use crate::fault_matrix::case::{Case, Verdict};

/// Compares what came of the cases with what is committed.
pub(super) fn compare(tried: &[Tried]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    for direction in [Direction::Forward, Direction::Undo] {
        let of_it: Vec<_> = tried.iter().filter(|(case, _)| case.direction == direction).collect();
        insta::assert_snapshot!(format!("it__fault_matrix_{direction}"), table(&of_it));
    }
}

/// Looks for what came of these cases in what is committed.
pub(super) fn find(tried: &[Tried]) {
    for direction in [Direction::Forward, Direction::Undo] {
        let path = format!("tests/it/snapshots/it__fault_matrix_{direction}.snap");
        let committed = fs::read_to_string(&path).unwrap();
        for (case, verdict) in tried.iter().filter(|(case, _)| case.direction == direction) {
            let title = format!("{}\n", case.title());
            let of_call = committed.split("== ").find(|part| part.starts_with(&title)).unwrap();
            let entry = entry(case, verdict);
            let rest = of_call.split_once(&entry).map(|(_, rest)| rest);
            // What follows must not be more of the same entry.
            let is_whole = rest.is_some_and(|rest| !rest.starts_with("    "));
            assert!(is_whole, "not in {path}:\n== {title}{entry}");
        }
    }
}

fn table(tried: &[&Tried]) -> String {
    let mut text = String::new();
    let mut title = String::new();
    for (case, verdict) in tried {
        if case.title() != title {
            title = case.title();
            writeln!(text, "\n== {title}").unwrap();
        }
        text.push_str(&entry(case, verdict));
    }
    text
}

fn entry(case: &Case, verdict: &Verdict) -> String {
    let Some((trouble, times)) = case.trouble else { return String::new() };
    let calls = verdict.calls.get(case.route).copied().unwrap_or(0);
    let mut text = format!(
        "{:<50} {} -> {}; {calls} of this call, {} s\n",
        trouble.fault,
        times.as_str(),
        verdict.ended,
        verdict.took.as_secs(),
    );
    for line in &verdict.message {
        writeln!(text, "    {line}").unwrap();
    }
    text
}
