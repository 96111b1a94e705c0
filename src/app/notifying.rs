//! How somebody is called here: what is configured, and what the terminal is known to do.

use crate::config::{Environment, NotifyConfig, When};
use crate::tui::notify::{Bell, Notify, Osc9};

/// How somebody is called.
pub(super) fn how(config: &NotifyConfig, environment: &Environment) -> Notify {
    Notify {
        bell: match config.bell {
            When::Auto | When::Always => Bell::Rung,
            When::Never => Bell::Silent,
        },
        osc9: osc9(config.osc9, environment),
        command: config.command.clone(),
    }
}

fn osc9(when: When, environment: &Environment) -> Osc9 {
    let way = if environment.get("TMUX").is_some() { Osc9::ThroughTmux } else { Osc9::Plain };
    match when {
        When::Never => Osc9::Off,
        When::Auto if !shows_notifications(environment) => Osc9::Off,
        When::Auto | When::Always => way,
    }
}

/// Whether the terminal is one of those that are known to show the text of `OSC 9`. Within tmux it says
/// nothing of itself, but for iTerm2, which says it in a variable of its own.
fn shows_notifications(environment: &Environment) -> bool {
    let is = |name: &str, words: &[&str]| {
        environment.get(name).is_some_and(|value| words.iter().any(|word| value.starts_with(word)))
    };
    is("TERM_PROGRAM", &["iTerm.app", "WezTerm", "ghostty"])
        || is("LC_TERMINAL", &["iTerm2"])
        || is("TERM", &["xterm-kitty", "xterm-ghostty", "foot"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::paths::Platform;

    fn found(when: When, variables: &[(&str, &str)]) -> Osc9 {
        let environment = Environment::new(variables.iter().copied(), Platform::default());
        osc9(when, &environment)
    }

    #[test]
    fn a_terminal_is_asked_to_notify_where_it_is_known_to_or_somebody_says_so() {
        let tmux = ("TMUX", "/tmp/tmux-0/default,1,0");
        assert_eq!(found(When::Auto, &[("TERM", "xterm-256color")]), Osc9::Off);
        assert_eq!(found(When::Auto, &[("TERM", "xterm-kitty")]), Osc9::Plain);
        assert_eq!(found(When::Auto, &[("TERM_PROGRAM", "WezTerm")]), Osc9::Plain);
        assert_eq!(found(When::Auto, &[tmux, ("TERM_PROGRAM", "tmux")]), Osc9::Off);
        assert_eq!(found(When::Auto, &[tmux, ("LC_TERMINAL", "iTerm2")]), Osc9::ThroughTmux);
        assert_eq!(found(When::Always, &[tmux]), Osc9::ThroughTmux);
        assert_eq!(found(When::Never, &[("TERM", "xterm-kitty")]), Osc9::Off);
    }
}
