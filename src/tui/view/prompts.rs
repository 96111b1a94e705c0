//! The question before leaving: what each way out does, and what goes on costing money meanwhile.

use crate::domain::summary::Standing;
use crate::tui::model::Model;
use crate::tui::model::drain::Drain;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog;

/// Asks before leaving while sagas are under way.
pub(super) fn quit(model: &Model, canvas: &mut Canvas<'_>) {
    let running = model.list.unfinished();
    let mut inside = dialog::open(canvas, "Leave?", &model.environment, 60, 9);
    let theme = inside.theme;
    let y = dialog::paragraph(&mut inside, 0, &what_runs(model), theme.plain());
    let (words, style) = match model.list.stalls().next() {
        None if running == 0 => ("Nothing is left under way.".to_owned(), theme.good()),
        None => (what_stays(model), theme.plain()),
        Some(_) => (
            "The journal cannot be written: what is not in it yet goes with this screen. Mend it \
             first; what is out there keeps billing."
                .to_owned(),
            theme.danger(),
        ),
    };
    let y = dialog::paragraph(&mut inside, y, &words, style) + 1;
    let mut answers = Vec::new();
    if model.may_drain() {
        answers.push(("d", theme.strong(), "drain: start no more, leave when all have answered"));
    }
    answers.push(match running {
        0 => ("l", theme.danger(), "leave"),
        _ => ("l", theme.danger(), "leave now: the next start settles what is cut off"),
    });
    answers.push(match model.drain {
        Drain::No => ("Esc", theme.strong(), "stay (Enter)"),
        Drain::Begun { .. } => ("Esc", theme.strong(), "go on draining (Enter)"),
    });
    // The ways out are seen, however little room there is.
    let y = y.min(inside.height().saturating_sub(answers.len()));
    for (down, (key, style, does)) in answers.into_iter().enumerate() {
        let blank = " ".repeat(inside.width());
        inside.put(0, y + down, &blank, theme.plain());
        dialog::answer(&mut inside, (0, y + down), (key, style), does);
    }
}

/// How many sagas have not ended, and how they stand.
fn what_runs(model: &Model) -> String {
    let parts: Vec<String> = [
        (Standing::Running, "going forward"),
        (Standing::RollingBack, "being undone"),
        (Standing::Held, "on hold"),
        (Standing::NeedsYou, "waiting for you"),
    ]
    .into_iter()
    .filter(|(standing, _)| model.list.count(*standing) > 0)
    .map(|(standing, words)| format!("{} {words}", model.list.count(standing)))
    .collect();
    match model.list.unfinished() {
        0 => "Every saga has ended meanwhile.".to_owned(),
        1 => format!("1 saga has not ended: {}.", parts.join(", ")),
        running => format!("{running} sagas have not ended: {}.", parts.join(", ")),
    }
}

/// What becomes of them, and what they cost meanwhile. A row knows of a droplet once that has an address:
/// there may be more of them.
fn what_stays(model: &Model) -> String {
    let rows = model.list.rows().filter(|row| !row.standing.is_finished());
    let bills = match rows.filter(|row| row.ipv4.is_some()).count() {
        0 => "what is out there keeps billing".to_owned(),
        1 => "1 droplet or more keeps billing".to_owned(),
        droplets => format!("{droplets} droplets or more keep billing"),
    };
    let rest = format!("resume at the next start; until then nothing moves and {bills}.");
    let left = match model.drain {
        Drain::No => return format!("They are safe in the journal and {rest}"),
        Drain::Begun { calls: None } => "not every call has answered".to_owned(),
        Drain::Begun { calls: Some(1) } => "1 call has not answered".to_owned(),
        Drain::Begun { calls: Some(calls) } => format!("{calls} calls have not answered"),
    };
    format!("It is draining, which cannot be taken back: {left}. All of them {rest}")
}
