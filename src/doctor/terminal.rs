//! Whether the dashboard can be drawn here.

use crate::doctor::finding::{Area, Finding};

/// What was found of the terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TerminalFacts {
    /// Its columns and rows; nothing when stdout is none.
    pub size: Option<(u16, u16)>,
    /// `$TERM`.
    pub term: Option<String>,
    /// The first of `$LC_ALL`, `$LC_CTYPE` and `$LANG` that is set.
    pub locale: Option<String>,
    /// Whether the dashboard will draw with ASCII only.
    pub glyphs: Glyphs,
    /// Whether the dashboard will use colour.
    pub colors: Colors,
    /// The program between us and the terminal.
    pub multiplexer: Option<&'static str>,
}

/// What the dashboard draws with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Glyphs {
    /// Lines and signs.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

/// Whether the dashboard uses colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colors {
    /// The sixteen that the terminal names.
    #[default]
    Ansi,
    /// None.
    None,
}

/// Below this the dashboard shows one pane only, and no saga lanes.
const SMALL: (u16, u16) = (64, 17);

/// What is told of the terminal.
pub fn judge(facts: &TerminalFacts) -> Vec<Finding> {
    let Some((columns, rows)) = facts.size else {
        return vec![Finding::not_checked(
            Area::Terminal,
            "size",
            "stdout is no terminal; every verb works, and the dashboard lists instead",
        )];
    };
    let size = format!("{columns} columns and {rows} rows");
    let mut findings = vec![if columns < SMALL.0 || rows < SMALL.1 {
        Finding::warning(Area::Terminal, "size", format!("{size} show one pane at a time"))
            .remedy(format!("{} by {} show list, saga and log", SMALL.0, SMALL.1))
    } else {
        Finding::ok(Area::Terminal, "size", size)
    }];
    let colors = match facts.colors {
        Colors::Ansi => "16 colours",
        Colors::None => "no colour",
    };
    let glyphs = match facts.glyphs {
        Glyphs::Unicode => "Unicode",
        Glyphs::Ascii => "ASCII only",
    };
    let term = facts.term.as_deref().unwrap_or("not set");
    let text = format!("{colors}, {glyphs}; TERM is {term}");
    findings.push(match (&facts.term, &facts.locale, facts.glyphs) {
        (None, _, _) => Finding::warning(Area::Terminal, "kind", text)
            .remedy("set TERM to what the terminal is, such as xterm-256color"),
        (Some(_), None, Glyphs::Unicode) => Finding::warning(Area::Terminal, "kind", text)
            .because("no locale is set, so it is a guess that signs are shown")
            .remedy("set LANG to a UTF-8 locale such as C.UTF-8, or use --ascii"),
        (Some(_), _, _) => Finding::ok(Area::Terminal, "kind", text),
    });
    let is_plain = facts
        .term
        .as_deref()
        .is_some_and(|term| !(term.starts_with("tmux") || term.starts_with("screen")));
    if let Some(multiplexer) = facts.multiplexer {
        let text = format!("it runs inside {multiplexer}");
        findings.push(if is_plain {
            Finding::warning(Area::Terminal, "multiplexer", text)
                .because(format!("TERM is {term}, which it does not speak"))
                .remedy(format!("set default-terminal in {multiplexer}, such as tmux-256color"))
        } else {
            Finding::ok(Area::Terminal, "multiplexer", text)
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    fn of(facts: &TerminalFacts) -> Vec<Verdict> {
        judge(facts).into_iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn a_terminal_is_judged_by_what_the_dashboard_needs() {
        let text = |text: &str| Some(text.to_owned());
        let good = TerminalFacts {
            size: Some((120, 36)),
            term: text("xterm-256color"),
            locale: text("C.UTF-8"),
            ..TerminalFacts::default()
        };
        assert_eq!(of(&good), [Verdict::Ok, Verdict::Ok]);
        assert_eq!(of(&TerminalFacts::default()), [Verdict::NotChecked]);
        let small = TerminalFacts { size: Some((63, 24)), ..good.clone() };
        assert_eq!(of(&small)[0], Verdict::Warning);
        for vague in [
            TerminalFacts { term: None, ..good.clone() },
            TerminalFacts { locale: None, ..good.clone() },
        ] {
            assert_eq!(of(&vague)[1], Verdict::Warning);
        }
        let inside = TerminalFacts { multiplexer: Some("tmux"), ..good };
        assert_eq!(of(&inside)[2], Verdict::Warning);
        let honest = TerminalFacts { term: text("tmux-256color"), ..inside };
        assert_eq!(of(&honest)[2], Verdict::Ok);
    }
}
