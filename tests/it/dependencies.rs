//! What the program is built from is what was reviewed (`.deny.toml`), and comes from one place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// The tree of the storage engine, which nobody works on any more, as `.deny.toml` reviews it.
const REVIEWED: [&str; 16] = [
    "byteorder 1.5.0",
    "cfg-if 1.0.5",
    "crc32fast 1.5.5",
    "crossbeam-epoch 0.9.21",
    "crossbeam-utils 0.8.23",
    "fs2 0.4.3",
    "fxhash 0.2.1",
    "instant 0.1.13",
    "libc 0.2.191",
    "lock_api 0.4.14",
    "log 0.4.35",
    "parking_lot 0.11.2",
    "parking_lot_core 0.8.6",
    "scopeguard 1.2.0",
    "sled 0.34.7",
    "smallvec 1.16.6",
];

/// What of it is built on Windows only.
const OF_WINDOWS: &str = "winapi";
/// What of it is built on other machines only.
const OF_REDOX: &str = "redox_syscall";

#[test]
fn the_tree_of_the_storage_engine_is_the_one_that_was_reviewed() {
    let packages = packages();
    let mut tree = BTreeSet::new();
    let mut open = vec!["sled 0.34.7".to_owned()];
    while let Some(package) = open.pop() {
        let elsewhere = |part| package.starts_with(part);
        if !elsewhere(OF_WINDOWS) && !elsewhere(OF_REDOX) && tree.insert(package.clone()) {
            open.extend(needs(&packages, &package));
        }
    }
    assert_eq!(
        tree,
        REVIEWED.map(str::to_owned).into(),
        "the tree has changed: read what is new, and bring the review in `.deny.toml` up to date"
    );
    let review = fs::read_to_string(root().join(".deny.toml")).unwrap();
    for package in REVIEWED {
        let said = |end: char| review.contains(&format!(" {package}{end}"));
        assert!(said(',') || said(' '), "`.deny.toml` says something about `{package}`");
    }
}

#[test]
fn every_dependency_comes_from_the_one_registry_with_its_checksum() {
    for (name, package) in packages() {
        if name.starts_with("arcadia ") {
            continue;
        }
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let source = text("source").unwrap_or("nowhere");
        assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
        assert!(text("checksum").is_some_and(|checksum| checksum.len() == 64), "{name}");
    }
}

/// The fuzzer's workspace has a lock file of its own, which nothing else builds from.
#[test]
fn the_fuzzers_lock_file_knows_every_dependency_of_the_program() {
    let table =
        |file: &str| -> Table { fs::read_to_string(root().join(file)).unwrap().parse().unwrap() };
    let lock = table("fuzz/Cargo.lock");
    let packages = lock["package"].as_array().unwrap();
    let program = packages.iter().find(|it| it["name"].as_str() == Some("arcadia")).unwrap();
    let locked = program["dependencies"].as_array().unwrap().iter();
    // A name that has several versions has one of them behind it.
    let locked: BTreeSet<&str> =
        locked.map(|name| name.as_str().unwrap().split(' ').next().unwrap()).collect();
    let manifest = table("Cargo.toml");
    let wanted: BTreeSet<&str> =
        manifest["dependencies"].as_table().unwrap().keys().map(String::as_str).collect();
    assert_eq!(locked, wanted, "`cargo update --workspace --manifest-path fuzz/Cargo.toml`");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The packages of `Cargo.lock`, as `name version`.
fn packages() -> BTreeMap<String, Table> {
    let lock: Table = fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let package = package.as_table().unwrap().clone();
            let text = |key: &str| package[key].as_str().unwrap();
            (format!("{} {}", text("name"), text("version")), package)
        })
        .collect()
}

/// What a package needs: the version is written only where a name has several.
fn needs(packages: &BTreeMap<String, Table>, package: &str) -> Vec<String> {
    let needed = packages[package].get("dependencies").and_then(Value::as_array);
    let full = |name: &Value| {
        let name = name.as_str().unwrap();
        let starts = format!("{name} ");
        let only = packages.keys().find(|known| known.starts_with(&starts));
        if name.contains(' ') { name.to_owned() } else { only.unwrap().clone() }
    };
    needed.into_iter().flatten().map(full).collect()
}
