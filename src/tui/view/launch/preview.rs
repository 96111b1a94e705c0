//! What a launch would do, step by step, before it does anything.

use crate::domain::saga::plan::{OnFailure, PlanStep};
use crate::domain::spec::DeploymentSpec;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::form::round::joined;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::launch::{Line, cost, deployments, wrapped};

/// How much of it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Each step.
    Full,
    /// How many there are, how long they take and what they cost.
    Short,
}

/// The lines of it; none before the draft makes sense.
pub(super) fn lines(model: &Model, detail: Detail, width: usize, theme: Theme) -> Vec<Line> {
    let (Some(plan), Some(specs)) = (&model.form.plan, model.form.specs()) else {
        return Vec::new();
    };
    let [first, ..] = specs else { return Vec::new() };
    let mut lines = Vec::new();
    if let Some(what) = deployments(model) {
        let names = joined(specs.iter().map(|spec| spec.slug.as_str()));
        lines.extend(wrapped(&format!("{what}: {names}"), theme.strong(), width));
    }
    let usual = model.usual.of_plan(plan, &first.region);
    let usual = usual.map(|span| format!(", usually {}", format::duration(span)));
    let steps = plan.steps();
    // What several cost in an hour stands above.
    let cost = if specs.len() == 1 { cost(model) } else { None };
    let cost = cost.map(|cost| format!(", {cost}"));
    let runs = format!(
        "{} {} steps{}{}{}",
        if specs.len() == 1 { "runs" } else { "each runs" },
        steps.len(),
        usual.unwrap_or_default(),
        cost.unwrap_or_default(),
        match model.form.on_failure {
            OnFailure::Rollback => "",
            OnFailure::Hold => "; a failure holds it",
        },
    );
    match detail {
        Detail::Short => lines.extend(wrapped(&runs, theme.quiet(), width)),
        Detail::Full => {
            let of = if specs.len() == 1 { String::new() } else { format!("; for {}", first.slug) };
            lines.extend(wrapped(&format!("{runs}{of}:"), theme.quiet(), width));
            for (index, step) in steps.iter().enumerate() {
                lines.extend(of_step(model, first, index, step, width, theme));
            }
        }
    }
    lines
}

/// A step, and how long it usually takes at the end of its first line.
fn of_step(
    model: &Model,
    spec: &DeploymentSpec,
    index: usize,
    step: &PlanStep,
    width: usize,
    theme: Theme,
) -> Vec<Line> {
    let usual = model.usual.of(&step.name, &spec.region);
    let usual = usual.map(|typical| format::duration(typical.median)).unwrap_or_default();
    let room = width.saturating_sub(text::width(&usual) + 4);
    let words = text::wrap(&text::clean(&does(model, spec, step)), room);
    let lines = words.into_iter().enumerate().map(|(down, words)| {
        let number = if down == 0 { (index + 1).to_string() } else { String::new() };
        let right = if down == 0 { usual.clone() } else { String::new() };
        Line { words: format!("{number:>2} {}", words.trim_end()), right, style: theme.plain() }
    });
    lines.collect()
}

/// What a step will do, with the very names and values.
fn does(model: &Model, spec: &DeploymentSpec, step: &PlanStep) -> String {
    match step.name.as_str() {
        "mark_deployment_provisioning" => format!("mark {} provisioning", spec.name()),
        "create_droplet" => {
            let price = model.offer.catalogue.price(&spec.size);
            let price =
                price.map(|price| format!(", {}", price.hourly.an_hour())).unwrap_or_default();
            let DeploymentSpec { droplet_name, size, region, image, .. } = spec;
            format!("create droplet {droplet_name} {size} in {region}{price}, from {image}")
        }
        "wait_droplet_active" => "wait until it is active and has an address".to_owned(),
        "register_inventory" => "register it in the inventory".to_owned(),
        "link_deployment_resource" => format!("link it to {}", spec.name()),
        "point_deployment_dns" => match &spec.dns {
            Some(name) => format!("point A {name} at it"),
            None => "point no name: there is no DNS domain".to_owned(),
        },
        "activate_deployment" => format!("mark {} active", spec.name()),
        // A plan may hold steps that this screen does not know.
        _ => format::step(&step.name),
    }
}
