//! How the program ends, as a number that scripts rely on.

use std::process::ExitCode;

use crate::domain::summary::Standing;

/// What `--help` says about it.
pub(crate) const HELP: &str = "\
Exit codes:
    0  done: what was asked for is so
    1  an error; what was done is in the journal
    2  a step failed, and everything was rolled back
    3  a deployment needs you, or `doctor` found a problem
    4  cancelled
   64  the command line makes no sense, or a question could not be asked
  124  it takes longer than --timeout; unfinished sagas go on at the next start
  130  interrupted; unfinished sagas go on at the next start
  143  told to stop by SIGTERM or SIGHUP, likewise (the dashboard, told or left, ends with 0)

Start here:
  arcadia                                        the dashboard, on a simulated cloud
  arcadia launch --tenant acme --slug web --watch
  arcadia config example                         every setting, with its default";

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is so.
    Done,
    /// Something went wrong.
    Error,
    /// A step failed, and everything was undone.
    RolledBack,
    /// A person must decide.
    NeedsYou,
    /// An operator cancelled it, and everything was undone.
    Cancelled,
    /// The command line makes no sense, or a question could not be asked.
    Usage,
    /// It took too long, and sagas are unfinished.
    TimedOut,
    /// Somebody pressed Ctrl-C, and sagas are unfinished.
    Interrupted,
    /// The process was told to stop, and sagas are unfinished.
    Stopped,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::RolledBack => 2,
            Self::NeedsYou => 3,
            Self::Cancelled => 4,
            Self::Usage => 64,
            Self::TimedOut => 124,
            Self::Interrupted => 130,
            Self::Stopped => 143,
        }
    }

    /// The one of two that a person should hear of, when there is one number for both.
    pub(crate) fn worse(self, other: Self) -> Self {
        if self.gravity() < other.gravity() { other } else { self }
    }

    const fn gravity(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Cancelled => 1,
            Self::RolledBack => 2,
            Self::TimedOut | Self::Interrupted | Self::Stopped => 3,
            Self::Usage | Self::Error => 4,
            Self::NeedsYou => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What a verb wants to become of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// That it is up.
    Active,
    /// That nothing of it is left.
    Gone,
    /// That it stands still.
    Held,
    /// That its saga ends as it is.
    Abandoned,
    /// That its saga ends or holds, however.
    Settled,
}

/// How the program ends when a deployment that was meant to become `aim` has come to stand like
/// this.
pub(crate) fn of(aim: Aim, standing: Standing) -> Exit {
    match standing {
        Standing::Active => match aim {
            Aim::Active | Aim::Settled => Exit::Done,
            Aim::Gone | Aim::Held | Aim::Abandoned => Exit::Error,
        },
        Standing::Failed | Standing::RolledBack => match aim {
            Aim::Gone | Aim::Settled => Exit::Done,
            Aim::Active | Aim::Held | Aim::Abandoned => Exit::RolledBack,
        },
        Standing::Cancelled => match aim {
            Aim::Gone | Aim::Settled => Exit::Done,
            Aim::Active | Aim::Held | Aim::Abandoned => Exit::Cancelled,
        },
        Standing::Held => match aim {
            Aim::Held | Aim::Settled => Exit::Done,
            Aim::Active | Aim::Gone | Aim::Abandoned => Exit::NeedsYou,
        },
        Standing::Abandoned => match aim {
            Aim::Abandoned | Aim::Settled => Exit::Done,
            Aim::Active | Aim::Gone | Aim::Held => Exit::NeedsYou,
        },
        Standing::NeedsYou => Exit::NeedsYou,
        Standing::Running | Standing::RollingBack => Exit::Interrupted,
    }
}

/// How the program ends when the command line could not be read, or asked for help.
pub fn of_usage(error: &clap::Error) -> Exit {
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_has_its_documented_number() {
        let codes = |aim| Standing::ALL.map(|standing| of(aim, standing).code());
        // needs you, rolling back, running, held, active, failed, cancelled, rolled back, abandoned
        assert_eq!(codes(Aim::Active), [3, 130, 130, 3, 0, 2, 4, 2, 3]);
        assert_eq!(codes(Aim::Gone), [3, 130, 130, 3, 1, 0, 0, 0, 3]);
        assert_eq!(codes(Aim::Held), [3, 130, 130, 0, 1, 2, 4, 2, 3]);
        assert_eq!(codes(Aim::Abandoned), [3, 130, 130, 3, 1, 2, 4, 2, 0]);
        assert_eq!(codes(Aim::Settled), [3, 130, 130, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn of_several_endings_the_one_that_needs_a_person_is_told() {
        let told = [Exit::Cancelled, Exit::NeedsYou, Exit::Error, Exit::RolledBack];
        assert_eq!(told.into_iter().fold(Exit::Done, Exit::worse), Exit::NeedsYou);
        assert_eq!(Exit::Cancelled.worse(Exit::RolledBack), Exit::RolledBack);
    }
}
