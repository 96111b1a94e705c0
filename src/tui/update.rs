//! What a message means: the model after it, and what is wanted done. Pure; the time is in the
//! message.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::control::{Notice, NumberedLine};
use crate::domain::id::DeploymentId;
use crate::domain::log::LogPage;
use crate::domain::saga::plan::Direction;
use crate::domain::summary::{Activity, Standing, StepMark, Summary};
use crate::tui::effect::Effect;
use crate::tui::format;
use crate::tui::keymap::Command;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::past::Past;
use crate::tui::model::saga::{Applied, Opened};
use crate::tui::model::screen::Screen;
use crate::tui::model::{ActStage, Connection, Fetch, Model, Tone};
use crate::tui::msg::{Msg, What};

mod alert;
mod asking;
mod chord;
mod command_line;
mod dialog;
mod form;
mod freezing;
mod leaving;
mod muting;
mod orders;
mod panes;
mod pointer;
mod pulse;
mod question;
mod remembering;
mod screens;

/// How long after a picture could not be had it is asked for again.
const WATCH_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Takes a message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    model.now = msg.at;
    let mut effects = Vec::new();
    let may_be_kept = remembering::concerns(&msg.what);
    match msg.what {
        What::Key(key) if key.kind == KeyEventKind::Release => {}
        What::Key(key) => pressed(model, key, &mut effects),
        What::Pasted(text) => dialog::paste(model, &text, &mut effects),
        What::Pointed { target, gesture } => {
            model.list.freeze(model.now);
            pointer::pointed(model, target, gesture, &mut effects);
        }
        What::Resized { width, height } => model.size = (width, height),
        What::Due => {}
        What::Background(ground) => model.looks.suit(ground),
        What::Connected => {
            model.connection = Connection::Reading;
            model.offer.want(model.now);
            effects.push(Effect::Watch);
        }
        What::NotConnected(why) => model.connection = Connection::Failed(why),
        What::Pictured(Ok(summaries)) => {
            model.pulse.heard(model.now);
            alert::pictured(model, &summaries);
            freezing::pictured(model, summaries, &mut effects);
        }
        What::UsualRead(usual) => {
            model.usual.take(usual.unwrap_or_default());
            model.slow.news(model.now);
        }
        What::Pictured(Err(why)) => {
            model.connection = Connection::Lost(why);
            model.watch_again = Some(model.now + WATCH_AGAIN_AFTER);
        }
        What::Noticed(notice) => {
            pulse::noticed(model);
            alert::noticed(model, &notice);
            freezing::noticed(model, notice, &mut effects);
        }
        What::Lagged { missed } => {
            model.say(Tone::Plain, format!("{missed} notices missed; took a new picture"));
            model.usual.lose_track();
            effects.push(Effect::Watch);
        }
        What::Heartbeat(result) => pulse::came(model, &result),
        What::Drained(result) => leaving::drained(model, result),
        What::Silenced => {
            model.connection = Connection::Lost("the engine has stopped".to_owned());
        }
        What::Shown { deployment, result } => shown(model, deployment, result, &mut effects),
        What::LogsRead { deployment, page, result } => {
            logs_read(model, deployment, page, result);
        }
        What::HoldingsRead(result) => screens::holdings_read(model, result),
        What::HistoriesRead(result) => screens::histories_read(model, result),
        What::PlanRead { question, deployment, result } => {
            model.plans.take(question, deployment, result);
        }
        What::Ordered { deployment, verb, result } => {
            orders::answered(model, deployment, verb, result, &mut effects);
        }
        What::Exported(Ok(path)) => {
            model.say(Tone::Good, format!("all that is known of it: {path}"));
        }
        What::Exported(Err(why)) => model.say(Tone::Bad, format!("no file was written: {why}")),
        What::Launched { slug, result } => form::launched(model, slug, result, &mut effects),
        What::Planned(plan) => model.form.plan = Some(plan),
        What::CatalogueRead(catalogue) => {
            model.inventory.set_prices(Arc::clone(&catalogue));
            model.offer.take(catalogue, model.now);
        }
        What::Remembered(remembered) => {
            remembering::resume(model, &remembered, &mut effects);
        }
        What::Focused(focus) => model.alerts.focus = Some(focus),
        What::Warned(why) => model.say(Tone::Bad, why),
        What::AnswerLost => answer_lost(model, &mut effects),
    }
    pulse::feel(model, &mut effects);
    watch_again(model, &mut effects);
    question::read_plans(model, &mut effects);
    read_what_is_due(model, &mut effects);
    travel(model);
    model.forget_old();
    if model.frozen.is_none()
        && let Some(slow) = model.slow.look(&model.usual, &model.list, model.now)
    {
        model.list.set_slow(slow);
    }
    if !model.holds_still() {
        model.list.settle(model.now);
    }
    follow_selection(model, &mut effects);
    follow_log(model, &mut effects);
    screens::keep_up(model, &mut effects);
    muting::end(model);
    alert::call(model, &mut effects);
    if may_be_kept {
        remembering::keep(model, &mut effects);
    }
    effects
}

/// Takes a key in.
fn pressed(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    model.list.freeze(model.now);
    if !model.is_legible() {
        unseen(model, key, effects);
    } else if model.overlay.is_some() {
        model.chord.forget();
        dialog::key(model, key, effects);
    } else {
        model.inventory.freeze(model.now);
        chord::key(model, key, effects);
    }
}

/// Nobody sees what a key would do: only what needs no look is done.
fn unseen(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    model.chord.forget();
    match model.keymap.command(&[], key) {
        Some(command @ (Command::Interrupt | Command::Suspend | Command::Redraw)) => {
            panes::obey(model, command, effects);
        }
        Some(Command::Quit) if model.overlay.is_none() => {
            panes::obey(model, Command::Quit, effects);
        }
        // Whether to leave is asked on the screen that tells no more than that.
        Some(_) | None if matches!(model.overlay, Some(Overlay::Quit)) => {
            dialog::key(model, key, effects);
        }
        Some(_) | None => {}
    }
}

/// Asks for the picture that could not be had.
fn watch_again(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.watch_again.is_some_and(|at| at <= model.now) {
        model.watch_again = None;
        effects.push(Effect::Watch);
    }
}

/// Reads what nobody presses a key for.
fn read_what_is_due(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.offer.ask(model.now) {
        effects.push(Effect::ReadCatalogue);
    }
    if model.usual_read.begin(model.now) {
        effects.push(Effect::ReadUsual);
    }
}

/// Does what a key or a click asks for, on the view that is shown.
fn obey(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    match model.screen {
        Screen::Deployments => panes::obey(model, command, effects),
        Screen::Inventory | Screen::Audit => screens::obey(model, command, effects),
    }
}

/// Takes a whole picture in.
fn pictured(model: &mut Model, summaries: Vec<Arc<Summary>>, effects: &mut Vec<Effect>) {
    model.usual_read.want();
    model.connection = Connection::Open;
    screens::pictured(model, &summaries);
    model.list.replace(summaries, model.now);
    let list = &model.list;
    model.marks.keep(|id| list.row(id).is_some());
    question::look_again_at_all(model);
    dialog::look_again(model);
    refresh(model, effects);
    // Lines may have been missed with the notices; those that are here already stay one.
    let saga = model.saga.as_ref();
    effects.extend(saga.map(|saga| read_logs(saga.deployment, LogPage::Last)));
}

/// Takes in what happened.
fn take_in(model: &mut Model, notice: Notice, effects: &mut Vec<Effect>) {
    match notice {
        Notice::Changed { summary, entries } => {
            let id = summary.deployment;
            announce(model, &summary);
            screens::changed(model, &summary, &entries);
            model.usual.follow(id, &summary.region, &entries);
            model.slow.news(model.now);
            let concerns = model.overlay.is_some() && model.form.concerns(&summary);
            model.list.change(summary);
            if concerns {
                model.form.check_names(model.list.rows());
            }
            question::look_again(model, id, &entries);
            if model.acts.get(&id).is_some_and(|act| act.stage == ActStage::Accepted) {
                model.acts.remove(&id);
            }
            if let Some(saga) = model.saga.as_mut().filter(|saga| saga.deployment == id)
                && saga.apply(&entries) == Applied::ReadAgain
            {
                refresh(model, effects);
            }
        }
        Notice::Logged { deployment, line } => {
            if model.saga.as_ref().is_some_and(|saga| saga.deployment == deployment) {
                model.log.push(&line);
            }
        }
        Notice::Stalled { deployment, error, hint } => {
            // What stands at the bottom is no news the second time, and the row says it all along.
            if model.list.stalled(deployment).is_none() {
                let name = name(model, deployment);
                model.say(Tone::Bad, format!("{name} stands still: {error}"));
            }
            model.list.stall(deployment, error, hint, model.now);
        }
    }
}

fn logs_read(
    model: &mut Model,
    deployment: DeploymentId,
    page: LogPage,
    result: Result<Vec<NumberedLine>, String>,
) {
    if model.saga.as_ref().is_none_or(|saga| saga.deployment != deployment) {
        return;
    }
    match result {
        Ok(lines) => model.log.take(page, &lines),
        Err(why) => {
            model.say(Tone::Bad, format!("log lines cannot be read: {why}"));
            model.log.fail(why);
        }
    }
}

/// Says at the bottom that a saga came to a turn: a person should not have to watch for it.
fn announce(model: &mut Model, summary: &Arc<Summary>) {
    let Some(before) = model.list.row(summary.deployment) else { return };
    // A notice that was under way while a picture was taken may tell of what is long over.
    if before.standing == summary.standing || before.next_seq >= summary.next_seq {
        return;
    }
    // What was asked of many is summed up, and the rows show the rest.
    let asked_for = summary.standing != Standing::NeedsYou;
    if asked_for && model.outbox.speaks_for(summary.deployment) {
        return;
    }
    let why = summary.why.as_deref().map(|why| format!(": {}", format::why(why)));
    let why = why.unwrap_or_default();
    // A step that an operator dealt with is not undone because the saga ended.
    let skipped = summary.marks.iter().filter(|mark| **mark == StepMark::Skipped).count();
    let left = match skipped {
        0 => String::new(),
        1 => ", but for the step that was skipped".to_owned(),
        count => format!(", but for the {count} steps that were skipped"),
    };
    let (tone, text) = match summary.standing {
        Standing::NeedsYou => (Tone::Bad, format!("needs you{}", gave_up(summary).unwrap_or(why))),
        // What somebody asked for is no bad news.
        Standing::RollingBack if model.acts.contains_key(&summary.deployment) => {
            (Tone::Plain, format!("rolling back{why}"))
        }
        Standing::RollingBack => (Tone::Bad, format!("rolling back{why}")),
        Standing::Active => {
            let took = summary.changed_at.since(summary.launched_at);
            (Tone::Good, format!("active after {}", format::duration(took)))
        }
        Standing::Failed => (Tone::Bad, format!("failed, and undone{left}{why}")),
        Standing::Cancelled => (Tone::Plain, format!("cancelled, and undone{left}")),
        Standing::RolledBack => (Tone::Plain, format!("rolled back, and undone{left}")),
        Standing::Abandoned => (Tone::Plain, format!("abandoned{why}")),
        Standing::Held => (Tone::Plain, "on hold".to_owned()),
        Standing::Running => (Tone::Plain, "going on".to_owned()),
    };
    model.say(tone, format!("{} {}: {text}", format::time_of_day(model.now), summary.name()));
}

/// What gave up, which is what a person has to deal with first.
fn gave_up(summary: &Summary) -> Option<String> {
    let focus = summary.focus.as_ref()?;
    match &focus.activity {
        Activity::GaveUp { error, .. } => {
            let step = format::step(&focus.step);
            Some(match focus.direction {
                Direction::Forward => format!(": {step}: {error}"),
                Direction::Undo => format!(": undo {step}: {error}"),
            })
        }
        Activity::Calling { .. } | Activity::Waiting { .. } | Activity::Retrying { .. } => None,
    }
}

fn shown(
    model: &mut Model,
    deployment: DeploymentId,
    result: Result<Box<crate::control::Detail>, String>,
    effects: &mut Vec<Effect>,
) {
    let outdated = model.fetch == Fetch::Outdated;
    model.fetch = Fetch::Idle;
    let Some(saga) = &mut model.saga else { return };
    if saga.deployment != deployment {
        fetch(model, effects);
        return;
    }
    let first = saga.read().is_none();
    match result {
        Ok(detail) => saga.take(*detail),
        Err(why) if first => saga.fail(why),
        // The news are folded into what was read before: better than nothing at all.
        Err(why) => model.say(Tone::Bad, format!("it cannot be read again: {why}")),
    }
    if first {
        effects.push(read_logs(deployment, LogPage::Last));
    }
    if outdated {
        fetch(model, effects);
    }
}

/// Nobody knows which request it was: whatever was asked is taken for lost, and said to be in doubt.
fn answer_lost(model: &mut Model, effects: &mut Vec<Effect>) {
    model.fetch = Fetch::Idle;
    model.pulse.refused(model.now);
    leaving::lost(model, effects);
    screens::answer_lost(model);
    model.offer.lose(model.now);
    model.log.lose();
    let why = || "no answer came; the log file says why".to_owned();
    match model.connection {
        Connection::Opening => model.connection = Connection::Failed(why()),
        Connection::Reading => model.connection = Connection::Lost(why()),
        Connection::Open | Connection::Failed(_) | Connection::Lost(_) => {}
    }
    if !matches!(model.connection, Connection::Failed(_)) {
        // It may have been a picture, and without one no further news come.
        model.watch_again.get_or_insert(model.now + WATCH_AGAIN_AFTER);
    }
    if let Some(saga) = &mut model.saga
        && saga.read().is_none()
    {
        saga.fail("no answer came".to_owned());
    }
    model.plans.lose();
    orders::lost(model, effects);
    form::answer_lost(model);
    model.say(Tone::Bad, "a request ended without an answer; the log file says why");
}

/// Goes on with a history that goes by, and shows the log as it was at the moment that is shown.
fn travel(model: &mut Model) {
    screens::reach_moment(model);
    let Some(saga) = &mut model.saga else { return };
    saga.play(model.now);
    model.log.until = saga.past().map(Past::moment);
}

/// Opens what is selected.
fn follow_selection(model: &mut Model, effects: &mut Vec<Effect>) {
    let selected = model.list.selected().map(|row| row.deployment);
    if model.saga.as_ref().map(|saga| saga.deployment) == selected {
        return;
    }
    model.log.clear();
    model.saga = selected.map(Opened::reading);
    remembering::scroll_back(model);
    fetch(model, effects);
}

/// Shows the lines that are chosen, and reads those before them when they are looked for.
fn follow_log(model: &mut Model, effects: &mut Vec<Effect>) {
    let step = model.log_step().cloned();
    model.log.show(step.as_ref());
    let Some(saga) = &model.saga else { return };
    effects.extend(model.log.wanted().map(|page| read_logs(saga.deployment, page)));
}

fn read_logs(deployment: DeploymentId, page: LogPage) -> Effect {
    Effect::ReadLogs { deployment, page }
}

/// Reads the open saga again.
fn refresh(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.fetch {
        Fetch::Idle => fetch(model, effects),
        Fetch::Flying | Fetch::Outdated => model.fetch = Fetch::Outdated,
    }
}

fn fetch(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(saga) = &model.saga else { return };
    if model.fetch == Fetch::Idle {
        model.fetch = Fetch::Flying;
        effects.push(Effect::Show(saga.deployment));
    }
}

fn name(model: &Model, deployment: DeploymentId) -> String {
    model.list.row(deployment).map_or_else(|| deployment.to_string(), |row| row.name())
}
