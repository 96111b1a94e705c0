//! Whether what Arcadia was told makes sense, and where it was told.

use std::collections::BTreeMap;

use crate::doctor::finding::{Area, Finding};

/// What was found of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationFacts {
    /// The file that applies.
    pub file: String,
    /// The file's mode; nothing when it is not there.
    pub mode: Option<u32>,
    /// The settings, or what is wrong with them.
    pub settings: Result<Vec<SettingFacts>, ConfigurationFault>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFacts {
    /// Its dotted name.
    pub name: String,
    /// Where its value came from.
    pub origin: SettingOrigin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingOrigin {
    /// Nobody said anything.
    Default,
    /// The file.
    File,
    /// A variable of this name.
    Variable(String),
    /// A flag.
    Flag(String),
}

/// What is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationFault {
    /// The error; several problems stand on lines of their own.
    pub text: String,
    /// What may help.
    pub hint: Option<String>,
}

/// What is told of the configuration.
pub fn judge(facts: &ConfigurationFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &facts.settings {
        Ok(settings) => {
            findings.push(file(facts));
            findings.push(origins(settings));
        }
        Err(fault) => {
            let mut lines = fault.text.lines().map(str::trim);
            let text = lines.next().unwrap_or_default();
            let finding = Finding::problem(Area::Configuration, "valid", text);
            let finding = lines.fold(finding, Finding::because);
            let hint = fault.hint.as_deref().unwrap_or("correct it");
            let remedy = format!("{hint}; everything else waits for it");
            findings.push(finding.remedy(remedy));
        }
    }
    // Whoever can write it can have a program of theirs run: `token_command`.
    if let Some(mode) = facts.mode.filter(|mode| mode & 0o022 != 0) {
        let text = format!("others can write `{}` (mode {mode:04o})", facts.file);
        findings.push(
            Finding::warning(Area::Configuration, "mode", text)
                .because("a `token_command` in it would be run as you")
                .remedy(format!("chmod go-w {}", facts.file)),
        );
    }
    findings
}

fn file(facts: &ConfigurationFacts) -> Finding {
    let text = match facts.mode {
        Some(_) => format!("`{}` makes sense", facts.file),
        None => format!("there is no `{}`, so the defaults apply", facts.file),
    };
    Finding::ok(Area::Configuration, "valid", text)
}

fn origins(settings: &[SettingFacts]) -> Finding {
    let mut by_origin: BTreeMap<&SettingOrigin, Vec<&str>> = BTreeMap::new();
    for setting in settings {
        by_origin.entry(&setting.origin).or_default().push(&setting.name);
    }
    let words = by_origin.iter().map(|(origin, names)| match origin {
        SettingOrigin::Default => format!("{} by default", names.len()),
        SettingOrigin::File => format!("{} from the file", names.len()),
        SettingOrigin::Variable(variable) => format!("{} from ${variable}", names.join(", ")),
        SettingOrigin::Flag(flag) => format!("{} from {flag}", names.join(", ")),
    });
    let text = format!("settings: {}", words.collect::<Vec<_>>().join("; "));
    Finding::ok(Area::Configuration, "origins", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[test]
    fn a_sound_configuration_says_where_its_values_come_from() {
        let setting = |name: &str, origin| SettingFacts { name: name.to_owned(), origin };
        let settings = vec![
            setting("provider", SettingOrigin::Flag("--provider".to_owned())),
            setting("data_dir", SettingOrigin::Variable("ARCADIA_DATA_DIR".to_owned())),
            setting("saga.settle", SettingOrigin::File),
            setting("log.filter", SettingOrigin::Default),
        ];
        let facts = ConfigurationFacts {
            file: "/c.toml".to_owned(),
            mode: Some(0o640),
            settings: Ok(settings),
        };
        let [file, origins] = judge(&facts).try_into().unwrap();
        assert_eq!((file.verdict, file.text.as_str()), (Verdict::Ok, "`/c.toml` makes sense"));
        assert_eq!(
            origins.text,
            "settings: 1 by default; 1 from the file; data_dir from $ARCADIA_DATA_DIR; \
             provider from --provider"
        );
    }

    #[test]
    fn every_problem_of_a_broken_one_is_told_and_so_is_who_can_write_it() {
        let fault = ConfigurationFault {
            text: "it does not make sense\n  /c.toml:1: no\n  /c.toml:2: no".to_owned(),
            hint: None,
        };
        let facts = ConfigurationFacts {
            file: "/c.toml".to_owned(),
            mode: Some(0o666),
            settings: Err(fault),
        };
        let [valid, mode] = judge(&facts).try_into().unwrap();
        assert_eq!((valid.verdict, valid.evidence.len()), (Verdict::Problem, 2));
        assert_eq!(
            (mode.verdict, mode.remedy.as_deref()),
            (Verdict::Warning, Some("chmod go-w /c.toml"))
        );
    }
}
