//! Several launches from one draft: `web` three times, or `web, api, worker`.

use std::collections::BTreeSet;

use crate::domain::spec::{DeploymentSpec, FieldError, LaunchDraft};

/// How many deployments one draft may ask for. A new account has room for 25 droplets.
pub const MOST: usize = 100;

/// Reads a draft whose slug may be a list, and a count that may be left empty. All of its deployments
/// make sense, or none is given.
///
/// # Errors
/// Every field that does not make sense for one of them, each problem once.
pub fn parse(draft: &LaunchDraft, count: &str) -> Result<Vec<DeploymentSpec>, Vec<FieldError>> {
    let slugs = slugs(&draft.slug, count).map_err(|error| {
        // What else is wrong is told in the same breath.
        let of_one = LaunchDraft { slug: "a".to_owned(), ..draft.clone() };
        let others = DeploymentSpec::parse(&of_one).err().unwrap_or_default();
        std::iter::once(error).chain(others).collect::<Vec<_>>()
    })?;
    let mut errors = only_one_can_have_it(draft, slugs.len());
    let mut specs = Vec::new();
    for slug in slugs {
        match DeploymentSpec::parse(&LaunchDraft { slug, ..draft.clone() }) {
            Ok(spec) => specs.push(spec),
            Err(problems) => {
                for problem in problems {
                    if !errors.contains(&problem) {
                        errors.push(problem);
                    }
                }
            }
        }
    }
    if errors.is_empty() { Ok(specs) } else { Err(errors) }
}

/// The slugs that were asked for.
fn slugs(text: &str, count: &str) -> Result<Vec<String>, FieldError> {
    let slugs: Vec<String> =
        text.split(',').map(str::trim).filter(|slug| !slug.is_empty()).map(str::to_owned).collect();
    let refuse = |field, problem| Err(FieldError { field, problem });
    let count = match count.trim() {
        "" => 1,
        text if let Ok(count @ 1..=MOST) = text.parse() => count,
        text => {
            let text = text.escape_debug();
            return refuse("count", format!("`{text}` is not a number from 1 to {MOST}"));
        }
    };
    let mut seen = BTreeSet::new();
    if let Some(twice) = slugs.iter().find(|slug| !seen.insert(slug.as_str())) {
        return refuse("slug", format!("`{}` stands there twice", twice.escape_debug()));
    }
    match slugs.as_slice() {
        // What is required is said where one spec is read.
        [] => Ok(vec![String::new()]),
        [_] if count == 1 => Ok(slugs),
        [slug] => Ok((1..=count).map(|number| format!("{slug}-{number}")).collect()),
        many if many.len() > MOST => {
            refuse("slug", format!("holds {} slugs; at most {MOST} at a time", many.len()))
        }
        _ if count > 1 => refuse("count", "either a count, or several slugs; not both".to_owned()),
        _ => Ok(slugs),
    }
}

/// Fields that would be the same for all of them, and must not be.
fn only_one_can_have_it(draft: &LaunchDraft, count: usize) -> Vec<FieldError> {
    let given = |text: &str| count > 1 && !text.trim().is_empty();
    let mut errors = Vec::new();
    if given(&draft.dns_domain) && given(&draft.dns_record_name) {
        let problem = format!("one name cannot point at {count}; empty, each takes its slug");
        errors.push(FieldError { field: "dns_record_name", problem });
    }
    if given(&draft.droplet_name) {
        let problem = format!("all {count} would have it; empty, each takes its slug");
        errors.push(FieldError { field: "droplet_name", problem });
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(slug: &str) -> LaunchDraft {
        LaunchDraft {
            tenant: "acme".to_owned(),
            slug: slug.to_owned(),
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
            dns_domain: "acme.example".to_owned(),
            ..LaunchDraft::default()
        }
    }

    fn names(slug: &str, count: &str) -> Vec<String> {
        parse(&draft(slug), count).unwrap().iter().map(DeploymentSpec::name).collect()
    }

    fn problems(draft: &LaunchDraft, count: &str) -> Vec<String> {
        let errors = parse(draft, count).unwrap_err();
        errors.into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn one_slug_is_one_deployment_and_a_count_numbers_them() {
        assert_eq!(names("web", ""), ["acme/web"]);
        assert_eq!(names("web", " 1 "), ["acme/web"]);
        assert_eq!(names("web", "3"), ["acme/web-1", "acme/web-2", "acme/web-3"]);
        assert_eq!(names(" web, api ,worker,", ""), ["acme/web", "acme/api", "acme/worker"]);
        let specs = parse(&draft("web"), "2").unwrap();
        assert_eq!(specs[1].droplet_name, "dep-web-2");
        assert_eq!(specs[1].dns.as_ref().unwrap().to_string(), "web-2.acme.example");
    }

    #[test]
    fn a_count_is_a_number_and_no_more_than_may_be_asked_for() {
        for count in ["0", "101", "three", "-1", "1.5"] {
            let expected = format!("count: `{count}` is not a number from 1 to 100");
            assert_eq!(problems(&draft("web"), count), [expected]);
        }
        let both = problems(&draft("web, api"), "2");
        assert_eq!(both, ["count: either a count, or several slugs; not both"]);
    }

    #[test]
    fn what_is_wrong_with_one_of_them_is_wrong_with_all_and_told_once() {
        let twice = problems(&draft("web, api, web"), "");
        assert_eq!(twice, ["slug: `web` stands there twice"]);
        let bad = LaunchDraft { region: "Mars".to_owned(), ..draft("web, Api, -x") };
        let told = problems(&bad, "");
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.iter().any(|problem| problem.contains("`Api`")), "{told:?}");
        assert_eq!(problems(&draft(""), ""), ["slug: is required"]);
        let long = problems(&draft(&"w".repeat(62)), "10");
        assert_eq!(long.len(), 10, "a number makes each of them too long: {long:?}");
        let both = LaunchDraft { region: "Mars".to_owned(), ..draft("web") };
        assert_eq!(problems(&both, "x").len(), 2);
    }

    #[test]
    fn what_only_one_can_have_is_left_empty_for_several() {
        let named = LaunchDraft {
            dns_record_name: "www".to_owned(),
            droplet_name: "front".to_owned(),
            ..draft("web")
        };
        assert!(parse(&named, "").is_ok());
        let told = problems(&named, "2");
        assert!(told[0].starts_with("dns_record_name: one name cannot point at 2"), "{told:?}");
        assert!(told[1].starts_with("droplet_name: all 2 would have it"), "{told:?}");
    }
}
