//! The themes that there are: those of the house, and a person's own.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::{read_bounded, schema};
use crate::tui::background::Ask;
use crate::tui::model::looks::{Choice, Looks, OF_LIGHT};
use crate::tui::options::Color;
use crate::tui::theme::color::Depth;
use crate::tui::theme::file::{self, ThemeError, ThemeProblem};
use crate::tui::theme::palette::{Faint, Palette};

/// What the configuration says for "as it suits the terminal".
pub const AUTO: &str = "auto";

/// The theme of a terminal that says nothing about itself: its own sixteen colours, on its own
/// background.
const CALM: &str = "ansi-16";

/// The theme that sets no colour.
const MONO: &str = "mono";

/// The themes of the house, in the order in which they are gone through.
const SHIPPED: [(&str, &str); 6] = [
    (CALM, include_str!("../../../assets/themes/ansi-16.toml")),
    ("dark", include_str!("../../../assets/themes/dark.toml")),
    (OF_LIGHT, include_str!("../../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../../assets/themes/high-contrast.toml")),
    ("colour-blind-safe", include_str!("../../../assets/themes/colour-blind-safe.toml")),
    (MONO, include_str!("../../../assets/themes/mono.toml")),
];

/// The themes that there are, and the one to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Themes {
    themes: Vec<(String, Palette)>,
    start: Start,
}

/// What the screen begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Start {
    /// What suits the terminal.
    Auto,
    /// The theme of this name.
    Named(String),
}

impl Themes {
    /// The themes of the house that set colours as `color` allows.
    ///
    /// # Panics
    /// Never: a test reads every one of them.
    pub fn shipped(color: Color) -> Self {
        let allowed = |name: &str| color == Color::Ansi || name == MONO;
        let themes = SHIPPED
            .into_iter()
            .filter(|(name, _)| allowed(name))
            .map(|(name, text)| {
                let palette = file::parse(PathBuf::from(name), text, |_| None);
                (name.to_owned(), palette.expect("the themes of the house are sound"))
            })
            .collect();
        Self { themes, start: Start::Auto }
    }

    /// The same, with a person's own from the `.toml` files of `folder`, and beginning with what the
    /// configuration asks for: [`AUTO`], a name, or the path of a file. Where colour is not allowed
    /// nothing else than `mono` is there.
    ///
    /// # Errors
    /// When the theme that is asked for is not there, or makes no sense. Another of the folder's that
    /// makes none is left out, and the log says why.
    pub fn open(asked: &str, path: &Path, folder: &Path, color: Color) -> Result<Self, ThemeError> {
        let mut shelf = Self::shipped(color);
        if color == Color::None {
            return Ok(shelf);
        }
        for (name, path) in own(folder) {
            match read(path) {
                Ok(palette) => shelf.put(name, &palette),
                Err(error) if name == asked => return Err(error),
                Err(error) => tracing::warn!(%error, "a theme is left out"),
            }
        }
        let is_path = asked.contains('/') || path.extension().is_some_and(|end| end == "toml");
        if is_path {
            let palette = read(path.to_owned())?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            shelf.put(name.clone(), &palette);
            shelf.start = Start::Named(name);
        } else if asked != AUTO {
            if shelf.get(asked).is_none() {
                let known: Vec<_> = [AUTO].into_iter().chain(shelf.names()).collect();
                return Err(ThemeError::Unknown {
                    name: asked.to_owned(),
                    nearest: schema::nearest(asked, known.iter().copied()),
                    known: known.into_iter().map(str::to_owned).collect(),
                });
            }
            shelf.start = Start::Named(asked.to_owned());
        }
        Ok(shelf)
    }

    /// The themes as a terminal with these abilities draws them.
    #[must_use]
    pub fn fitted(mut self, depth: Depth, faint: Faint) -> Self {
        for (_, palette) in &mut self.themes {
            *palette = palette.fitted(depth, faint);
        }
        self
    }

    /// The name of the theme to begin with, before the terminal has said anything.
    pub fn first(&self) -> &str {
        match &self.start {
            Start::Named(name) => name,
            Start::Auto => self.themes.first().map_or(MONO, |(name, _)| name),
        }
    }

    /// Whether the terminal's background may change the theme.
    pub fn ask(&self) -> Ask {
        match &self.start {
            Start::Auto if self.get(OF_LIGHT).is_some() => Ask::Yes,
            Start::Auto | Start::Named(_) => Ask::No,
        }
    }

    /// What the model knows of them.
    pub fn looks(&self) -> Looks {
        let choice = match &self.start {
            Start::Auto => Choice::Nobodys,
            Start::Named(_) => Choice::Configured,
        };
        Looks::new(self.names(), self.first(), choice)
    }

    /// The names, in the order in which they are gone through.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.themes.iter().map(|(name, _)| name.as_str())
    }

    /// The theme of that name.
    pub fn get(&self, name: &str) -> Option<Palette> {
        self.themes.iter().find(|(known, _)| known == name).map(|(_, palette)| *palette)
    }

    /// A person's own takes the place of one of the house that has its name.
    fn put(&mut self, name: String, palette: &Palette) {
        match self.themes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = *palette,
            None => self.themes.push((name, *palette)),
        }
    }
}

impl Default for Themes {
    fn default() -> Self {
        Self::shipped(Color::Ansi)
    }
}

fn read(path: PathBuf) -> Result<Palette, ThemeError> {
    let bytes = match read_bounded(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(ThemeError::Unreadable { path, source }),
    };
    match String::from_utf8(bytes) {
        // One of the house only: an heir of an heir of itself would never be read to its end.
        Ok(text) => file::parse(path, &text, |name| Themes::shipped(Color::Ansi).get(name)),
        Err(_) => Err(ThemeError::Problems(vec![ThemeProblem {
            path,
            line: None,
            text: "the file is not UTF-8".to_owned(),
        }])),
    }
}

/// The names and files of a folder of themes, in the order of the names. A folder that is not there
/// holds none.
fn own(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::warn!(%error, folder = %folder.display(), "themes cannot be read");
            return Vec::new();
        }
    };
    let mut themes: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_theme = path.extension().is_some_and(|end| end == "toml");
            let name = path.file_stem()?.to_str()?.to_owned();
            (is_theme && name != AUTO).then_some((name, path))
        })
        .collect();
    themes.sort();
    themes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, and what asking for a theme in it gives.
    fn open(files: &[(&str, &str)], asked: &str) -> Result<Themes, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let path = folder.path().join(asked);
        Themes::open(asked, &path, folder.path(), Color::Ansi)
            .map_err(|error| error.to_string().replace(&folder.path().display().to_string(), ""))
    }

    const NIGHT: (&str, &str) = (
        "night.toml",
        "inherits = \"dark\"\nbackground = \"#000000\"\n[roles]\ngood = { fg = \"#00ff00\" }\n",
    );

    #[test]
    fn a_persons_own_theme_says_only_what_differs_and_stands_behind_those_of_the_house() {
        let themes = open(&[NIGHT, ("notes.txt", "")], "night").unwrap();
        assert_eq!((themes.first(), themes.names().last()), ("night", Some("night")));
        assert_eq!(themes.names().count(), SHIPPED.len() + 1);
        let [night, dark] = ["night", "dark"].map(|name| themes.get(name).unwrap());
        assert_ne!(night.style(role("good")), dark.style(role("good")));
        assert_eq!(night.style(role("danger")), dark.style(role("danger")));
        assert_ne!(night.background(), dark.background());
        // What a role says replaces all that the inherited one says.
        let bare =
            [("a.toml", "inherits = \"dark\"\n[roles]\ndanger = {}\nheld = { bg = \"red\" }\n")];
        let bare = open(&bare, "a").unwrap().get("a").unwrap();
        assert_eq!(bare.style(role("danger")), ratatui::style::Style::new());
        assert_eq!(bare.style(role("held")).fg, None);
    }

    fn role(name: &str) -> crate::tui::theme::role::Role {
        crate::tui::theme::role::Role::named(name).unwrap()
    }

    #[test]
    fn a_theme_is_found_by_its_path_as_well() {
        let themes = open(&[("mine.toml", NIGHT.1)], "mine.toml").unwrap();
        assert_eq!(themes.first(), "mine");
        assert!(open(&[], "none.toml").unwrap_err().contains("`/none.toml` cannot be read"));
    }

    #[test]
    fn an_unknown_name_lists_those_that_there_are() {
        insta::assert_snapshot!(open(&[NIGHT], "drak").unwrap_err(), @"there is no theme `drak`; did you mean `dark`; there are auto, ansi-16, dark, light, high-contrast, colour-blind-safe, mono, night");
    }

    #[test]
    fn every_mistake_in_a_theme_is_told_with_its_line_and_what_to_do() {
        let text = "\
            colours = 1\n\
            background = \"grey\"\n\
            [roles]\n\
            runing = { fg = \"cyan\" }\n\
            text = \"white\"\n\
            good = { fg = 3, modifiers = [\"blink\"] }\n\
            held = { color = \"red\" }\n";
        insta::assert_snapshot!(open(&[("a.toml", text)], "a").unwrap_err(), @r#"
        a theme does not make sense
          /a.toml:1: a theme has `inherits`, `background` and `[roles]`, not `colours`
          /a.toml:2: `background` must be a colour such as `#d0d0d0`, `red` or `bright-red`, not `grey`
          /a.toml:4: there is no role `runing`; did you mean `running`
          /a.toml:5: role `text` is a table, and `fg`, `bg`, `modifiers` is all it may hold
          /a.toml:6: `roles.good.fg` must be a colour such as `#d0d0d0`, `red` or `bright-red`, not something of the type integer
          /a.toml:6: `roles.good.modifiers` must be a list of some of "bold", "dim", "italic", "underline", "reverse"
          /a.toml:7: role `held` is a table, and `fg`, `bg`, `modifiers` is all it may hold
          /a.toml: `[roles]` lacks `quiet`, `strong`, `selected`, `marked`, `match`, `cursor`, `border`, `focused_border`, `badge`, `field`, `danger`, `warning`, `running`, `undoing`, `needs_you`, `bar_try`, `bar_wait`, `bar_back_off`, `bar_undo`, `bar_usual`: add what is missing, or begin with `inherits = "dark"`
        "#);
    }

    #[test]
    fn a_theme_inherits_from_one_of_the_house_only_and_is_toml() {
        let heir = open(&[NIGHT, ("a.toml", "inherits = \"night\"\n")], "a").unwrap_err();
        assert!(heir.contains("/a.toml:1: there is no built-in theme `night`"), "{heir}");
        let broken = open(&[("a.toml", "\n[roles\n")], "a").unwrap_err();
        assert!(broken.contains("/a.toml:2: "), "{broken}");
    }

    #[test]
    fn a_broken_theme_that_nobody_asks_for_keeps_nobody_from_starting() {
        let themes = open(&[("broken.toml", "x"), NIGHT], "night").unwrap();
        assert!(themes.get("broken").is_none());
    }

    #[test]
    fn only_a_theme_that_nobody_chose_depends_on_the_terminal() {
        assert_eq!(open(&[], AUTO).unwrap().ask(), Ask::Yes);
        assert_eq!(open(&[], "light").unwrap().ask(), Ask::No);
        assert_eq!(Themes::shipped(Color::None).ask(), Ask::No);
        assert_eq!(Themes::shipped(Color::None).names().collect::<Vec<_>>(), [MONO]);
    }

    #[test]
    fn a_persons_own_is_found_by_its_name_and_nothing_else_is() {
        let names = |files: &[(&str, &str)]| -> Vec<String> {
            open(files, "dark").unwrap().names().skip(1).map(str::to_owned).collect()
        };
        let own =
            ["zebra.toml", "dark.toml", "auto.toml", "apple.toml"].map(|name| (name, NIGHT.1));
        let house = ["dark", "light", "high-contrast", "colour-blind-safe", "mono"];
        assert_eq!(names(&own), [&house[..], &["apple", "zebra"]].concat(), "none is `auto`");
        let [mine, theirs] = [&own[..], &[]].map(|files| open(files, "dark").unwrap().get("dark"));
        assert_ne!(mine, theirs, "it takes the place of the one of the house");
        assert_eq!(open(&[("plain", NIGHT.1)], "./plain").unwrap().first(), "plain");
    }

    #[test]
    fn without_colour_a_persons_own_is_not_even_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("night.toml"), NIGHT.1).unwrap();
        let path = folder.path().join("night");
        let themes = Themes::open("night", &path, folder.path(), Color::None).unwrap();
        assert_eq!(themes.names().collect::<Vec<_>>(), [MONO]);
    }

    #[test]
    fn what_the_configuration_chose_is_changed_by_a_key_alone() {
        let mut looks = open(&[], "dark").unwrap().looks();
        looks.suit(crate::tui::model::looks::Ground::Light);
        looks.resume("mono");
        assert_eq!(looks.name(), Some("dark"));
        looks.next();
        assert_eq!((looks.name(), looks.to_keep()), (Some(OF_LIGHT), None));
    }

    #[test]
    fn of_very_many_or_very_long_mistakes_the_beginning_is_told() {
        let lines: String = (0..30).map(|at| format!("key{at} = 1\n")).collect();
        let text = format!("inherits = \"dark\"\n{lines}");
        let told = open(&[("a.toml", &text)], "a").unwrap_err();
        assert_eq!(told.lines().count(), 21, "{told}");
        let text = format!("inherits = \"dark\"\nbackground = \"{}\"\n", "x".repeat(500));
        let told = open(&[("a.toml", &text)], "a").unwrap_err();
        assert!(told.len() < 300, "{told}");
    }
}
