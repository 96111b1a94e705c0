//! The token: whether there is one, whether it is taken, and what it may read.

use crate::doctor::finding::{Area, Finding};
use crate::domain::failure::FailureCode;
use crate::providers::ProviderError;

/// How the token was had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFacts {
    /// The simulated cloud takes any.
    NotNeeded,
    /// It is there.
    Fetched {
        /// From where.
        from: String,
    },
    /// It could not be had.
    Failed {
        /// Why; nothing of the token.
        why: String,
        /// What may help.
        hint: Option<String>,
    },
}

/// Whether there is a token.
pub fn presence(facts: &TokenFacts) -> Finding {
    match facts {
        TokenFacts::NotNeeded => {
            Finding::ok(Area::Token, "present", "none is needed: the simulated cloud takes any")
        }
        TokenFacts::Fetched { from } => {
            Finding::ok(Area::Token, "present", format!("it comes from {from}"))
        }
        TokenFacts::Failed { why, hint } => {
            let remedy = hint.clone().unwrap_or_else(|| {
                "set DIGITALOCEAN_TOKEN, or `token_file` or `token_command` under `[digitalocean]`"
                    .to_owned()
            });
            Finding::problem(Area::Token, "present", why).remedy(remedy)
        }
    }
}

/// Whether the provider takes it, by the answer to the question whose it is.
pub fn acceptance<T>(answer: &Result<T, ProviderError>) -> Finding {
    let Err(error) = answer else {
        return Finding::ok(Area::Token, "accepted", "the provider takes it");
    };
    match refusal(error) {
        Refusal::Token => {
            Finding::problem(Area::Token, "accepted", "the provider does not take the token")
                .because(error.to_string())
                .remedy("it is wrong or revoked: make another at the provider, and set it")
        }
        Refusal::Scope => {
            Finding::warning(Area::Token, "accepted", "the token may not read the account")
                .because(error.to_string())
                .remedy("give it the scope account:read; limit and status cannot be checked")
        }
        Refusal::Pace | Refusal::Other => {
            Finding::not_checked(Area::Token, "accepted", "the provider did not say")
        }
    }
}

/// Whether the provider can be reached, by the same answer; nothing when it said yes or no.
pub fn reachability<T>(base_url: &str, answer: &Result<T, ProviderError>) -> Finding {
    let said_something = Finding::ok(Area::Cloud, "reachable", format!("{base_url} answers"));
    let Err(error) = answer else { return said_something };
    match refusal(error) {
        Refusal::Token | Refusal::Scope => said_something,
        Refusal::Pace => {
            Finding::warning(Area::Cloud, "reachable", format!("{base_url} is asked too often"))
                .because(error.to_string())
                .remedy("wait: the quota is per token, so look who else uses it")
        }
        Refusal::Other => Finding::problem(
            Area::Cloud,
            "reachable",
            format!("{base_url} cannot be worked with"),
        )
        .because(error.to_string())
        .remedy(
            "look at the provider's status page, at the network and the address; sagas wait and \
                 go on by themselves",
        ),
    }
}

/// A listing failed, so nothing is said of what it would have shown.
pub fn unlisted(check: &'static str, what: &str, error: &ProviderError) -> Finding {
    let text = format!("{what} could not be listed");
    match refusal(error) {
        // That is told where the scopes are.
        Refusal::Token | Refusal::Scope => Finding::not_checked(Area::Cloud, check, text),
        Refusal::Pace | Refusal::Other => Finding::problem(Area::Cloud, check, text)
            .remedy("look at the provider's status page, and run doctor again"),
    }
    .because(error.to_string())
}

/// What an error says about the token.
enum Refusal {
    /// It is not taken.
    Token,
    /// It may not do this.
    Scope,
    /// It asked too often.
    Pace,
    /// Nothing.
    Other,
}

fn refusal(error: &ProviderError) -> Refusal {
    let code = error.failure().code;
    if code == FailureCode::Unauthorized {
        Refusal::Token
    } else if code == FailureCode::Forbidden {
        Refusal::Scope
    } else if code == FailureCode::RateLimited {
        Refusal::Pace
    } else {
        Refusal::Other
    }
}

/// What the token may read, by the answers of harmless questions: the scope, and why it was refused.
pub fn scopes(asked: &[(&'static str, Result<(), ProviderError>)]) -> Finding {
    let refused: Vec<_> = asked
        .iter()
        .filter(|(_, answer)| {
            matches!(answer, Err(error) if error.failure().code == FailureCode::Forbidden)
        })
        .map(|(scope, _)| *scope)
        .collect();
    if !refused.is_empty() {
        let text = format!("the token lacks {}", refused.join(", "));
        return Finding::problem(Area::Token, "scopes", text)
            .because("the provider answers 403 to these reads")
            .remedy(format!("make a token with at least {NEEDED}"));
    }
    if let Some((scope, Err(error))) = asked.iter().find(|(_, answer)| answer.is_err()) {
        return Finding::not_checked(Area::Token, "scopes", format!("{scope}: {error}"));
    }
    let read: Vec<_> = asked.iter().map(|(scope, _)| *scope).collect();
    Finding::ok(Area::Token, "scopes", format!("it may read: {}", read.join(", ")))
        .because("whether it may create, update and delete cannot be asked without doing it")
}

/// The scopes that a saga needs.
const NEEDED: &str = "account:read, droplet:create,read,update,delete, tag:create,read, \
     domain:read,create,update,delete, ssh_key:read, image:read, regions:read, sizes:read";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;
    use crate::domain::failure::Failure;

    fn refused(code: FailureCode) -> ProviderError {
        ProviderError::Terminal { failure: Failure::without_effect(code, "no") }
    }

    #[test]
    fn each_answer_says_something_about_the_token_or_about_the_way_to_the_provider() {
        let told = |answer: &Result<(), _>| {
            (acceptance(answer).verdict, reachability("https://x", answer).verdict)
        };
        let code = |code| told(&Err(refused(code)));
        assert_eq!(told(&Ok(())), (Verdict::Ok, Verdict::Ok));
        assert_eq!(code(FailureCode::Unauthorized), (Verdict::Problem, Verdict::Ok));
        assert_eq!(code(FailureCode::Forbidden), (Verdict::Warning, Verdict::Ok));
        assert_eq!(code(FailureCode::RateLimited), (Verdict::NotChecked, Verdict::Warning));
        assert_eq!(code(FailureCode::Unreachable), (Verdict::NotChecked, Verdict::Problem));
        assert_eq!(code(FailureCode::BadAnswer), (Verdict::NotChecked, Verdict::Problem));
    }

    #[test]
    fn a_scope_that_is_refused_is_named_and_one_that_nobody_answered_for_is_not_guessed() {
        let ok = ("droplet:read", Ok(()));
        let finding = scopes(&[ok.clone(), ("domain:read", Err(refused(FailureCode::Forbidden)))]);
        assert_eq!(
            (finding.verdict, finding.text.as_str()),
            (Verdict::Problem, "the token lacks domain:read")
        );
        let finding = scopes(&[ok.clone(), ("domain:read", Err(refused(FailureCode::TimedOut)))]);
        assert_eq!(finding.verdict, Verdict::NotChecked);
        assert_eq!(scopes(&[ok]).verdict, Verdict::Ok);
    }
}
