//! The question before leaving.

use crate::domain::summary::Standing;
use crate::tui::model::Model;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog;

/// Asks before leaving while sagas are under way.
pub(super) fn quit(model: &Model, canvas: &mut Canvas<'_>) {
    let running = model.list.unfinished();
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
    let mut inside = dialog::open(canvas, "Leave?", &model.environment, 60, 6);
    let theme = inside.theme;
    let sagas = if running == 1 { "saga has" } else { "sagas have" };
    let words = match running {
        0 => "Every saga has ended meanwhile.".to_owned(),
        _ => format!("{running} {sagas} not ended: {}.", parts.join(", ")),
    };
    let y = dialog::paragraph(&mut inside, 0, &words, theme.plain());
    let (words, style) = match model.list.stalls().next() {
        None if running == 0 => ("Nothing is left under way.", theme.good()),
        None => (
            "They are safe in the journal and resume at the next start; until then nothing moves and \
             what is out there keeps billing.",
            theme.plain(),
        ),
        Some(_) => (
            "The journal cannot be written: what is not in it yet goes with this screen. Mend it \
             first; what is out there keeps billing.",
            theme.danger(),
        ),
    };
    let y = dialog::paragraph(&mut inside, y, words, style) + 1;
    let y = y.min(inside.height().saturating_sub(1));
    let x = inside.put(0, y, "l", theme.danger());
    let x = inside.put(x + 1, y, "leave", theme.plain());
    let x = inside.put(x + 3, y, "Esc", theme.strong());
    inside.put(x + 1, y, "stay (Enter)", theme.plain());
}
