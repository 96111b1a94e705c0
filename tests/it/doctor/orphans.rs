//! What nothing owns: what is told of it, and what `--fix` removes and leaves.

use crate::doctor::{id_of, launched, rolled_back_in_vain, saga_of, visit};
use crate::support::simulated::Simulated;

#[test]
fn fix_removes_exactly_the_orphans_and_nothing_without_a_yes() {
    let cloud = Simulated::start();
    let (home, colleague) = (cloud.home(), cloud.home());
    launched(&home, "web");
    launched(&colleague, "theirs");
    let foreign = cloud.put_droplet("foreign", &["web"]);
    cloud.put_record(("www", "198.51.100.9", 60));
    let kept = (cloud.droplets(), cloud.records());
    rolled_back_in_vain(&cloud, &home, "gone");
    let mark = format!("arcadia-saga-{}", saga_of(&home, "web"));
    let surplus = cloud.put_droplet("surplus", &["managed-by-arcadia", &mark]);

    let before = cloud.state();
    let seen = visit(&home, &[]);
    assert_eq!(seen.code, Some(3), "{:#}", seen.document);
    let droplet = "orphans.orphan_droplet";
    let expected = [droplet, droplet, "orphans.orphan_record", droplet];
    assert_eq!(seen.names(), expected, "{:#}", seen.document);
    let planned: Vec<_> = seen.document["plan"].as_array().unwrap().iter().collect();
    assert_eq!(planned.len(), 3, "{planned:#?}");
    assert_eq!(planned[0]["subject"]["kind"], "record");
    assert_eq!(cloud.state(), before);

    let refused = home.run(&["doctor", "--fix"]);
    assert_eq!(refused.code, Some(64), "{refused:?}");
    assert!(refused.stderr.contains("--yes says yes beforehand"), "{refused:?}");
    assert_eq!(cloud.state(), before);

    let done = visit(&home, &["--fix", "--yes"]);
    assert_eq!(done.code, Some(0), "{:#}", done.document);
    let outcomes = done.document["repairs"].as_array().unwrap().iter();
    assert!(outcomes.clone().all(|repair| repair["outcome"] == "done"), "{:#}", done.document);
    assert_eq!((cloud.droplets(), cloud.records()), kept);
    let ids: Vec<_> = cloud.droplets().into_iter().map(|(id, _)| id).collect();
    assert!(ids.contains(&foreign.to_string()) && !ids.contains(&surplus.to_string()), "{ids:?}");
    let noted = home.run(&["logs", "gone"]).stdout;
    assert!(noted.contains("doctor, for ana: destroy droplet"), "{noted}");
    assert_eq!(visit(&colleague, &[]).finding("drift", "none")["verdict"], "ok");
}

#[test]
fn what_a_colleague_may_own_goes_only_by_name_or_by_a_flag_and_a_foreign_droplet_never() {
    let cloud = Simulated::start();
    let (home, first, second) = (cloud.home(), cloud.home(), cloud.home());
    launched(&first, "one");
    launched(&second, "two");
    let foreign = cloud.put_droplet("foreign", &[]);
    let before = cloud.state();
    let done = home.run(&["doctor", "--fix", "--yes"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stderr.contains("there is nothing that --fix may remove"), "{done:?}");
    assert_eq!(cloud.state(), before);

    let (one, foreign) = (id_of(&cloud, "dep-one").to_string(), foreign.to_string());
    let named = ["doctor", "--fix", "--yes", "--droplet", &one, "--droplet", &foreign];
    let done = home.run(&named);
    assert_eq!(done.code, Some(3), "one of two stays: {done:?}");
    let why = format!("droplet {foreign} foreign");
    assert!(
        done.stdout.contains(&why) && done.stdout.contains("carries no mark of ours"),
        "{done:?}"
    );
    let left = || -> Vec<String> { cloud.droplets().into_iter().map(|(_, name)| name).collect() };
    assert_eq!(left(), ["dep-two", "foreign"]);
    cloud.wait_until_listed();
    let lost = visit(&first, &[]);
    assert_eq!(lost.code, Some(3));
    assert_eq!(lost.names(), ["orphans.orphan_droplet", "drift.droplet_gone"]);

    let done = home.run(&["doctor", "--fix", "--yes", "--unknown-sagas"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(left(), ["foreign"]);
}

#[test]
fn what_an_operator_left_behind_by_skipping_its_undoing_goes_only_by_name() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    cloud.faults(&["DELETE /v2/droplets/*: 403"]);
    assert_eq!(home.run(&["rollback", "web", "--yes"]).code, Some(3));
    let skipped = home.run(&["skip", "web", "--reason", "kept as evidence", "--yes"]);
    assert_eq!(home.deployments()[0]["standing"], "rolled_back", "{skipped:?}");
    cloud.faults(&[]);
    let before = cloud.state();
    let seen = visit(&home, &["--fix", "--yes"]);
    assert_eq!(cloud.state(), before);
    assert_eq!((seen.code, seen.names()), (Some(0), vec!["orphans.orphan_droplet".to_owned()]));
    let said = seen.finding("orphans", "orphan_droplet")["text"].to_string();
    assert!(said.contains("was left behind on purpose"), "{said}");
    let id = id_of(&cloud, "dep-web").to_string();
    assert_eq!(visit(&home, &["--fix", "--yes", "--droplet", &id]).code, Some(0));
    assert!(cloud.droplets().is_empty());
}
