//! The inventory: what is at the provider, and what keys do there.

use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Holdings, Notice};
use arcadia::domain::deployment::TransitionReason;
use arcadia::domain::id::DeploymentId;
use arcadia::domain::money::Price;
use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::domain::summary::{Standing, Summary};
use arcadia::tui::effect::Effect;
use arcadia::tui::model::inventory::{Totals, reading};
use arcadia::tui::model::screen::Screen;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::catalogue;
use crate::screens::stage::Stage;
use crate::screens::world::{self, STEPS, Story};
use crate::screens::{check, with_zoo};

fn inventory(stage: &mut Stage) {
    with_zoo(stage);
    stage.keys("I");
    // It is worked out a moment after it was read.
    stage.pass(1_000);
}

/// The droplet that was waited for is up.
fn up() -> Story {
    world::running().after(1).forward(2, StepEvent::Polled).after(1).succeeds(2)
}

fn stage() -> Stage {
    let mut stage = Stage::new(120, 36);
    inventory(&mut stage);
    stage
}

/// The kind, the state and the owner of each row, from the top.
fn rows(stage: &Stage) -> Vec<String> {
    let inventory = &stage.model.inventory;
    let items = inventory.shown().iter().map(|place| inventory.item_at(*place).unwrap());
    items
        .map(|item| {
            let (kind, fate) = (item.holding.made.kind.as_str(), item.holding.state.as_str());
            format!("{kind} {fate} {}", item.owner.slug)
        })
        .collect()
}

fn totals(stage: &Stage) -> (usize, usize) {
    let Totals { droplets, records, .. } = stage.model.inventory.totals();
    (droplets, records)
}

#[test]
fn everything_at_the_provider_has_its_row() {
    check("inventory", inventory);
}

#[test]
fn an_inventory_of_nothing_says_so() {
    check("inventory_empty", |stage| {
        stage.picture(vec![world::failed()]);
        stage.keys("I");
    });
}

#[test]
fn a_filtered_inventory() {
    check("inventory_filtered", |stage| {
        inventory(stage);
        stage.keys("/kind:droplet state:in");
    });
}

#[test]
fn what_nobody_looks_after_comes_first_and_what_is_undone_is_not_there() {
    let stage = stage();
    assert_eq!(
        rows(&stage),
        [
            "droplet stuck cache-prod-00093",
            "droplet being undone web-blue-00417",
            "droplet being made web-00418",
            "record being made api-canary-0311",
            "droplet being made api-canary-0311",
            "record in use web-blue-00416",
            "droplet in use web-blue-00416",
        ]
    );
    assert_eq!(totals(&stage), (5, 2));
}

#[test]
fn the_filter_speaks_the_language_of_the_list_and_the_totals_follow_it() {
    for (filter, left) in [
        ("kind:record", 2),
        ("state:stuck", 1),
        ("state:undone", 1),
        ("tenant:acme -state:in", 5),
        ("tenant:other", 0),
        ("blue417", 1),
        ("398207", 1),
        ("203.0.113.7", 2),
        ("age>5d", 2),
        ("-age>5d kind:droplet", 4),
        ("region:syd1 s-1vcpu", 7),
    ] {
        let mut stage = stage();
        stage.keys(&format!("/{filter}"));
        stage.press(KeyCode::Enter);
        assert_eq!(stage.model.inventory.shown().len(), left, "{filter}");
        assert_eq!(totals(&stage).0 + totals(&stage).1, left, "{filter}");
        assert!(stage.model.list.filter().is_empty(), "the list has its own");
    }
    let mut stage = stage();
    stage.keys("/step:create");
    assert!(stage.drawn().contains("there is no `step:`; state, tenant, region, kind, age>"));
}

#[test]
fn it_is_sorted_by_age_owner_and_cost_and_the_selection_stays_on_its_row() {
    let mut stage = stage();
    stage.keys("jj");
    let selected = stage.model.inventory.selected().unwrap().owner.deployment;
    let first = |stage: &Stage| rows(stage).first().cloned().unwrap();
    stage.keys("O");
    assert_eq!(first(&stage), "droplet in use web-blue-00416", "the oldest");
    stage.keys("O");
    assert_eq!(first(&stage), "droplet being made api-canary-0311", "the first name");
    stage.keys("O");
    assert!(rows(&stage)[..5].iter().all(|row| row.starts_with("droplet")), "{:?}", rows(&stage));
    assert_eq!(stage.model.inventory.selected().unwrap().owner.deployment, selected);
}

#[test]
fn a_filter_keeps_the_order_and_takes_in_what_came_meanwhile() {
    let mut stage = stage();
    for _ in 0..4 {
        let all = rows(&stage);
        let droplets = all.iter().filter(|row| row.starts_with("droplet"));
        let droplets: Vec<_> = droplets.cloned().collect();
        stage.keys("/kind:droplet");
        assert_eq!(rows(&stage), droplets, "{:?}", stage.model.inventory.sort());
        stage.press(KeyCode::Esc);
        assert_eq!(rows(&stage), all);
        stage.keys("O");
    }
    // It is known, and its place is not yet: the freeze after a key.
    let before = rows(&stage).len();
    stage.goes_on(up().does(3, 10).does(4, 10).does(5, 10));
    stage.pass(600);
    stage.keys("O");
    assert_eq!(rows(&stage).len(), before + 1, "{:?}", rows(&stage));
    stage.keys("/being made web-00418");
    assert_eq!(rows(&stage).len(), 2, "its droplet and its record: {:?}", rows(&stage));
}

#[test]
fn enter_goes_to_the_deployment_and_esc_back_level_by_level() {
    let mut stage = stage();
    stage.keys("j");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.model.screen, Screen::Deployments);
    assert_eq!(stage.selected(), Some(world::rolling_back().id()));
    stage.keys("I/blue");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Esc);
    assert_eq!(stage.model.screen, Screen::Inventory, "the filter first");
    stage.press(KeyCode::Esc);
    assert_eq!(stage.model.screen, Screen::Deployments);
    stage.keys("II");
    assert_eq!(stage.model.screen, Screen::Deployments);
}

#[test]
fn keys_that_act_on_a_deployment_do_nothing_where_it_is_not_to_be_seen() {
    let mut stage = stage();
    stage.keys("cRrsahon!z[3y");
    assert!(stage.asked.is_empty() && stage.model.overlay.is_none());
    assert!(
        stage.copied[0].starts_with("droplet 398204 dep-cache-prod-00093"),
        "{:?}",
        stage.copied
    );
    let drawn = stage.drawn();
    let footer = drawn.lines().last().unwrap();
    assert!(footer.contains("I deployments") && footer.contains("O other order"), "{footer}");
    assert!(!footer.contains("cancel") && !footer.contains("launch"), "{footer}");
}

#[test]
fn what_happens_is_read_again_a_moment_later_and_once() {
    let mut stage = stage();
    let read = stage.pages.len();
    let story = up();
    stage.goes_on(story.clone());
    stage.goes_on(story.clone().does(3, 10));
    stage.goes_on(story.does(3, 10).does(4, 10).does(5, 10));
    assert_eq!(stage.pages.len(), read + 1, "what comes together is gathered");
    assert!(stage.model.due().is_some(), "the screen must be woken to read the rest");
    stage.pass(600);
    stage.pass(600);
    assert_eq!(stage.pages[read..], [1, 1]);
    assert!(rows(&stage).contains(&"record being made web-00418".to_owned()), "{:?}", rows(&stage));
}

#[test]
fn polls_are_no_news_and_nothing_is_read_while_nobody_looks() {
    let mut stage = stage();
    stage.pass(5_000);
    let read = stage.pages.len();
    stage.goes_on(world::running().after(1).forward(2, StepEvent::Polled));
    stage.pass(5_000);
    assert_eq!(stage.pages.len(), read);
    stage.keys("I");
    stage.goes_on(world::backing_off().after(1).orders(Order::Cancel));
    stage.pass(5_000);
    assert_eq!(stage.pages.len(), read);
    stage.keys("I");
    stage.pass(1_000);
    assert_eq!(stage.pages.len(), read + 1, "it catches up");
}

#[test]
fn a_journal_that_cannot_be_read_is_said_and_tried_again() {
    let mut stage = Stage::new(120, 36);
    with_zoo(&mut stage);
    stage.keys("I");
    stage.pass(1_000);
    stage.goes_on(up());
    stage.goes_on(up().does(3, 10));
    let later = stage.now + Duration::from_secs(1);
    assert!(stage.model.inventory.reading.next(later).is_some(), "it is being read");
    stage.send(What::HoldingsRead(Err("the journal failed".to_owned())));
    assert!(stage.drawn().contains("it is tried again: the journal failed"));
    stage.pass(6_000);
    assert!(!stage.drawn().contains("tried again"));
}

#[test]
fn a_history_that_makes_no_sense_is_told_beside_the_totals() {
    let mut stage = stage();
    let why = "the history of saga_1 is damaged from entry 3 on".to_owned();
    let broken = Holdings { told: Err(why), ..world::active().holdings() };
    stage.send(What::HoldingsRead(Ok(vec![broken])));
    stage.pass(1_000);
    let drawn = stage.drawn();
    assert!(drawn.contains("1 history cannot be read, that of acme/web-blue-00416"), "{drawn}");
    assert!(!rows(&stage).iter().any(|row| row.contains("web-blue-00416")));
    stage.send(What::HoldingsRead(Ok(vec![world::active().holdings()])));
    stage.pass(1_000);
    let drawn = stage.drawn();
    assert!(!drawn.contains("cannot be read"), "it can be read again: {drawn}");
    assert!(rows(&stage).iter().any(|row| row.contains("web-blue-00416")));
}

#[test]
fn many_deployments_are_read_a_page_at_a_time_the_latest_first() {
    let mut stage = Stage::new(120, 36);
    let rows: Vec<Arc<Summary>> = (0..1_000_u128)
        .map(|number| {
            let summary = world::active().summary();
            let standing = if number < 100 { Standing::Failed } else { Standing::Active };
            let deployment = DeploymentId::from_u128(number);
            Arc::new(Summary { deployment, standing, ..(*summary).clone() })
        })
        .collect();
    stage.send(What::Pictured(Ok(rows.clone())));
    stage.keys("I");
    let page = reading::PAGE;
    assert_eq!(stage.pages, [page, page, page, 900 - 3 * page], "what failed has nothing");
    let [last, first] = [0, 999].map(|at| Arc::clone(&rows[at]));
    let asked = stage.pages.len();
    for summary in [last, first] {
        let entries = vec![world::active().entries[0].clone()].into();
        stage.send(What::Noticed(Notice::Changed { summary, entries }));
    }
    stage.pass(600);
    assert!(stage.pages.len() > asked);
}

#[test]
fn a_new_picture_reads_again_what_went_on_unseen() {
    let mut stage = stage();
    stage.pass(5_000);
    let read = stage.pages.len();
    let story: Story = up().does(3, 10).does(4, 10).does(5, 10);
    stage.replace(story);
    stage.send(What::Lagged { missed: 9 });
    stage.pass(1_000);
    assert_eq!(stage.pages[read..], [1]);
    assert!(rows(&stage).contains(&"record being made web-00418".to_owned()));
}

#[test]
fn prices_that_come_late_are_reckoned_with() {
    let mut stage = stage();
    stage.pass(1_000);
    let before = stage.model.inventory.totals();
    let mut dearer = (*catalogue::of_provider()).clone();
    for size in &mut dearer.sizes.items {
        size.price = Price::of(2.0, 1_000.0);
    }
    stage.send(What::CatalogueRead(Arc::new(dearer.clone())));
    stage.pass(1_000);
    let after = stage.model.inventory.totals();
    assert!(before.droplets > 0 && before.unpriced == 0 && after.cost > before.cost, "{after:?}");
    for size in &mut dearer.sizes.items {
        size.price = None;
    }
    stage.send(What::CatalogueRead(Arc::new(dearer)));
    stage.pass(1_000);
    assert_eq!(stage.model.inventory.totals().unpriced, before.droplets);
}

#[test]
fn words_are_looked_for_in_regions_and_names_as_well() {
    let mut stage = stage();
    stage.pass(1_000);
    let all = stage.model.inventory.total();
    let records = stage.model.inventory.totals().records;
    let mut found = |words: &str| {
        stage.keys(&format!("/{words}"));
        stage.press(KeyCode::Enter);
        let found = stage.model.inventory.shown().len();
        stage.press(KeyCode::Esc);
        found
    };
    assert!(records > 0);
    assert_eq!((found("syd1"), found(".acme.example")), (all, records));
}

#[test]
fn what_was_skipped_may_have_left_something() {
    let skips = Order::Skip { step: STEPS[1].0.into(), reason: "by hand".to_owned() };
    let story = world::needs_you()
        .orders(skips)
        .undoes(0, 100)
        .rolled_back(TransitionReason::ProvisionFailed);
    let id = story.id();
    let mut stage = Stage::new(120, 36);
    stage.picture(vec![story, world::failed()]);
    stage.keys("I");
    let asked = |effect: &Effect| *effect == Effect::ReadHoldings(vec![id]);
    assert!(stage.effects.iter().any(asked), "it alone: {:?}", stage.effects);
}
