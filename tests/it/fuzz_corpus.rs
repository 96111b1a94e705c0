//! Every committed input of the fuzzer, and every input that ever broke something, through the body
//! of its target: what holds for any bytes holds for these.
//!
//! `cargo +nightly fuzz run <target>` looks for more; what it finds goes to `fuzz/corpus/<target>`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[expect(unreachable_pub, reason = "it is the fuzzer's library as well")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

/// A corpus stays small enough to be read.
const CORPUS_LIMIT: u64 = 1024 * 1024;

#[test]
fn every_input_of_every_corpus_keeps_what_its_target_promises() {
    let mut bytes_in_all = 0;
    for (name, target) in targets::TARGETS {
        let inputs = files(&folder().join("corpus").join(name));
        assert!(inputs.len() >= 3, "`{name}` has a corpus");
        for input in inputs {
            let _case = Case(&input);
            let bytes = fs::read(&input).unwrap();
            bytes_in_all += bytes.len() as u64;
            target(&bytes);
        }
    }
    assert!(bytes_in_all < CORPUS_LIMIT, "{bytes_in_all} bytes");
}

#[test]
fn every_input_is_harmless_to_every_other_target_as_well() {
    let all: Vec<_> = targets::TARGETS
        .iter()
        .flat_map(|(name, _)| files(&folder().join("corpus").join(name)))
        .collect();
    for input in &all {
        let _case = Case(input);
        let bytes = fs::read(input).unwrap();
        for (_, target) in targets::TARGETS {
            target(&bytes);
        }
    }
}

#[test]
fn every_target_has_its_file_and_its_corpus_and_none_is_forgotten() {
    let names: BTreeSet<_> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let stems = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(self::folder().join(folder)).unwrap();
        let name =
            |entry: fs::DirEntry| entry.path().file_stem().unwrap().to_string_lossy().into_owned();
        entries.map(|entry| name(entry.unwrap())).collect()
    };
    assert_eq!(stems("fuzz_targets"), names);
    assert_eq!(stems("corpus"), names);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Says on the way out of a panic which input it was.
struct Case<'a>(&'a Path);

impl Drop for Case<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input is {}", self.0.display());
        }
    }
}
