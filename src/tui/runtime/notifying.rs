//! Telling a program, such as `notify-send`, that somebody is needed.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::config::secret::TOKEN_VARIABLE;
use crate::tui::text;

/// How long the program may take: a desktop that does not answer must not leave one behind for each call.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells a program. No shell is between, and nothing of the screen or of the token reaches it.
pub(super) async fn tell(
    (program, arguments): (String, Vec<String>),
    words: String,
) -> Result<(), String> {
    let mut command = Command::new(&program);
    command.args(arguments).arg(&*text::clean(&words)).env_remove(TOKEN_VARIABLE);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let failed = |why: String| format!("`{program}` could not be told: {why}");
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    match tokio::time::timeout(PATIENCE, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(failed(format!("it ended with {status}"))),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("it took longer than {} s", PATIENCE.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> (String, Vec<String>) {
        ("sh".to_owned(), ["-c", script, "told"].map(str::to_owned).to_vec())
    }

    #[tokio::test]
    async fn a_program_is_told_in_one_argument_that_steers_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("told");
        let script = format!("printf %s \"$1\" > {}", file.display());
        let words = "Arcadia: $(touch x) \u{1b}]0;owned\u{7}needs you".to_owned();
        assert_eq!(tell(shell(&script), words).await, Ok(()));
        let told = std::fs::read_to_string(file).unwrap();
        assert_eq!(told, "Arcadia: $(touch x) needs you");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_or_fails_is_named() {
        let missing = ("no-such-program".to_owned(), Vec::new());
        for (command, named) in [(missing, "`no-such-program`"), (shell("exit 3"), "status: 3")] {
            let why = tell(command, String::new()).await.unwrap_err();
            assert!(why.contains(named), "{why}");
        }
    }
}
