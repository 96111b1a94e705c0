//! A theme's file: the look of every role, each named once.
//!
//! ```toml
//! inherits = "dark"        # leave out what shall be as there; without it, every role is named
//! background = "#121212"   # painted; without it, the terminal's own is left as it is
//!
//! [roles]
//! danger = { fg = "#ff8787", modifiers = ["bold"] }
//! strong = { modifiers = ["bold"] }
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use ratatui::style::{Color, Modifier};
use toml::de::DeValue;

use crate::config::document::{self, Line};
use crate::config::schema;
use crate::domain::text::bounded;
use crate::tui::theme::color;
use crate::tui::theme::palette::{Look, Palette};
use crate::tui::theme::role::Role;

/// What letters may be drawn as, beside their colour.
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

/// What a role may say.
const LOOK: [&str; 3] = ["fg", "bg", "modifiers"];

/// The longest value that is said back, in characters.
const SHOWN: usize = 60;

/// A theme cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// The file cannot be read.
    #[error("the theme `{}` cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file makes no sense.
    #[error("a theme does not make sense{}", listed(.0))]
    Problems(Vec<ThemeProblem>),
    /// Nothing has that name.
    #[error("there is no theme `{}`{}; there are {}", shown(name), meant(nearest.as_ref()), known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// Every name that there is.
        known: Vec<String>,
    },
}

impl ThemeError {
    /// What may help.
    pub fn hint(&self) -> String {
        "`ARCADIA_UI_THEME=auto arcadia` starts with the built-in theme; `arcadia config example` \
         says what a theme's file holds"
            .to_owned()
    }
}

/// One thing in a theme's file that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeProblem {
    /// Which file.
    pub path: PathBuf,
    /// Where, counted from 1; `None` for something that is missing.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub text: String,
}

impl fmt::Display for ThemeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// How many problems are listed: more than a screen of them is read by nobody.
const LISTED: usize = 20;

fn listed(problems: &[ThemeProblem]) -> String {
    let lines = problems.iter().take(LISTED);
    lines.flat_map(|problem| ["\n  ".to_owned(), problem.to_string()]).collect()
}

fn meant(nearest: Option<&String>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`")).unwrap_or_default()
}

/// Reads the text of a theme's file. `known` finds the theme that it inherits from.
///
/// # Errors
/// When it makes no sense; all problems are reported together.
pub fn parse(
    path: PathBuf,
    text: &str,
    known: impl Fn(&str) -> Option<Palette>,
) -> Result<Palette, ThemeError> {
    let mut reader = Reader { path, problems: Vec::new() };
    let palette = match document::read(text) {
        Ok(lines) => reader.palette(&lines, known),
        Err(error) => {
            reader.complain(Some(error.line), error.message);
            Palette::BARE
        }
    };
    if reader.problems.is_empty() {
        Ok(palette)
    } else {
        Err(ThemeError::Problems(reader.problems))
    }
}

struct Reader {
    path: PathBuf,
    problems: Vec<ThemeProblem>,
}

impl Reader {
    fn palette(&mut self, lines: &[Line<'_>], known: impl Fn(&str) -> Option<Palette>) -> Palette {
        let heir = lines.iter().find(|line| line.key == "inherits");
        let base = heir.and_then(|line| {
            let name = line.value.as_str().unwrap_or_default();
            let found = known(name);
            if found.is_none() {
                let text = format!("there is no built-in theme `{}` to inherit from", shown(name));
                self.complain(Some(line.number), text);
            }
            found
        });
        let mut palette = base.unwrap_or(Palette::BARE);
        let mut named = BTreeSet::new();
        for line in lines {
            self.line(line, &mut palette, &mut named);
        }
        let missing: Vec<_> = Role::ALL
            .into_iter()
            .filter(|role| heir.is_none() && !named.contains(role))
            .map(|role| format!("`{}`", role.name()))
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            self.complain(
                None,
                format!("`[roles]` lacks {missing}: add what is missing, or begin with `inherits = \"dark\"`"),
            );
        }
        palette
    }

    fn line(&mut self, line: &Line<'_>, palette: &mut Palette, named: &mut BTreeSet<Role>) {
        let at = Some(line.number);
        let mut parts = line.key.splitn(3, '.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("inherits" | "roles"), None, None) => {}
            (Some("background"), None, None) => {
                if let Some(color) = self.color(line) {
                    *palette = palette.on(color);
                }
            }
            (Some("roles"), Some(name), field) => {
                let Some(role) = Role::named(name) else {
                    let nearest = schema::nearest(name, Role::ALL.iter().map(|role| role.name()));
                    let text =
                        format!("there is no role `{}`{}", shown(name), meant(nearest.as_ref()));
                    return self.complain(at, text);
                };
                // What a role says replaces all that an inherited one says.
                let before = if named.insert(role) { Look::default() } else { palette.look(role) };
                *palette = palette.with(role, self.look(role, field, line, before));
            }
            (key, _, _) => {
                let key = shown(key.unwrap_or_default());
                let text =
                    format!("a theme has `inherits`, `background` and `[roles]`, not `{key}`");
                self.complain(at, text);
            }
        }
    }

    fn look(&mut self, role: Role, field: Option<&str>, line: &Line<'_>, look: Look) -> Look {
        match field {
            Some("fg") => Look { ink: self.color(line), ..look },
            Some("bg") => Look { paper: self.color(line), ..look },
            Some("modifiers") => Look { modifiers: self.modifiers(line), ..look },
            // `text = {}` is as the terminal draws it.
            None if line.value.is_table() => look,
            Some(_) | None => {
                let (role, may) = (role.name(), LOOK.join("`, `"));
                let text = format!("role `{role}` is a table, and `{may}` is all it may hold");
                self.complain(Some(line.number), text);
                look
            }
        }
    }

    fn color(&mut self, line: &Line<'_>) -> Option<Color> {
        let found = line.value.as_str();
        let color = found.and_then(color::parse);
        if color.is_none() {
            let text = format!(
                "`{}` must be a colour such as `#d0d0d0`, `red` or `bright-red`, not {}",
                line.key,
                said_back(&line.value)
            );
            self.complain(Some(line.number), text);
        }
        color
    }

    fn modifiers(&mut self, line: &Line<'_>) -> Modifier {
        let one = |name: &DeValue<'_>| {
            let name = name.as_str()?;
            MODIFIERS.iter().find(|(known, _)| *known == name).map(|(_, modifier)| *modifier)
        };
        let all = line.value.as_array().and_then(|names| {
            names.iter().map(|name| one(name.get_ref())).collect::<Option<Vec<_>>>()
        });
        if all.is_none() {
            let known: Vec<_> = MODIFIERS.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            let text = format!("`{}` must be a list of some of {}", line.key, known.join(", "));
            self.complain(Some(line.number), text);
        }
        all.unwrap_or_default().into_iter().collect()
    }

    fn complain(&mut self, line: Option<usize>, text: String) {
        self.problems.push(ThemeProblem { path: self.path.clone(), line, text });
    }
}

fn said_back(value: &DeValue<'_>) -> String {
    match value.as_str() {
        Some(text) => format!("`{}`", shown(text)),
        None => format!("something of the type {}", value.type_str()),
    }
}

fn shown(text: &str) -> String {
    bounded(&text.escape_debug().to_string(), SHOWN).into_owned()
}
