//! The import law: who may import whom, read from the `use` lines and the paths of the source.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The top-level modules, and what each may import of ours beside itself.
const LAW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &["domain"]),
    ("fair", &[]),
    ("providers", &["domain", "clock", "fair"]),
    ("journal", &["domain", "clock"]),
    ("store", &["domain", "clock"]),
    ("steps", &["domain", "providers", "store"]),
    // The embedded inventory is a part of the journal's history, so the engine implements the trait.
    ("engine", &["domain", "steps", "providers", "journal", "store", "clock", "control", "fair"]),
    ("control", &["domain"]),
    ("simulator", &["clock", "domain"]),
    ("config", &["domain", "clock"]),
    ("telemetry", &["domain", "clock", "config"]),
    // It judges what providers showed and steps recorded, and asks nobody.
    ("doctor", &["domain", "providers", "steps"]),
    (
        "drill",
        &["domain", "clock", "control", "engine", "journal", "providers", "simulator", "steps"],
    ),
    ("tui", &["domain", "control", "config", "clock"]),
    // Facts in a recording have the journal's written form.
    ("recording", &["domain", "control", "journal", "telemetry", "tui"]),
    // Of the drill, what its report is made of.
    ("cli", &["domain", "control", "config", "clock", "doctor", "drill"]),
    ("api", &["domain", "control", "config", "clock"]),
];

/// Imports of parts of a module that only its traits may cross.
const NEVER: &[(&str, &str, &str)] = &[
    ("steps", "providers::digitalocean", "steps know providers by their traits"),
    ("engine", "providers::digitalocean", "the engine knows providers by their traits"),
    ("engine", "journal::sled", "the engine knows the journal by its trait"),
    ("engine", "journal::memory", "the engine knows the journal by its trait"),
    ("recording", "journal::sled", "a recording has the journal's written form, and opens none"),
    ("drill", "providers::digitalocean", "a drill is handed its client"),
    ("cli", "drill::setup", "the shell prints what a drill found; wiring it is the app's affair"),
    ("doctor", "providers::digitalocean", "the doctor knows what providers show, and asks none"),
    ("simulator", "domain::saga", "the simulated cloud never knows of sagas"),
    ("simulator", "domain::deployment", "the simulated cloud never knows of sagas"),
    ("view", "tui::update", "a view reads the model"),
    ("model", "tui::view", "the model knows no view"),
    ("model", "tui::theme", "the model knows no colour"),
];

/// Crates that only these files may name.
const HOMES: &[(&str, &[&str])] = &[
    ("sled::", &["src/journal/sled.rs", "src/journal/sled/"]),
    ("reqwest::", &["src/providers/digitalocean.rs", "src/providers/digitalocean/"]),
    // The provider client's own tests answer it from a server.
    (
        "axum::",
        &[
            "src/simulator.rs",
            "src/simulator/",
            "src/api.rs",
            "src/api/",
            "digitalocean/stub.rs",
            "digitalocean/lies.rs",
            "digitalocean/client/tests.rs",
        ],
    ),
    ("ratatui::", &["src/tui.rs", "src/tui/"]),
    ("crossterm::", &["src/tui.rs", "src/tui/"]),
];

#[test]
fn every_module_imports_only_what_the_law_allows() {
    let mut broken = Vec::new();
    for file in source_files() {
        let module = top_module(&file);
        let Some((_, allowed)) = LAW.iter().find(|(name, _)| *name == module) else {
            continue;
        };
        for import in imports(&file) {
            let target = import.split("::").next().unwrap_or_default();
            if target != module && !allowed.contains(&target) {
                broken.push(format!("{}: {module} imports {import}", file.display()));
            }
            for (from, what, why) in NEVER {
                let from_here = module == *from || (in_tui(&file, from));
                if from_here && import.starts_with(what) {
                    broken.push(format!("{}: imports {import}, but {why}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "the import law is broken:\n{}", broken.join("\n"));
}

#[test]
fn every_top_level_module_has_its_law() {
    let known: BTreeSet<_> = LAW.iter().map(|(name, _)| (*name).to_owned()).collect();
    let lawless: Vec<_> = source_files()
        .iter()
        .map(|file| top_module(file))
        .filter(|module| !matches!(module.as_str(), "lib" | "main" | "app"))
        .filter(|module| !known.contains(module))
        .collect();
    assert!(lawless.is_empty(), "modules without a law: {lawless:?}");
}

#[test]
fn a_crate_with_a_home_is_named_nowhere_else() {
    let mut broken = Vec::new();
    for file in source_files() {
        let path = file.to_string_lossy().into_owned();
        for line in code_lines(&file) {
            for (name, homes) in HOMES {
                let at_home = homes.iter().any(|home| path.contains(home));
                let names_it = line.match_indices(name).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                });
                if names_it && !at_home {
                    broken.push(format!("{path}: {}", line.trim()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "crates away from home:\n{}", broken.join("\n"));
}

#[test]
fn only_main_and_cli_import_app() {
    for file in source_files() {
        let module = top_module(&file);
        let uses_app = imports(&file).iter().any(|import| import.starts_with("app"));
        assert!(
            !uses_app || matches!(module.as_str(), "main" | "cli" | "app"),
            "{}",
            file.display()
        );
    }
}

fn in_tui(file: &Path, part: &str) -> bool {
    let path = file.to_string_lossy();
    path.contains(&format!("src/tui/{part}.rs")) || path.contains(&format!("src/tui/{part}/"))
}

fn source_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 20, "the source was not found");
    files.sort();
    files
}

fn top_module(file: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let relative = file.strip_prefix(root).unwrap();
    let first = relative.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Everything behind `crate::` in the file's code, test modules included.
fn imports(file: &Path) -> Vec<String> {
    let mut imports = Vec::new();
    for line in code_lines(file) {
        for (at, found) in line.match_indices("crate::") {
            let path: String = line[at + found.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
                .collect();
            imports.push(path);
        }
    }
    imports
}

fn code_lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect()
}
