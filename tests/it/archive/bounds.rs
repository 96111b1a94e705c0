//! The bound by age: what is live stays, what is over and gone is forgotten in time.

use arcadia::domain::summary::{Standing, StepMark};

use super::*;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test(start_paused = true)]
async fn what_is_live_is_carried_over_and_what_is_gone_is_forgotten() {
    let world = World::with(Settings {
        segment_bytes: 1_000,
        keep: Some(30 * DAY),
        ..World::new().settings
    });
    let journal = world.open().unwrap();
    let ended_at = world.clock.now();
    let standings = [
        (Standing::Active, Vec::new(), true),
        (Standing::Abandoned, Vec::new(), true),
        (Standing::RolledBack, vec![StepMark::Undone, StepMark::Skipped], true),
        (Standing::RolledBack, vec![StepMark::Undone], false),
        (Standing::Failed, Vec::new(), false),
        (Standing::Cancelled, Vec::new(), false),
    ];
    for (number, (standing, marks, _)) in (10_u128..).zip(&standings) {
        let saga = SagaId::from_u128(number);
        let (standing, marks) = (*standing, marks.clone());
        let ended_at = Some(ended_at);
        let row = Summary { standing, marks, ended_at, ..row(number, saga, "") };
        let fate = Fate::Ends(Box::new(row));
        append_all(
            &journal,
            &[
                Batch { saga, entries: entries(0, 1).into(), fate: Fate::Begins },
                Batch { saga, entries: entries(1, 1).into(), fate },
            ],
        )
        .await;
    }
    let unfinished = SagaId::from_u128(9);
    let begins = Batch { saga: unfinished, entries: entries(0, 1).into(), fate: Fate::Begins };
    append_all(&journal, &[begins]).await;
    let mut archive = world.archive();
    copy(&mut archive, &journal.commits());

    tokio::time::advance(29 * DAY).await;
    archive.bound().unwrap();
    assert_eq!(status::inspect(&world.archive_dir()).unwrap().records, 13, "nothing is too old");

    tokio::time::advance(2 * DAY).await;
    // One that is over and gone, and was not so long ago.
    let late = SagaId::from_u128(30);
    let gone = Summary {
        standing: Standing::Failed,
        ended_at: Some(world.clock.now()),
        ..row(30, late, "")
    };
    let fate = Fate::Ends(Box::new(gone));
    append_all(
        &journal,
        &[
            Batch { saga: late, entries: entries(0, 1).into(), fate: Fate::Begins },
            Batch { saga: late, entries: entries(1, 1).into(), fate },
        ],
    )
    .await;
    copy(&mut archive, &journal.commits());
    archive.bound().unwrap();
    drop(archive);
    assert_eq!(world.files().len(), 1, "one base stands for everything");
    journal.close().await.unwrap();

    fs::remove_dir_all(world.journal_dir()).unwrap();
    rebuilding::rebuild(&world).await;
    let after = world.snapshot().await;
    let numbered = (10_u128..).zip(&standings);
    let kept = numbered.filter(|(_, (.., kept))| *kept).map(|(number, _)| number);
    let expected: BTreeSet<SagaId> = kept.chain([9, 30]).map(SagaId::from_u128).collect();
    assert_eq!(after.histories.into_keys().collect::<BTreeSet<_>>(), expected);
    assert_eq!(after.unfinished, [unfinished]);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_archive_forgets_nothing() {
    let world =
        World::with(Settings { segment_bytes: 1_000, keep: Some(DAY), ..World::new().settings });
    let journal = world.open().unwrap();
    append_all(&journal, &turns()).await;
    let mut archive = world.archive();
    copy(&mut archive, &journal.commits());
    let segments = status::inspect(&world.archive_dir()).unwrap().segments;
    flip(&segments[0], 300);
    let before = world.files();
    tokio::time::advance(2 * DAY).await;
    archive.bound().unwrap();
    assert!(archive.broken().is_some());
    assert!(world.files() == before);
    journal.close().await.unwrap();
}
