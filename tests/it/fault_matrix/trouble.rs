//! The kinds of trouble, in the words of the simulated cloud's fault rules.

/// One kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What happens; [`REFUSED`] happens before the cloud.
    pub(super) fault: &'static str,
    meets: Meets,
}

/// Which calls it can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meets {
    Every,
    /// Those that change something.
    Changes,
    /// Those that a success without a body can lie to.
    Removals,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// The first time that the call is made.
    First,
    /// The second time.
    Second,
    /// Each time, until a person has done something about it.
    ForGood,
}

/// Nobody listens.
pub(super) const REFUSED: &str = "connection refused";

const fn any(fault: &'static str) -> Trouble {
    Trouble { fault, meets: Meets::Every }
}

const fn change(fault: &'static str) -> Trouble {
    Trouble { fault, meets: Meets::Changes }
}

pub(super) const TROUBLES: [Trouble; 43] = [
    any(REFUSED),
    any("silence"),
    change("silence after effect"),
    any("drop"),
    change("drop after effect"),
    any("cut"),
    any("malformed"),
    any("wrong type"),
    any("drip 5s"),
    any("drip 2m"),
    any("200"),
    Trouble { fault: "204", meets: Meets::Removals },
    any("302"),
    any("400"),
    change("400 after effect"),
    any("401"),
    change("401 after effect"),
    any("403"),
    change("403 after effect"),
    any("404"),
    change("404 after effect"),
    any("408"),
    change("408 after effect"),
    any("409"),
    change("409 after effect"),
    any("422"),
    change("422 after effect"),
    any("422 \"There is a pending event.\""),
    change("422 \"There is a pending event.\" after effect"),
    any("429"),
    change("429 after effect"),
    any("429, retry after 7s"),
    change("429 after effect, retry after 7s"),
    any("429, retry after 1h"),
    change("429 after effect, retry after 1h"),
    any("500"),
    change("500 after effect"),
    any("503"),
    change("503 after effect"),
    any("503, retry after 7s"),
    any("503, retry after 1h"),
    change("503 after effect, retry after 1h"),
    any("504"),
];

impl Trouble {
    pub(super) fn can_meet(&self, route: &str) -> bool {
        match self.meets {
            Meets::Every => true,
            Meets::Changes => !route.starts_with("GET"),
            Meets::Removals => route.starts_with("DELETE"),
        }
    }

    /// A wait of seconds, for a day, is thousands of requests that say nothing more than the first.
    pub(super) fn can_come(&self, times: Times) -> bool {
        times != Times::ForGood || !(self.fault.starts_with("429") && self.fault.ends_with("7s"))
    }
}

impl Times {
    pub(super) const ALL: [Self; 3] = [Self::First, Self::Second, Self::ForGood];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::First => "1st time",
            Self::Second => "2nd time",
            Self::ForGood => "for good",
        }
    }
}
