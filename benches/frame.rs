//! What a frame costs: it must not depend on how many deployments there are, only on how many are
//! on the screen. And what a list of many costs when it is filtered or sorted.

use std::sync::Arc;
use std::time::Duration;

use arcadia::control::Notice;
use arcadia::domain::deployment::DeploymentState;
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::saga::plan::Direction;
use arcadia::domain::spec::LaunchDraft;
use arcadia::domain::summary::{Activity, Focus, Standing, StepMark, Summary};
use arcadia::domain::time::Timestamp;
use arcadia::tui::model::Model;
use arcadia::tui::msg::{Msg, What};
use arcadia::tui::options::{Ascii, Color};
use arcadia::tui::theme::Theme;
use arcadia::tui::update::update;
use arcadia::tui::view::{ViewState, view};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);
const SIZES: [u32; 2] = [100, 100_000];

fn summary(number: u32) -> Summary {
    let standing = match number % 16 {
        0 => Standing::NeedsYou,
        1 => Standing::RollingBack,
        2..6 => Standing::Running,
        6..14 => Standing::Active,
        _ => Standing::Failed,
    };
    let launched_at = NOW - Duration::from_secs(u64::from(number % 10_000));
    let focus = Focus {
        step: "wait_droplet_active".into(),
        direction: Direction::Forward,
        attempt: 1,
        tries: 5,
        activity: Activity::Waiting {
            until: NOW + Duration::from_secs(3),
            note: "droplet is still `new`".to_owned(),
            gives_up_at: NOW + Duration::from_mins(5),
        },
    };
    Summary {
        dns_name: None,
        deployment: DeploymentId::from_u128(u128::from(number)),
        saga: SagaId::from_u128(u128::from(number)),
        tenant: format!("tenant-{}", number % 97),
        slug: format!("web-{number:06}"),
        region: "syd1".to_owned(),
        size: "s-1vcpu-1gb".to_owned(),
        ipv4: None,
        state: DeploymentState::Provisioning,
        standing,
        marks: vec![StepMark::Done, StepMark::Running, StepMark::Pending, StepMark::Pending],
        focus: (!standing.is_finished()).then_some(focus),
        why: None,
        launched_at,
        changed_at: NOW,
        ended_at: standing.is_finished().then_some(NOW),
        next_seq: 5,
    }
}

fn model(rows: u32) -> Model {
    let mut model = Model::new("SIM".to_owned(), "ana".to_owned(), LaunchDraft::default(), NOW);
    send(&mut model, NOW, What::Resized { width: 200, height: 50 });
    send(&mut model, NOW, What::Connected);
    let summaries = (0..rows).map(|number| Arc::new(summary(number))).collect();
    send(&mut model, NOW, What::Pictured(Ok(summaries)));
    model
}

fn send(model: &mut Model, at: Timestamp, what: What) {
    update(model, Msg { at, what });
}

fn frames(criterion: &mut Criterion) {
    for rows in SIZES {
        let model = model(rows);
        let mut state = ViewState::new(Theme::new(Color::Ansi, Ascii::No));
        let mut terminal = Terminal::new(TestBackend::new(200, 50)).expect("a test backend draws");
        criterion.bench_function(&format!("frame 200x50, {rows} deployments"), |bencher| {
            bencher.iter(|| {
                terminal
                    .draw(|frame| view(&model, &mut state, frame))
                    .expect("a test backend draws");
            });
        });
    }
}

fn news(criterion: &mut Criterion) {
    for rows in SIZES {
        let mut model = model(rows);
        let changed = Arc::new(summary(rows / 2));
        criterion.bench_function(&format!("notice, {rows} deployments"), |bencher| {
            bencher.iter_batched(
                || Notice::Changed { summary: Arc::clone(&changed), entries: Arc::new([]) },
                |notice| send(&mut model, NOW, What::Noticed(notice)),
                BatchSize::SmallInput,
            );
        });
    }
}

fn filter(criterion: &mut Criterion) {
    for rows in SIZES {
        let mut model = model(rows);
        let mut letters = ["web-0001", "web-00012"].into_iter().cycle();
        criterion.bench_function(&format!("filter and sort, {rows} deployments"), |bencher| {
            bencher.iter(|| model.list.set_filter(letters.next().unwrap_or_default(), NOW));
        });
    }
}

criterion_group!(benches, frames, news, filter);
criterion_main!(benches);
