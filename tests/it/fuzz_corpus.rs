//! Every committed input of the fuzzer, and every input that ever broke something, through the body
//! of its target: what holds for any bytes holds for these.
//!
//! `cargo +nightly fuzz run <target>` looks for more; what it finds goes to `fuzz/corpus/<target>`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use arcadia::clock::Chance;

#[expect(unreachable_pub, reason = "it is the fuzzer's library as well")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use targets::Met;

/// A corpus stays small enough to be read.
const CORPUS_LIMIT: u64 = 1024 * 1024;

#[test]
fn every_input_of_every_corpus_keeps_what_its_target_promises() {
    let mut bytes_in_all = 0;
    for (name, target) in targets::TARGETS {
        let inputs = files(&folder().join("corpus").join(name));
        let mut met = BTreeSet::new();
        for input in inputs {
            let _case = Case(&input);
            let bytes = fs::read(&input).unwrap();
            bytes_in_all += bytes.len() as u64;
            met.insert(target(&bytes));
        }
        // Bytes that are all refused at the door prove nothing about what is behind it.
        assert_eq!(met, [Met::Accepted, Met::Refused].into(), "`{name}` has inputs of both kinds");
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

/// A short run of the fuzzer's game for everybody who has no nightly compiler: inputs that differ a
/// little from those of the corpus, the same ones each time. `cargo mutations` makes it longer.
#[test]
fn inputs_that_differ_a_little_from_the_corpus_keep_the_promises_as_well() {
    let rounds = std::env::var("ARCADIA_MUTATIONS").map_or(20, |count| count.parse().unwrap());
    let chance = Chance::seeded(rounds);
    for (name, target) in targets::TARGETS {
        let inputs: Vec<_> = files(&folder().join("corpus").join(name))
            .into_iter()
            .map(|path| fs::read(path).unwrap())
            .collect();
        for input in &inputs {
            for _ in 0..rounds {
                let mut bytes = input.clone();
                for _ in 0..=chance.below(3) {
                    mutate(&mut bytes, &inputs, &chance);
                }
                let _case = Mutant(name, &bytes);
                target(&bytes);
            }
        }
    }
}

/// What parsers trip over.
const STUMBLING_BLOCKS: [&[u8]; 16] = [
    b"\"",
    b"{",
    b"]",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"9223372036854775807",
    b"1e999",
    b"null",
    b"\\u0000",
    b"\\u202e",
    b"\xff",
    b"\x1b]0;",
    b"\n",
    b"",
    b"\xe2\x80\xae",
];

fn mutate(bytes: &mut Vec<u8>, inputs: &[Vec<u8>], chance: &Chance) {
    let below = |bound: usize| usize::try_from(chance.below(bound as u64)).unwrap();
    let at = below(bytes.len() + 1);
    match below(5) {
        0 => bytes.truncate(at),
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << below(8);
            }
        }
        2 => {
            let until = (at + below(16)).min(bytes.len());
            let block = STUMBLING_BLOCKS[below(STUMBLING_BLOCKS.len())];
            bytes.splice(at..until, block.iter().copied());
        }
        3 => {
            let other = &inputs[below(inputs.len())];
            let from = below(other.len() + 1);
            bytes.splice(at.., other[from..].iter().copied());
        }
        _ => {
            let until = (at + below(64)).min(bytes.len());
            let again = bytes[at..until].to_vec();
            bytes.splice(at..at, again);
        }
    }
}

/// Says on the way out of a panic which bytes it were.
struct Mutant<'a>(&'a str, &'a [u8]);

impl Drop for Mutant<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("`{}` was given {:?}", self.0, String::from_utf8_lossy(self.1));
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
