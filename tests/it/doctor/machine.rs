//! Configuration, token and clock.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::doctor::visit;
use crate::support::gateway::Gateway;
use crate::support::home::Home;
use crate::support::program::Ended;
use crate::support::simulated::Simulated;

const TOKEN: &str = "dop_v1_5ecret5ecret5ecret";

#[test]
fn a_configuration_that_makes_no_sense_is_a_finding() {
    let home = Home::configured("provder = \"simulator\"\n[saga]\nsettle = \"soon\"\n");
    let seen = visit(&home, &[]);
    assert_eq!((seen.code, seen.names()), (Some(3), vec!["configuration.valid".to_owned()]));
    let finding = seen.finding("configuration", "valid");
    assert!(finding["evidence"].to_string().contains("did you mean `provider`?"), "{finding}");
    assert_eq!(finding["evidence"].as_array().unwrap().len(), 2, "{finding}");
    assert!(!home.data().exists());
}

/// A home that takes the simulated cloud for the real one.
fn real(cloud: &Simulated) -> Home {
    Home::new()
        .with("ARCADIA_PROVIDER", "digitalocean")
        .with("ARCADIA_DIGITALOCEAN_BASE_URL", &cloud.url())
}

fn assert_keeps_the_secret(ended: &Ended) {
    let told = format!("{ended:?}");
    assert!(!told.contains("5ecret"), "{told}");
}

#[test]
fn each_trouble_with_the_token_is_told_and_the_token_never_is() {
    let cloud = Simulated::start();
    let home = real(&cloud);
    let missing = visit(&home, &[]);
    assert_eq!((missing.code, missing.names()), (Some(3), vec!["token.present".to_owned()]));

    let path = home.path().join("token");
    fs::write(&path, TOKEN).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let home = home.with("ARCADIA_DIGITALOCEAN_TOKEN_FILE", path.to_str().unwrap());
    let open = visit(&home, &[]);
    assert_eq!((open.code, open.names()), (Some(3), vec!["token.present".to_owned()]));
    let remedy = open.finding("token", "present")["remedy"].to_string();
    assert!(remedy.contains("chmod 600 "), "{remedy}");

    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let good = home.run(&["doctor"]);
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.stdout.contains("it may read: droplet:read, domain:read"), "{good:?}");
    assert_keeps_the_secret(&good);
    for (fault, name) in [
        ("GET /v2/account: 401", "token.accepted"),
        ("GET /v2/account: 403", "token.accepted"),
        ("GET /v2/domains: 403", "token.scopes"),
    ] {
        cloud.faults(&[fault]);
        assert_eq!(visit(&home, &[]).names(), [name], "{fault}");
        assert_keeps_the_secret(&home.run(&["doctor"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_not_the_providers_is_told() {
    let cloud = Simulated::start();
    let gateway = Gateway::start(cloud.url()).await;
    gateway.date("Tue, 14 Nov 2023 22:13:20 GMT");
    let url = gateway.base_url();
    let seen = tokio::task::spawn_blocking(move || {
        visit(&Home::new().with("ARCADIA_SIMULATOR_URL", &url), &[])
    });
    let seen = seen.await.unwrap();
    assert_eq!((seen.code, seen.names()), (Some(3), vec!["clock.skew".to_owned()]));
    let finding = seen.finding("clock", "skew");
    assert!(finding["text"].to_string().contains("ahead of the provider's"), "{finding}");
}
