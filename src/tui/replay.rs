//! A session that was taken down, shown again: the same messages, taken in by the same `update`, drawn by
//! the same `view`. Nothing that it asks for is done: there is no engine, no journal and no network.

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::stream::StreamExt as _;
use tokio::time::Instant;

use crate::tui::msg::Msg;
use crate::tui::options::TuiError;
use crate::tui::replay::playback::Playback;
use crate::tui::runtime::signals::{Signals, Wish};
use crate::tui::runtime::{Presence, Screen};
use crate::tui::tape::{Looks, Start};
use crate::tui::terminal::{OfScreen, TakenTerminal};

pub mod page;
pub mod playback;

/// A session that was taken down.
#[derive(Debug)]
pub struct Script {
    /// What it began with.
    pub start: Start,
    /// Everything that reached its screen, in its order.
    pub msgs: Vec<Msg>,
}

/// How fast a session is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// As fast as it went, long pauses apart.
    Life,
    /// Ten times as fast.
    Tenfold,
    /// To its end at once.
    Max,
}

/// How a session is shown again.
#[derive(Debug, Clone, Copy)]
pub struct Showing {
    /// How things look here, whatever they looked like there.
    pub looks: Looks,
    /// How fast.
    pub speed: Speed,
    /// After how many messages it begins.
    pub from: usize,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Leave,
    Pause,
    Forward,
    Redraw,
    Suspend,
    Nothing,
}

/// Shows a session in the terminal until somebody leaves.
///
/// # Errors
/// When the terminal refuses something. It is given back in any case.
pub async fn show(script: Script, showing: Showing) -> Result<(), TuiError> {
    let mut terminal = TakenTerminal::take()?;
    let playback = Playback::new(script, showing);
    OfScreen::new(run(&mut terminal, playback)).await
}

async fn run(screen: &mut impl Screen, mut playback: Playback) -> Result<(), TuiError> {
    let (mut keys, mut signals) = (EventStream::new(), Signals::listen()?);
    let (mut shown_at, mut presence) = (Instant::now(), Presence::Here);
    loop {
        let wait = match presence {
            Presence::Here => {
                let (model, state) = playback.picture();
                screen.draw(model, state)?;
                playback.wait()
            }
            Presence::Suspended => None,
        };
        let next_at = shown_at + wait.unwrap_or_default();
        tokio::select! {
            biased;
            event = keys.next() => match event {
                Some(event) => match asked(&event?) {
                    Asked::Leave => return Ok(()),
                    Asked::Pause => {
                        playback.pause_or_go_on();
                        shown_at = Instant::now();
                    }
                    Asked::Forward => playback.step(),
                    Asked::Redraw => screen.redraw()?,
                    Asked::Suspend => {
                        presence = Presence::Suspended;
                        screen.suspend()?;
                    }
                    Asked::Nothing => {}
                },
                None => return Ok(()),
            },
            wish = signals.next() => match wish {
                Wish::Leave => return Ok(()),
                Wish::Suspend => {
                    presence = Presence::Suspended;
                    screen.suspend()?;
                }
                Wish::Resume => {
                    screen.resume()?;
                    presence = Presence::Here;
                    shown_at = Instant::now();
                }
            },
            () = tokio::time::sleep_until(next_at), if wait.is_some() => {
                playback.go_on();
                shown_at = Instant::now();
            }
        }
    }
}

fn asked(event: &Event) -> Asked {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => of_key(*key),
        Event::Resize(..) => Asked::Redraw,
        Event::Key(_)
        | Event::FocusGained
        | Event::FocusLost
        | Event::Mouse(_)
        | Event::Paste(_) => Asked::Nothing,
    }
}

fn of_key(key: KeyEvent) -> Asked {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control {
        return match key.code.as_char() {
            Some('c') => Asked::Leave,
            Some('l') => Asked::Redraw,
            Some('z') => Asked::Suspend,
            Some(_) | None => Asked::Nothing,
        };
    }
    if let KeyCode::Char('q') | KeyCode::Esc = key.code {
        Asked::Leave
    } else if let KeyCode::Char(' ') = key.code {
        Asked::Pause
    } else if let KeyCode::Char('.') = key.code {
        Asked::Forward
    } else {
        Asked::Nothing
    }
}
