//! The launch form as a person meets it: the real program, a real provider's answers, and none.

use std::collections::BTreeSet;

use arcadia::domain::catalogue::ImageOwner;
use arcadia::domain::failure::FailureCode;
use arcadia::domain::summary::Standing;
use arcadia::providers::Catalogue;

use crate::support::http_rig::HttpCloud;
use crate::support::rig::test_clock;
use crate::support::simulated::Simulated;
use crate::support::terminal::{ENTER, TAB, Terminal};

const SIZE: (u16, u16) = (120, 36);

/// Opens the form of a dashboard that has read its journal, and names what is to be launched.
fn form(terminal: &mut Terminal, slug: &str) {
    terminal.wait_for_text("No deployments yet");
    terminal.keys("n");
    terminal.wait_for_text("Launch a deployment");
    terminal.keys(&format!("acme{TAB}{slug}{TAB}"));
}

#[test]
fn a_size_is_picked_by_typing_and_three_are_launched_at_once() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let mut terminal = home.dashboard(SIZE);
    form(&mut terminal, "web");
    terminal.keys(&format!("3{TAB}{TAB}"));
    // The list of the provider, which is shorter than the program's own.
    terminal.wait_for_text("1-8 of 10 · Enter takes");
    terminal.keys("2 gb");
    terminal.wait_for_text("Enter takes s-1vcpu-2gb");
    terminal.keys(ENTER);
    terminal.wait_for_text("3 deployments, $0.054/h: web-1, web-2, web-3");
    terminal.keys(ENTER);
    terminal.wait_for_text("launch 3 deployments, $0.054/h? Enter yes");
    terminal.keys(ENTER);
    // What is said of them at the bottom gives way to what they become.
    terminal.wait_for("three that serve", |screen| {
        ["acme/web-1", "acme/web-2", "acme/web-3"].iter().all(|name| {
            let rows: Vec<String> = screen.rows(0, SIZE.0).collect();
            rows.iter().any(|row| row.contains(name) && row.contains("ACTIVE"))
        })
    });
    terminal.wait_for_text("$0.018/h");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
    // The three sagas run side by side, so which droplet is made first is open.
    let names: BTreeSet<_> = cloud.droplets().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, BTreeSet::from(["dep-web-1", "dep-web-2", "dep-web-3"].map(str::to_owned)));
    let records: Vec<_> = cloud.records().into_iter().map(|(name, _, _)| name).collect();
    assert_eq!(records, ["web-1", "web-2", "web-3"]);
    for deployment in home.deployments() {
        assert_eq!(deployment["standing"], Standing::Active.as_str(), "{deployment}");
    }
}

#[test]
fn a_provider_that_gives_no_sizes_is_replaced_by_the_list_of_the_program() {
    let cloud = Simulated::start();
    let home = cloud.home();
    cloud.faults(&["GET /v2/sizes: 503 \"down for maintenance\""]);
    let mut terminal = home.dashboard(SIZE);
    form(&mut terminal, "web");
    terminal.wait_for_text("the provider did not answer");
    terminal.wait_for_text("down for maintenance");
    terminal.wait_for_text("$0.009/h  1 vCPU 1 GB 25 GB");
    // What is launched does not ask the list.
    terminal.keys(ENTER);
    terminal.keys(ENTER);
    terminal.wait_for_text("ACTIVE");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[tokio::test]
async fn the_client_reads_every_list_of_the_simulated_cloud_and_refuses_what_makes_no_sense() {
    let cloud = HttpCloud::start(test_clock()).await;
    let client = cloud.client();
    let regions = client.regions().await.unwrap();
    assert!(regions.iter().any(|region| region.slug == "syd1"), "{regions:?}");
    let sizes = client.sizes().await.unwrap();
    let small = sizes.iter().find(|size| size.slug == "s-1vcpu-1gb").unwrap();
    assert_eq!(small.price.unwrap().hourly.an_hour(), "$0.009/h");
    let images = client.images().await.unwrap();
    assert_eq!(images[0].owner, ImageOwner::Account, "{images:?}");
    assert!(images.iter().any(|image| image.reference == "ubuntu-24-04-x64"), "{images:?}");
    assert!(!client.domains().await.unwrap().is_empty());
    assert_eq!(client.ssh_keys().await.unwrap()[0].name, "ana@laptop");

    for fault in ["malformed", "wrong type", "cut"] {
        cloud.faults(&[&format!("GET /v2/**: {fault}")]);
        assert!(client.sizes().await.is_err(), "{fault}");
        assert!(client.regions().await.is_err() || fault == "wrong type", "{fault}");
    }
    cloud.faults(&["GET /v2/account/keys: 403 \"a scope is missing\""]);
    let error = client.ssh_keys().await.unwrap_err();
    assert_eq!(error.failure().code, FailureCode::Forbidden);
    assert!(client.domains().await.is_ok(), "one list is refused alone");
}
