//! The way back: whatever is done to the journal, it comes back from the archive.

use arcadia::clock::{Chance, IdSource};
use arcadia::domain::failure::with_causes;
use arcadia::domain::saga::event::Order;
use arcadia::journal::rebuild::{Done, Plan, Rebuild, RebuildError};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::screens::world as story;
use crate::support::database;

/// Rebuilds the journal, and says what was planned and done.
pub(super) async fn rebuild(world: &World) -> (Plan, Done) {
    let deadline = Deadline::begin();
    let rebuild = loop {
        match Rebuild::survey(world.data.path()).await {
            Err(RebuildError::Journal(JournalError::Locked { .. })) if !deadline.is_over() => {}
            surveyed => break surveyed.unwrap_or_else(|error| panic!("{}", with_causes(&error))),
        }
    };
    let plan = rebuild.plan().clone();
    let ids = IdSource::new(world.clock.clone(), Chance::seeded(1));
    let done = rebuild.carry_out(&world.clock, &ids).await;
    (plan, done.unwrap_or_else(|error| panic!("{}", with_causes(&error))))
}

/// What is done to the journal's folder, which is closed: in words, and in fact.
type Blow = (&'static str, fn(&World));

const BLOWS: [Blow; 6] = [
    ("the folder is deleted", |world| fs::remove_dir_all(world.journal_dir()).unwrap()),
    ("the database is deleted", |world| fs::remove_file(database(world)).unwrap()),
    ("the database is empty", |world| drop(fs::File::create(database(world)).unwrap())),
    ("the database is cut", |world| {
        let file = fs::OpenOptions::new().write(true).open(database(world)).unwrap();
        file.set_len(64).unwrap();
    }),
    ("the database is garbage", |world| {
        let len = usize::try_from(database(world).metadata().unwrap().len()).unwrap();
        fs::write(database(world), b"garbage!".repeat(len / 8)).unwrap();
    }),
    ("the counter is gone as well", |world| {
        fs::remove_file(database(world)).unwrap();
        fs::remove_file(world.journal_dir().join("tail")).unwrap();
    }),
];

fn database(world: &World) -> PathBuf {
    world.journal_dir().join("db")
}

#[tokio::test]
async fn a_journal_that_is_gone_or_damaged_comes_back_whole() {
    for (what, blow) in BLOWS {
        let world = World::new();
        world.run(&turns()).await;
        let before = world.snapshot().await;
        blow(&world);
        let refused = world.open();
        assert!(refused.is_err(), "{what}: {refused:?}");
        let (plan, done) = rebuild(&world).await;
        assert_eq!((plan.sagas, plan.entries, plan.unfinished.len()), (3, 16, 2), "{what}");
        assert_eq!(world.snapshot().await, before, "{what}");
        // Nothing is deleted that could be looked at.
        assert_eq!(done.aside.is_some(), what != "the folder is deleted", "{what}");
        // The archive goes on with it, and another rebuild finds nothing to do.
        world
            .run(&[Batch {
                saga: SagaId::from_u128(1),
                entries: entries(7, 1).into(),
                fate: Fate::GoesOn,
            }])
            .await;
        assert_eq!(status::inspect(&world.archive_dir()).unwrap().damages, [], "{what}");
        let again = Rebuild::survey(world.data.path()).await.map(drop).unwrap_err();
        assert!(matches!(again, RebuildError::Sound { .. }), "{what}: {again}");
    }
}

#[tokio::test]
async fn an_older_copy_of_the_journal_is_refused_and_replaced() {
    let world = World::new();
    world.run(&turns()[..5]).await;
    let copy = world.data.path().join("copy");
    database::copy(&world.journal_dir(), &copy);
    world.run(&turns()[5..]).await;
    let before = world.snapshot().await;
    fs::remove_dir_all(world.journal_dir()).unwrap();
    fs::rename(&copy, world.journal_dir()).unwrap();
    let refused = world.open().unwrap_err();
    assert!(matches!(refused, JournalError::Damaged { .. }), "{refused}");
    let (plan, _) = rebuild(&world).await;
    assert!(plan.journal.contains("the last 3 of 8 groups"), "{}", plan.journal);
    assert_eq!(world.snapshot().await, before);
}

#[tokio::test]
async fn no_empty_journal_takes_the_place_of_one_that_is_archived() {
    let world = World::new();
    world.run(&turns()).await;
    fs::remove_dir_all(world.journal_dir()).unwrap();
    for _ in 0..2 {
        let refused = world.open().unwrap_err();
        assert!(matches!(refused, JournalError::Damaged { .. }), "{refused}");
    }
}

/// What was not archived is still in the journal, and most damage leaves it readable.
#[tokio::test]
async fn what_is_not_archived_is_taken_from_the_damaged_journal() {
    let world = World::new();
    world.run(&turns()[..6]).await;
    let journal = world.open().unwrap();
    append_all(&journal, &turns()[6..]).await;
    let launched = SagaId::from_u128(9);
    let batch = Batch { saga: launched, entries: entries(0, 2).into(), fate: Fate::Begins };
    journal.append(batch).await.unwrap();
    let before = snapshot(&journal).await;
    journal.close().await.unwrap();
    damage_a_row(&world);
    let (plan, done) = rebuild(&world).await;
    assert_eq!(plan.salvaged, 7);
    assert_eq!(done.held, Vec::<String>::new());
    assert_eq!(world.snapshot().await, before);
}

/// What only the journal has is taken from it up to the first damage, and nobody goes on with it unasked.
#[tokio::test]
async fn a_history_that_is_damaged_at_its_end_is_taken_up_to_the_damage() {
    let world = World::new();
    world.run(&turns()[..6]).await;
    let journal = world.open().unwrap();
    append_all(&journal, &turns()[6..]).await;
    let one = SagaId::from_u128(1);
    for first in [7, 8] {
        let fate = Fate::GoesOn;
        let batch = Batch { saga: one, entries: entries(first, 1).into(), fate };
        journal.append(batch).await.unwrap();
    }
    let mut before = snapshot(&journal).await;
    journal.close().await.unwrap();
    faults::damage_a_record(&world, one, 7);
    let (plan, _) = rebuild(&world).await;
    assert_eq!((plan.salvaged, &plan.cut), (5, &vec![(one.to_string(), 7)]));
    before.histories.get_mut(&one).unwrap().truncate(7);
    assert_eq!(world.snapshot().await, before);
}

#[tokio::test]
async fn a_damaged_line_is_named_and_costs_only_what_it_holds() {
    let world = World::new();
    world.run(&turns()).await;
    let before = world.snapshot().await;
    let path = world.segment();
    // A turn of saga 1, which has another behind it.
    flip(&path, begin_of_line(&path, 4) + 40);
    fs::remove_dir_all(world.journal_dir()).unwrap();
    let (plan, _) = rebuild(&world).await;
    let [damage] = plan.archive.damages.as_slice() else { panic!("{plan:?}") };
    assert_eq!((damage.path.clone(), damage.line), (path.clone(), 4));
    let one = SagaId::from_u128(1);
    assert_eq!(plan.cut, [(one.to_string(), 2)]);
    let after = world.snapshot().await;
    assert_eq!(after.histories[&one], before.histories[&one][..2]);
    for saga in [2, 3].map(SagaId::from_u128) {
        assert_eq!(after.histories[&saga], before.histories[&saga]);
    }
    assert_eq!((after.rows, after.unfinished), (before.rows, before.unfinished));
}

#[tokio::test]
async fn damage_in_the_archive_is_made_up_for_by_the_journal_where_it_can_be() {
    // The lines of a saga whose history the damaged journal still has.
    for line in [2, 4] {
        let world = World::new();
        world.run(&turns()).await;
        let before = world.snapshot().await;
        let path = world.segment();
        flip(&path, begin_of_line(&path, line) + 40);
        damage_a_row(&world);
        let (plan, done) = rebuild(&world).await;
        assert_eq!((plan.archive.damages.len(), plan.cut.len()), (1, 0), "line {line}");
        assert_eq!(world.snapshot().await, before, "line {line}");
        let kept = done.aside.unwrap().join("archive").join(path.file_name().unwrap());
        assert!(kept.exists(), "the damaged archive is kept as well");
    }
}

#[tokio::test]
async fn a_rebuild_that_was_killed_anywhere_is_done_by_the_next_one() {
    let world = World::new();
    world.run(&turns()).await;
    let before = world.snapshot().await;
    let building = world.data.path().join("journal.rebuild");
    let aside = world.data.path().join("journal.damaged-before");

    // While it was built.
    fs::remove_file(database(&world)).unwrap();
    database::copy(&world.journal_dir(), &building);
    fs::write(building.join("db"), b"half").unwrap();
    rebuild(&world).await;
    assert_eq!(world.snapshot().await, before);

    // Between the renames: there is no journal, and what was built is whole.
    fs::rename(world.journal_dir(), &building).unwrap();
    fs::create_dir(&aside).unwrap();
    assert!(world.open().is_err(), "no program begins an empty journal");
    let (_, done) = rebuild(&world).await;
    assert_eq!(done.aside, None);
    assert_eq!(world.snapshot().await, before);
    assert!(!building.exists());
}

/// After the second rename and before the archive was begun anew.
#[tokio::test]
async fn an_archive_that_was_not_begun_anew_is_continued() {
    let world = World::new();
    world.run(&turns()).await;
    let before = world.snapshot().await;
    let older = world.data.path().join("older");
    database::copy(&world.archive_dir(), &older);
    fs::remove_file(database(&world)).unwrap();
    rebuild(&world).await;
    fs::remove_dir_all(world.archive_dir()).unwrap();
    fs::rename(&older, world.archive_dir()).unwrap();
    let more =
        Batch { saga: SagaId::from_u128(9), entries: entries(0, 1).into(), fate: Fate::Begins };
    world.run(&[more]).await;
    assert_eq!(status::inspect(&world.archive_dir()).unwrap().damages, []);
    let after = world.snapshot().await;
    assert_eq!(after.histories.len(), before.histories.len() + 1);
    fs::remove_file(database(&world)).unwrap();
    rebuild(&world).await;
    assert_eq!(world.snapshot().await, after);
}

#[tokio::test]
async fn nothing_is_rebuilt_while_somebody_has_the_journal() {
    let world = World::new();
    world.run(&turns()).await;
    let journal = world.open().unwrap();
    let refused = Rebuild::survey(world.data.path()).await.map(drop).unwrap_err();
    assert!(matches!(refused, RebuildError::Journal(JournalError::Locked { .. })), "{refused}");
    journal.close().await.unwrap();
}

#[tokio::test]
async fn nothing_is_rebuilt_from_nothing() {
    let world = World::new();
    fs::create_dir_all(world.data.path()).unwrap();
    let refused = Rebuild::survey(world.data.path()).await.map(drop).unwrap_err();
    assert!(matches!(refused, RebuildError::NoArchive { .. }), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any history of any sagas, archived in segments of any size with a restart anywhere.
    #[test]
    fn every_history_comes_back(
        turns in vec((0..4_u128, 1..4_u64, 0..4_u8), 1..40),
        segment_bytes in 300..6_000_u64,
        restart in any::<prop::sample::Index>(),
        blow in 0..BLOWS.len(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::with(Settings { segment_bytes, ..World::new().settings });
            let batches = batches(&turns);
            let (first, second) = batches.split_at(restart.index(batches.len()));
            world.run(first).await;
            world.run(second).await;
            let before = world.snapshot().await;
            assert!(!before.histories.is_empty());
            BLOWS[blow].1(&world);
            let (plan, done) = rebuild(&world).await;
            assert_eq!((plan.archive.damages, plan.cut, done.held.len()), <_>::default());
            assert_eq!(world.snapshot().await, before);
        });
    }
}

/// Turns that a journal takes: a saga begins, goes on, ends, and may begin again.
fn batches(turns: &[(u128, u64, u8)]) -> Vec<Batch> {
    let mut next: BTreeMap<u128, (u64, bool)> = BTreeMap::new();
    turns
        .iter()
        .map(|(saga, count, turn)| {
            let (seq, unfinished) = next.entry(*saga).or_insert((0, false));
            let id = SagaId::from_u128(*saga + 1);
            let fate = match (*unfinished, turn) {
                (true, 0) => Fate::Ends(Box::new(row(*saga + 1, id, &format!("{seq}")))),
                (true, _) => Fate::GoesOn,
                (false, _) => Fate::Begins,
            };
            *unfinished = !matches!(fate, Fate::Ends(_));
            let batch = Batch { saga: id, entries: entries(*seq, *count).into(), fate };
            *seq += count;
            batch
        })
        .collect()
}

/// Damages the row of saga 2; everything else can be read.
pub(super) fn damage_a_row(world: &World) {
    database::operate(&world.journal_dir(), |db| {
        let rows = db.open_tree("summaries").unwrap();
        let (key, _) = rows.first().unwrap().unwrap();
        rows.insert(key, b"{}")
    });
}

/// A rollback whose order is lost must not come back as a deployment that serves: some of it is undone.
#[tokio::test]
async fn a_saga_that_went_on_from_its_end_is_not_taken_for_ended_when_the_rest_is_lost() {
    let world = World::new();
    let journal = world.open().unwrap();
    let active = story::active();
    let saga = active.aggregate.saga;
    let fate = Fate::Ends(Box::new((*active.summary()).clone()));
    let up = Batch { saga, entries: active.entries.clone().into(), fate };
    journal.append(up).await.unwrap();
    let ordered = active.entries.len();
    let back = active.orders(Order::Rollback).undoes(5, 900);
    for entry in &back.entries[ordered..] {
        let batch = Batch { saga, entries: vec![entry.clone()].into(), fate: Fate::Begins };
        journal.append(batch).await.unwrap();
    }
    journal.close().await.unwrap();
    faults::damage_a_record(&world, saga, ordered as u64);
    let (plan, done) = rebuild(&world).await;
    assert_eq!(plan.cut, [("acme/web-blue-00416".to_owned(), ordered as u64 - 1)]);
    assert!(world.snapshot().await.unfinished.contains(&saga));
    assert_eq!(done.held.len(), 1, "a person looks at it before anything goes on");
}

/// Many turns of many sagas are on their way at once when a journal is built: each saga's stay in order.
#[tokio::test]
async fn a_journal_of_thousands_of_turns_comes_back() {
    let world = World::new();
    let turns: Vec<Batch> = (0..40)
        .flat_map(|turn| {
            (1..=60).map(move |saga| Batch {
                saga: SagaId::from_u128(saga),
                entries: entries(turn, 1).into(),
                fate: if turn == 0 { Fate::Begins } else { Fate::GoesOn },
            })
        })
        .collect();
    world.run(&turns).await;
    let before = world.snapshot().await;
    assert_eq!(before.histories.len(), 60);
    for _ in 0..3 {
        fs::remove_dir_all(world.journal_dir()).unwrap();
        rebuild(&world).await;
        assert_eq!(world.snapshot().await, before);
    }
}
