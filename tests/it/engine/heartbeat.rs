//! Signs of life: given when the engine and its disk are alive, and only then.

use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Control, ControlError, Heartbeat};
use arcadia::domain::saga::plan::Direction;
use arcadia::journal::sled::SledJournal;
use tempfile::TempDir;

use crate::admission::engines::engine_on;
use crate::admission::request;
use crate::engine::{pass, turns};
use crate::journal_sled::gated;
use crate::overload::Calls;
use crate::support::rig::Rig;
use crate::support::script::{Act, Script};

#[tokio::test]
async fn a_disk_that_hangs_gives_no_sign_of_life_until_it_goes_on() {
    let dir = TempDir::new().unwrap();
    let (data_file, mut gate) = gated();
    let journal = Arc::new(SledJournal::open_with(dir.path(), data_file).unwrap());
    let engine = engine_on(journal.clone(), &Arc::new(Calls::default())).await;
    engine.resume().await.unwrap();
    engine.heartbeat().await.unwrap();
    assert_eq!(journal.stats().groups, 0, "nothing is written for it");

    let launching = engine.launch(request("a"));
    tokio::pin!(launching);
    tokio::select! {
        biased;
        launched = &mut launching => panic!("nothing is durable yet: {launched:?}"),
        _ = gate.entered() => {}
    }
    let heartbeat = engine.heartbeat();
    tokio::pin!(heartbeat);
    tokio::select! {
        biased;
        beat = &mut heartbeat => panic!("its disk hangs: {beat:?}"),
        () = turns(1_000) => {}
    }
    gate.open_for_good();
    heartbeat.await.unwrap();
    launching.await.unwrap();
    engine.abort();
    journal.close().await.unwrap();
    let dead = engine.heartbeat().await;
    assert!(matches!(dead, Err(ControlError::Stopping)), "{dead:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_life_tells_how_many_calls_are_under_way_and_a_stopped_engine_gives_none() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::DoneAfter(Duration::from_secs(2))]);
    let rig = Rig::scripted(&script, 1).await;
    assert_eq!(rig.engine.heartbeat().await.unwrap(), Heartbeat { calls: 0 });
    let launched = rig.launch().await;
    pass(Duration::from_secs(1)).await;
    assert_eq!(rig.engine.heartbeat().await.unwrap(), Heartbeat { calls: 1 });
    rig.until_still(launched.deployment).await;
    assert_eq!(rig.engine.heartbeat().await.unwrap(), Heartbeat { calls: 0 });
    rig.engine.stop().await;
    let stopped = rig.engine.heartbeat().await;
    assert!(matches!(stopped, Err(ControlError::Stopping)), "{stopped:?}");
}
