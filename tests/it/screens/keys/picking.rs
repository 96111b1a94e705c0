//! Choosing from the lists of the launch form.

use arcadia::tui::effect::Effect;
use arcadia::tui::model::form::Field;
use crossterm::event::KeyCode;

use crate::screens::catalogue;
use crate::screens::keys::{at, stage};
use crate::screens::stage::Stage;
use crate::screens::world;

/// The form, with a name in it, at one of its fields.
fn form(field: Field) -> Stage {
    let mut stage = stage();
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys("web");
    go(&mut stage, field);
    stage
}

fn go(stage: &mut Stage, field: Field) {
    for _ in Field::ALL {
        if stage.model.form.focus == field {
            return;
        }
        stage.press(KeyCode::Tab);
    }
    panic!("{field:?} cannot be reached");
}

fn value(stage: &Stage, field: Field) -> String {
    stage.model.form.value(field).to_owned()
}

#[test]
fn a_size_is_picked_by_typing_a_part_of_it_and_enter_goes_on() {
    let mut stage = form(Field::Size);
    stage.keys("2gb");
    let drawn = stage.drawn();
    assert!(drawn.contains("s-1vcpu-2gb") && drawn.contains("$0.018/h  1 vCPU 2 GB 50 GB"));
    stage.press(KeyCode::Down);
    stage.press(KeyCode::Enter);
    assert_eq!(value(&stage, Field::Size), "s-2vcpu-2gb");
    assert_eq!(stage.model.form.focus, Field::Launch);
    assert_eq!(stage.model.form.spec().unwrap().size, "s-2vcpu-2gb");
}

#[test]
fn enter_on_a_field_that_was_not_touched_changes_nothing() {
    for field in [Field::Region, Field::Size, Field::Image, Field::DnsDomain, Field::SshKeys] {
        let mut stage = form(field);
        let before = value(&stage, field);
        stage.press(KeyCode::Enter);
        assert_eq!(value(&stage, field), before, "{field:?}");
        assert_eq!(stage.model.form.focus, Field::Launch, "{field:?}");
    }
}

#[test]
fn what_is_in_no_list_may_be_typed_and_is_marked() {
    let mut stage = form(Field::Size);
    stage.keys("s-9vcpu-9gb");
    assert!(stage.drawn().contains("not in the provider's list"));
    stage.press(KeyCode::Tab);
    assert_eq!(value(&stage, Field::Size), "s-9vcpu-9gb");
    assert!(stage.model.form.spec().is_some(), "the provider has the last word");
    assert!(!stage.drawn().contains("$0."), "and nobody knows its price");
}

#[test]
fn tab_leaves_what_was_typed_although_the_list_answers_to_it() {
    let mut stage = form(Field::Region);
    stage.keys("sy");
    stage.press(KeyCode::Tab);
    assert_eq!(value(&stage, Field::Region), "sy");
    stage.press(KeyCode::BackTab);
    stage.press(KeyCode::Backspace);
    stage.keys("gp");
    stage.press(KeyCode::Enter);
    assert_eq!(value(&stage, Field::Region), "sgp1", "and a correction is no new text");
}

#[test]
fn what_is_not_in_the_region_stands_last_and_says_so() {
    let mut stage = form(Field::Size);
    stage.press(KeyCode::Up);
    for _ in 0..9 {
        stage.press(KeyCode::Down);
    }
    let drawn = stage.drawn();
    assert!(drawn.contains("gpu-h100x1"), "{drawn}");
    assert!(drawn.contains("not in syd1 · $3.390/h"), "{drawn}");
    stage.press(KeyCode::Enter);
    assert!(stage.drawn().contains("▲ not in syd1"), "a person may know better");
    go(&mut stage, Field::Region);
    stage.keys("nyc3");
    stage.press(KeyCode::Tab);
    assert!(!stage.drawn().contains("▲ not in"), "there it is");
}

#[test]
fn keys_are_taken_in_and_out_by_space_and_found_by_name() {
    let mut stage = form(Field::SshKeys);
    stage.press(KeyCode::Down);
    stage.keys(" ");
    stage.press(KeyCode::Down);
    stage.keys(" ");
    assert_eq!(stage.model.form.spec().unwrap().ssh_keys, ["289795", "289796"]);
    assert!(stage.drawn().contains("[x] 289795"));
    stage.press(KeyCode::Up);
    stage.keys(" ");
    assert_eq!(stage.model.form.spec().unwrap().ssh_keys, ["289796"]);
    stage.keys(" ");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.model.form.spec().unwrap().ssh_keys, ["289796", "289795"]);

    let mut stage = form(Field::SshKeys);
    stage.keys("ana");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.model.form.spec().unwrap().ssh_keys, ["289795"]);
    go(&mut stage, Field::SshKeys);
    stage.keys(" 777");
    stage.press(KeyCode::Tab);
    assert!(stage.drawn().contains("`777` not in the provider's list"));
    assert_eq!(stage.model.form.spec().unwrap().ssh_keys, ["289795", "777"]);
}

#[test]
fn the_lists_are_asked_for_at_the_start_and_when_the_form_opens_and_once_at_a_time() {
    let mut stage = Stage::new(120, 36);
    stage.catalogue = None;
    stage.picture(world::zoo());
    let asks = |stage: &mut Stage| {
        let before = stage.effects.len();
        stage.keys("n");
        let asked = &stage.effects[before..];
        asked.iter().filter(|effect| **effect == Effect::ReadCatalogue).count()
    };
    let first = stage.effects.iter().filter(|effect| **effect == Effect::ReadCatalogue).count();
    assert_eq!(first, 1, "prices are shown before the form opens");
    assert_eq!(asks(&mut stage), 0, "they are on their way");
    assert!(stage.drawn().contains("asking the provider; offline list of"));
    stage.send(arcadia::tui::msg::What::CatalogueRead(catalogue::of_nobody()));
    assert!(stage.drawn().contains("the provider did not answer: 503"));
    stage.press(KeyCode::Esc);
    assert_eq!(asks(&mut stage), 1, "the engine knows when to ask again");
}

#[test]
fn a_provider_that_does_not_answer_is_asked_again_less_and_less_often() {
    let mut stage = Stage::new(120, 36);
    stage.catalogue = Some(catalogue::of_nobody());
    stage.picture(world::zoo());
    let asks = |stage: &Stage| {
        stage.effects.iter().filter(|effect| **effect == Effect::ReadCatalogue).count()
    };
    assert_eq!(asks(&stage), 1);
    stage.pass(29_000);
    assert_eq!(asks(&stage), 1);
    stage.pass(1_000);
    assert_eq!(asks(&stage), 2);
    stage.pass(30_000);
    assert_eq!(asks(&stage), 2, "twice as long");
    stage.catalogue = Some(catalogue::of_provider());
    stage.pass(30_000);
    assert_eq!(asks(&stage), 3);
    stage.pass(3_600_000);
    assert_eq!(asks(&stage), 3, "they are known");
}

#[test]
fn a_price_of_the_programs_own_list_is_said_to_be_about_that() {
    let mut stage = Stage::new(120, 36);
    stage.catalogue = Some(catalogue::of_nobody());
    stage.picture(world::zoo());
    stage.select(world::needs_you().id());
    let drawn = stage.drawn();
    assert!(drawn.contains("about $0.009/h"), "{drawn}");
    stage.keys("I");
    let drawn = stage.drawn();
    assert!(
        drawn.lines().any(|line| line.contains("droplets, ") && line.contains(", about $")),
        "{drawn}"
    );
    stage.send(arcadia::tui::msg::What::CatalogueRead(catalogue::of_provider()));
    stage.pass(1_000);
    assert!(!stage.drawn().contains("about $"));
}

#[test]
fn a_size_that_is_in_no_list_has_no_price_anywhere() {
    let mut stage = form(Field::Size);
    stage.catalogue = Some(catalogue::of_nobody());
    stage.press(KeyCode::Esc);
    stage.keys("n");
    assert!(stage.drawn().contains("$0.009/h"));
    stage.keys("s-9vcpu-9gb");
    go(&mut stage, Field::Launch);
    let drawn = stage.drawn();
    assert!(drawn.contains("not in the offline list of"), "{drawn}");
    assert!(drawn.contains("create droplet dep-web s-9vcpu-9gb in syd1, from"), "{drawn}");
}

#[test]
fn what_is_out_there_says_what_it_costs_once_the_price_is_known() {
    let story = world::needs_you();
    let mut stage = at(&story);
    assert!(stage.drawn().contains("droplet 398271 (203.0.113.7), $0.009/h, 40m59s, about $0.01"));
    let mut lists = (*catalogue::of_provider()).clone();
    lists.sizes.items.retain(|size| size.slug != story.summary().size);
    stage.send(arcadia::tui::msg::What::CatalogueRead(lists.into()));
    let drawn = stage.drawn();
    assert!(drawn.contains("droplet 398271 (203.0.113.7)"), "{drawn}");
    assert!(!drawn.contains("/h"), "no price is not a price of nothing: {drawn}");
    stage.keys("o");
    assert!(!stage.drawn().contains("/h"));
}
