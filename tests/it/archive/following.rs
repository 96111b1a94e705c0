//! The follower: everything is archived once and in order, wherever it is stopped.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[tokio::test]
async fn what_is_committed_is_a_line_for_each_saga_in_order() {
    let world = World::new();
    world.run(&turns()).await;
    let text = fs::read_to_string(world.segment()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["archive"], 1);
    assert_eq!(lines[0]["first"], 1);
    let told: Vec<_> = lines[1..]
        .iter()
        .map(|line| {
            let saga: SagaId = line["saga"].as_str().unwrap().parse().unwrap();
            let count = line["record"]["entries"].as_array().unwrap().len();
            (line["group"].as_u64().unwrap(), saga, line["first"].as_u64().unwrap(), count)
        })
        .collect();
    let expected: Vec<_> = (1..)
        .zip(turns())
        .map(|(group, batch)| (group, batch.saga, batch.entries[0].seq, batch.entries.len()))
        .collect();
    assert_eq!(told, expected);
    assert_eq!(lines[4]["fate"], "ends");
    assert_eq!(lines[4]["row"]["row"]["saga"], SagaId::from_u128(2).to_string());
}

#[tokio::test]
async fn nobody_else_may_read_it() {
    let world = World::new();
    world.run(&turns()).await;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&world.archive_dir()), 0o700);
    assert_eq!(mode(&world.segment()), 0o600);
}

/// A crash leaves any beginning of what was written, and only what was synced was forgotten.
#[tokio::test(start_paused = true)]
async fn a_crash_at_any_byte_only_makes_it_read_a_little_again() {
    let world = World::new();
    let journal = world.open().unwrap();
    append_all(&journal, &turns()).await;
    copy(&mut world.archive(), &journal.commits());
    let whole = world.files();
    let path = world.segment();
    let bytes = fs::read(&path).unwrap();
    let near_an_end = |length: usize| bytes[length.saturating_sub(2)..length].contains(&b'\n');
    let cuts = (0..=bytes.len()).filter(|length| length % 61 == 0 || near_an_end(*length));
    for length in cuts {
        fs::write(&path, &bytes[..length]).unwrap();
        let mut archive = world.archive();
        assert_eq!(archive.broken(), None, "cut at {length}");
        let lines = bytes[..length].split(|byte| *byte == b'\n').count() as u64 - 1;
        assert_eq!(archive.group(), lines.saturating_sub(1), "cut at {length}");
        copy(&mut archive, &journal.commits());
        assert!(world.files() == whole, "cut at {length}");
    }
}

/// Blocks of a file need not reach the disk in order: one may be missing before one that did.
#[tokio::test]
async fn a_hole_that_a_loss_of_power_left_is_made_good_from_the_journal() {
    let world = World::new();
    world.run(&turns()).await;
    let before = world.snapshot().await;
    let path = world.segment();
    let mut bytes = fs::read(&path).unwrap();
    let hole = bytes.len() / 3;
    bytes[hole..hole + 40].fill(0);
    fs::write(&path, bytes).unwrap();
    assert!(world.archive().broken().is_some());
    world.run(&[]).await;
    let inspection = status::inspect(&world.archive_dir()).unwrap();
    assert_eq!(inspection.damages, []);
    assert_eq!(world.archive().broken(), None);
    fs::remove_dir_all(world.journal_dir()).unwrap();
    rebuilding::rebuild(&world).await;
    assert_eq!(world.snapshot().await, before);
}

#[tokio::test]
async fn the_journal_forgets_what_is_archived_and_nothing_else() {
    let world = World::new();
    let journal = world.open().unwrap();
    append_all(&journal, &turns()).await;
    assert_eq!(journal.commits().oldest().unwrap(), Some(GroupNumber(1)));
    world.follow(&journal).await.close().await;
    let saga = SagaId::from_u128(9);
    let batch = Batch { saga, entries: entries(0, 1).into(), fate: Fate::Begins };
    journal.append(batch).await.unwrap();
    assert_eq!(journal.commits().oldest().unwrap(), Some(GroupNumber(9)));
}

#[tokio::test]
async fn it_follows_while_sagas_run_and_the_status_says_how_far() {
    let world = World::new();
    let journal = world.open().unwrap();
    let follower = world.follow(&journal).await;
    append_all(&journal, &turns()).await;
    let mut status = follower.watch();
    let caught_up = status.wait_for(|status| status.archived == 8);
    let status = tokio::time::timeout(PATIENCE, caught_up).await.unwrap().unwrap().clone();
    assert_eq!((status.lag(), status.trouble), (0, None));
    follower.close().await;
}

#[tokio::test]
async fn a_segment_that_is_full_is_followed_by_another() {
    let world = World::with(Settings { segment_bytes: 1_000, ..World::new().settings });
    world.run(&turns()[..4]).await;
    world.run(&turns()[4..]).await;
    let files = world.files();
    assert!(files.len() > 2, "{:?}", files.keys());
    let longest = files.values().map(Vec::len).max().unwrap();
    assert!(longest < 2_500, "{longest}");
    let inspection = status::inspect(&world.archive_dir()).unwrap();
    assert_eq!((inspection.records, inspection.damages), (8, Vec::new()));
}

#[tokio::test]
async fn a_journal_that_is_older_than_its_archive_is_written_out_first() {
    let world = World::new();
    let journal = world.open().unwrap();
    append_all(&journal, &turns()[..5]).await;
    // Nobody followed, and nothing is left of it for a follower.
    journal.commits().forget(GroupNumber(5));
    append_all(&journal, &turns()[5..]).await;
    assert_eq!(journal.commits().oldest().unwrap(), Some(GroupNumber(6)));
    let before = snapshot(&journal).await;
    let follower = world.follow(&journal).await;
    follower.close().await;
    journal.close().await.unwrap();
    assert_eq!(world.files().into_keys().collect::<Vec<_>>(), ["00000000000000000009.base.jsonl"]);
    fs::remove_dir_all(world.journal_dir()).unwrap();
    rebuilding::rebuild(&world).await;
    assert_eq!(world.snapshot().await, before);
}

#[tokio::test]
async fn a_segment_that_somebody_deleted_is_missed_and_made_good() {
    for missing in [0, 1, 2] {
        let world = World::with(Settings { segment_bytes: 1_000, ..World::new().settings });
        world.run(&turns()).await;
        let before = world.snapshot().await;
        let segments = status::inspect(&world.archive_dir()).unwrap().segments;
        fs::remove_file(&segments[missing]).unwrap();
        if missing + 1 < segments.len() {
            assert!(world.archive().broken().is_some(), "segment {missing}");
        }
        world.run(&[]).await;
        assert_eq!(status::inspect(&world.archive_dir()).unwrap().damages, []);
        fs::remove_dir_all(world.journal_dir()).unwrap();
        rebuilding::rebuild(&world).await;
        assert_eq!(world.snapshot().await, before);
    }
}

#[tokio::test]
async fn an_archive_of_a_later_program_is_left_alone() {
    let world = World::new();
    world.run(&turns()).await;
    let path = world.segment();
    let text = fs::read_to_string(&path).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    let body = first.replace("\"archive\":1,", "\"archive\":2,");
    let body = &body[..body.len() - ",\"sum\":\"0123456789abcdef\"}".len()];
    let sum = xxhash_rust::xxh3::xxh3_64(body.as_bytes());
    let text = format!("{body},\"sum\":\"{sum:016x}\"}}\n{rest}");
    fs::write(&path, &text).unwrap();
    let opened = Archive::open(&world.archive_dir(), world.settings.clone(), world.clock.clone());
    let error = opened.unwrap_err().to_string();
    assert!(error.contains("has format 2, and this program reads up to 1"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}
