//! Follows one deployment until it has come to stand: a line per change in a pipe, a bar on a
//! terminal, and at the end what became of it.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;

use crate::cli::describe::{self, Detail, Teller};
use crate::cli::error::CliError;
use crate::cli::exit::{self, Aim, Exit};
use crate::cli::output::{Output, Tty};
use crate::cli::{Context, amount, json};
use crate::control::{Control, Notice, OrderRequest, Watch};
use crate::domain::aggregate::{Aggregate, Entry, Fact};
use crate::domain::id::{CommandId, DeploymentId};
use crate::domain::line;
use crate::domain::saga::event::{EventKind, Order};
use crate::domain::summary::{Activity, Standing, StepMark, Summary};
use crate::domain::text::printable;

/// What is told on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    /// Only what became of it.
    Outcome,
    /// Every change.
    Changes,
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Words,
    /// For programs.
    Json,
}

/// From where on the changes count.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    /// From the launch.
    Launch,
    /// From what is so already.
    Present,
    /// From this order; what came before it is no news.
    Order(CommandId),
}

/// What to follow, and to what end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pursuit {
    /// Whom.
    pub(crate) deployment: DeploymentId,
    /// From where on.
    pub(crate) from: From,
    /// What is meant to become of it.
    pub(crate) aim: Aim,
    /// What is told.
    pub(crate) tell: Tell,
    /// How it is told.
    pub(crate) form: Form,
}

impl Pursuit {
    /// Whether it is this command line that brings the deployment up: then Ctrl-C may mean that it
    /// must not come up after all.
    fn may_cancel(&self) -> bool {
        match self.from {
            From::Launch | From::Order(_) => self.aim == Aim::Active,
            From::Present => false,
        }
    }
}

/// Follows a deployment until it has come to stand, or until somebody detaches with Ctrl-C.
///
/// `watch` must have been taken before the launch or the order, so that nothing is missed.
pub(crate) async fn follow(
    control: &dyn Control,
    context: &mut Context,
    watch: Watch,
    pursuit: Pursuit,
) -> Result<Exit, CliError> {
    let mut notices = watch.notices;
    let mut question = Question::None;
    let mut picture = Picture::new(&context.output, pursuit);
    // What happened between the launch and the first notice read is in the journal as well; reading
    // it there makes a missed notice harmless.
    picture.catch_up(control, &context.output).await?;
    loop {
        if let Some(standing) = picture.settled() {
            picture.finish();
            return outcome(control, &context.output, pursuit, standing).await;
        }
        let happening = tokio::select! {
            biased;
            () = context.interrupts.next() => Happening::Interrupt,
            answer = question.answer() => Happening::Answer(answer),
            notice = notices.recv() => Happening::Notice(notice),
        };
        match happening {
            Happening::Notice(Ok(notice)) => match notice {
                Notice::Changed { summary, entries } => {
                    if summary.deployment == pursuit.deployment {
                        let missed = picture.take(&context.output, &entries);
                        if missed == Missed::Something {
                            picture.catch_up(control, &context.output).await?;
                        }
                        picture.show_focus(&summary);
                    }
                }
                Notice::Stalled { deployment, error, hint } => {
                    if deployment == pursuit.deployment {
                        picture.finish();
                        return Err(CliError::Stalled { error, hint });
                    }
                }
                Notice::Logged { .. } => {}
            },
            Happening::Notice(Err(RecvError::Lagged(_))) => {
                picture.catch_up(control, &context.output).await?;
            }
            Happening::Notice(Err(RecvError::Closed)) => {
                picture.finish();
                return Ok(detach(&context.output, &picture));
            }
            Happening::Interrupt => {
                let cancellable = pursuit.may_cancel() && question.is_none();
                if !(cancellable && context.output.can_ask() == Tty::Terminal) {
                    picture.finish();
                    return Ok(detach(&context.output, &picture));
                }
                let ask = "[c]ancel the launch, or [d]etach? (Enter: go on watching)";
                question = Question::Asked(context.output.ask(ask));
            }
            Happening::Answer(answer) => {
                question = Question::None;
                match answer.to_ascii_lowercase().as_str() {
                    "c" | "cancel" => {
                        let order = OrderRequest {
                            deployment: pursuit.deployment,
                            command: context.ids.command(),
                            order: Order::Cancel,
                            by: context.by.clone(),
                        };
                        // It may have come to stand while the question was open.
                        if let Err(error) = control.order(order).await {
                            context.output.failure(&error, None);
                        }
                    }
                    "d" | "detach" => {
                        picture.finish();
                        return Ok(detach(&context.output, &picture));
                    }
                    _ => {}
                }
            }
        }
    }
}

enum Happening {
    Notice(Result<Notice, RecvError>),
    Interrupt,
    Answer(String),
}

/// The question that Ctrl-C asks.
enum Question {
    None,
    Asked(oneshot::Receiver<String>),
}

impl Question {
    fn is_none(&self) -> bool {
        match self {
            Self::None => true,
            Self::Asked(_) => false,
        }
    }

    /// The answer, when it comes. Nobody answering is an answer, too: go on.
    async fn answer(&mut self) -> String {
        match self {
            Self::None => std::future::pending().await,
            Self::Asked(answer) => answer.await.unwrap_or_default(),
        }
    }
}

/// Whether entries were missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missed {
    Nothing,
    Something,
}

/// What is known of the deployment, and how far it has been told.
struct Picture {
    pursuit: Pursuit,
    aggregate: Option<Aggregate>,
    /// Whether the order that is followed has been seen.
    begun: Begun,
    teller: Teller,
    bar: Option<ProgressBar>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    NotYet,
    Yes,
}

impl Picture {
    fn new(output: &Output, pursuit: Pursuit) -> Self {
        let drawn = pursuit.tell == Tell::Changes
            && pursuit.form == Form::Words
            && output.terminals().stdout == Tty::Terminal
            && output.terminals().stderr == Tty::Terminal;
        let begun = match pursuit.from {
            From::Launch | From::Present => Begun::Yes,
            From::Order(_) => Begun::NotYet,
        };
        let teller = Teller::new(Detail::Changes);
        Self { pursuit, aggregate: None, begun, teller, bar: drawn.then(bar) }
    }

    /// Takes in what the journal has beyond what is known.
    async fn catch_up(&mut self, control: &dyn Control, output: &Output) -> Result<(), CliError> {
        let detail = control.show(self.pursuit.deployment).await?;
        self.take(output, &detail.entries);
        Ok(())
    }

    /// Takes entries in and tells them; those that are known already change nothing.
    fn take(&mut self, output: &Output, entries: &[Entry]) -> Missed {
        for entry in entries {
            let before = self.aggregate.clone();
            match (&mut self.aggregate, &entry.fact) {
                (Some(aggregate), _) if entry.seq < aggregate.next_seq() => continue,
                (Some(aggregate), _) => {
                    if aggregate.apply(entry).is_err() {
                        return Missed::Something;
                    }
                }
                (None, Fact::Launched(launch)) => {
                    self.aggregate = Some(Aggregate::launched((**launch).clone(), entry.at));
                }
                (None, _) => return Missed::Something,
            }
            if let (From::Order(ours), Fact::Saga(EventKind::Ordered { command, .. })) =
                (self.pursuit.from, &entry.fact)
                && ours == *command
            {
                self.begun = Begun::Yes;
            }
            self.tell(output, before.as_ref(), entry);
        }
        Missed::Nothing
    }

    fn tell(&mut self, output: &Output, before: Option<&Aggregate>, entry: &Entry) {
        let (Some(after), Begun::Yes, Tell::Changes) =
            (&self.aggregate, self.begun, self.pursuit.tell)
        else {
            return;
        };
        match self.pursuit.form {
            Form::Json => output.json(&json::Entry::of(self.pursuit.deployment, entry)),
            Form::Words => {
                let name = after.deployment.spec.name();
                for line in self.teller.lines(before, after, entry) {
                    let line = describe::stamped(entry.at, &name, &line);
                    match &self.bar {
                        Some(bar) => bar.suspend(|| output.data(&line)),
                        None => output.data(&line),
                    }
                }
            }
        }
    }

    /// Moves the bar, if there is one.
    fn show_focus(&self, summary: &Summary) {
        let Some(bar) = &self.bar else { return };
        let done = summary.marks.iter().filter(|mark| is_done(**mark)).count();
        bar.set_length(summary.marks.len() as u64);
        bar.set_position(done as u64);
        bar.set_message(printable(&focus_words(summary)).into_owned());
    }

    /// How it has come to stand, once it has and the order that is followed was taken.
    fn settled(&self) -> Option<Standing> {
        let aggregate = self.aggregate.as_ref().filter(|_| self.begun == Begun::Yes)?;
        let standing = Summary::of(aggregate).standing;
        let stands = match standing {
            Standing::Running | Standing::RollingBack => false,
            Standing::NeedsYou
            | Standing::Held
            | Standing::Active
            | Standing::Failed
            | Standing::Cancelled
            | Standing::RolledBack
            | Standing::Abandoned => true,
        };
        stands.then_some(standing)
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} {elapsed} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new(0).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(125));
    bar
}

fn is_done(mark: StepMark) -> bool {
    match mark {
        StepMark::Done | StepMark::Skipped | StepMark::NothingToUndo | StepMark::Undone => true,
        StepMark::Pending
        | StepMark::Running
        | StepMark::Waiting
        | StepMark::Failed
        | StepMark::Unknown
        | StepMark::Undoing
        | StepMark::UndoFailed => false,
    }
}

/// What the step that matters is doing, in a few words.
pub(crate) fn focus_words(summary: &Summary) -> String {
    let Some(focus) = &summary.focus else {
        return match summary.standing {
            Standing::Running => line::WAITS.to_owned(),
            Standing::NeedsYou
            | Standing::RollingBack
            | Standing::Held
            | Standing::Active
            | Standing::Failed
            | Standing::Cancelled
            | Standing::RolledBack
            | Standing::Abandoned => summary.why.clone().unwrap_or_default(),
        };
    };
    let step = format!("{} {}", focus.direction, focus.step);
    match &focus.activity {
        Activity::Calling { .. } => step,
        Activity::Waiting { note, .. } => format!("{step}: {note}"),
        Activity::Retrying { error, obeys_until: Some(_), .. } => {
            format!("{step}: told to wait: {error}")
        }
        Activity::Retrying { error, obeys_until: None, .. } => {
            format!("{step}: retry after {}/{}: {error}", focus.attempt, focus.tries)
        }
        Activity::GaveUp { error, .. } => {
            format!("{step}: gave up after {}/{}: {error}", focus.attempt, focus.tries)
        }
    }
}

/// Says what became of it, and what is left out there.
async fn outcome(
    control: &dyn Control,
    output: &Output,
    pursuit: Pursuit,
    standing: Standing,
) -> Result<Exit, CliError> {
    let detail = control.show(pursuit.deployment).await?;
    let exit = exit::of(pursuit.aim, standing);
    if pursuit.form == Form::Json {
        output.json(&json::Outcome::of(&detail, exit));
        return Ok(exit);
    }
    let summary = Summary::of(&detail.aggregate);
    let at = summary.ended_at.unwrap_or(summary.changed_at);
    let took = amount::span(at.since(summary.launched_at));
    let why = summary.why.clone().unwrap_or_default();
    let left = |nothing: &'static str, something: &'static str| {
        if detail.leftovers.is_empty() { nothing } else { something }
    };
    let words = match standing {
        Standing::Active => match summary.ipv4 {
            Some(address) => format!("active at {address} after {took}"),
            None => format!("active after {took}"),
        },
        Standing::Failed => {
            let left = left("nothing left out there", "left out there:");
            format!("rolled back after {took}, {why}; {left}")
        }
        Standing::Cancelled | Standing::RolledBack => {
            format!("{why}; {}", left("nothing left out there", "left out there:"))
        }
        Standing::Abandoned => {
            format!("{why}; {}", left("nothing known to be out there", "still out there:"))
        }
        Standing::NeedsYou => format!("needs you, {why}{}", left("", "; still out there:")),
        Standing::Held => why,
        Standing::Running | Standing::RollingBack => "goes on".to_owned(),
    };
    let name = detail.aggregate.deployment.spec.name();
    output.data(&describe::stamped(at, &name, &words));
    if standing != Standing::Active && standing != Standing::Held {
        for leftover in &detail.leftovers {
            output.data(&format!("  {} (check: {})", leftover.what, leftover.check));
        }
    }
    if standing == Standing::NeedsYou {
        output.talk(&format!(
            "hint: `arcadia show {name}` has the details; then retry, skip or abandon it"
        ));
    }
    if standing == Standing::Held {
        output.talk(&format!("hint: `arcadia resume {name}` goes on"));
    }
    Ok(exit)
}

fn detach(output: &Output, picture: &Picture) -> Exit {
    let name = picture
        .aggregate
        .as_ref()
        .map_or_else(|| picture.pursuit.deployment.to_string(), |it| it.deployment.spec.name());
    output.talk(&format!("detached; {name} goes on where it is at the next start of arcadia"));
    Exit::Interrupted
}

/// Takes the watch that [`follow`] wants, and the row of a deployment with it.
pub(crate) async fn watch(
    control: &dyn Control,
    text: &str,
) -> Result<(Arc<Summary>, Watch), CliError> {
    let watch = control.watch().await?;
    let summary = crate::cli::resolve::resolve(&watch.summaries, text)?;
    Ok((summary, watch))
}
