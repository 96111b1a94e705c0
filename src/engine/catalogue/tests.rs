use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use super::*;
use crate::domain::catalogue::{Image, Offer, Region, Size, SshKey};
use crate::domain::failure::{Failure, FailureCode};

/// A provider that counts how often it is asked, and answers as it is told.
struct Counting {
    asked: AtomicUsize,
    mood: std::sync::Mutex<Mood>,
}

#[derive(Clone, Copy)]
enum Mood {
    Answers,
    RefusesKeys,
    Silent,
}

impl Counting {
    fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self { asked: AtomicUsize::new(0), mood: mood.into() })
    }

    fn turns(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn times(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    async fn answer<T>(&self, items: Vec<T>) -> Result<Vec<T>, ProviderError> {
        let mood = *self.mood.lock().unwrap();
        if let Mood::Silent = mood {
            std::future::pending::<()>().await;
        }
        // An answer takes a while, so that others can ask meanwhile.
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(items)
    }
}

#[async_trait]
impl providers::Catalogue for Counting {
    async fn regions(&self) -> Result<Vec<Region>, ProviderError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let region =
            Region { slug: "mars1".to_owned(), name: "Mars 1".to_owned(), offer: Offer::Available };
        self.answer(vec![region]).await
    }

    async fn sizes(&self) -> Result<Vec<Size>, ProviderError> {
        self.answer(Vec::new()).await
    }

    async fn images(&self) -> Result<Vec<Image>, ProviderError> {
        self.answer(Vec::new()).await
    }

    async fn domains(&self) -> Result<Vec<String>, ProviderError> {
        self.answer(vec!["acme.example".to_owned()]).await
    }

    async fn ssh_keys(&self) -> Result<Vec<SshKey>, ProviderError> {
        let refuses = matches!(*self.mood.lock().unwrap(), Mood::RefusesKeys);
        if refuses {
            let failure =
                Failure::without_effect(FailureCode::Forbidden, "403: a scope is missing");
            return Err(ProviderError::Terminal { failure });
        }
        self.answer(Vec::new()).await
    }
}

fn shelf(provider: &Arc<Counting>) -> (Shelf, Clock) {
    let provider = Arc::clone(provider) as Arc<dyn providers::Catalogue>;
    (Shelf::new(Some(provider)), Clock::starting_at(Timestamp::from_millis(1_700_000_000_000)))
}

#[tokio::test(start_paused = true)]
async fn many_who_ask_at_once_ask_the_provider_once_and_again_when_it_is_stale() {
    let provider = Counting::new(Mood::Answers);
    let (shelf, clock) = shelf(&provider);
    let (first, second) = futures_util::future::join(shelf.read(&clock), shelf.read(&clock)).await;
    assert_eq!(provider.times(), 1);
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(first.regions.items[0].slug, "mars1");
    tokio::time::sleep(FRESH / 2).await;
    shelf.read(&clock).await;
    assert_eq!(provider.times(), 1);
    tokio::time::sleep(FRESH / 2).await;
    shelf.read(&clock).await;
    assert_eq!(provider.times(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_is_waited_for_that_long_and_replaced_by_the_own_list() {
    let provider = Counting::new(Mood::Silent);
    let (shelf, clock) = shelf(&provider);
    let began = clock.now();
    let catalogue = shelf.read(&clock).await;
    assert_eq!(clock.now().since(began), PATIENCE);
    assert_eq!(catalogue.regions.why_offline(), Some("no answer within 10 s"));
    assert!(catalogue.price("s-1vcpu-1gb").is_some(), "from the program's own list");
    assert!(catalogue.domains.items.is_empty(), "only the account would know");

    provider.turns(Mood::Answers);
    assert!(shelf.read(&clock).await.regions.why_offline().is_some(), "not asked at once again");
    tokio::time::sleep(RETRY).await;
    assert_eq!(shelf.read(&clock).await.regions.items[0].slug, "mars1");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_refused_leaves_the_others_and_one_that_was_there_stays() {
    let provider = Counting::new(Mood::RefusesKeys);
    let (shelf, clock) = shelf(&provider);
    let catalogue = shelf.read(&clock).await;
    assert_eq!(catalogue.ssh_keys.why_offline(), Some("403: a scope is missing"));
    assert_eq!(catalogue.domains.items, ["acme.example"]);
    let read = catalogue.regions.clone();

    provider.turns(Mood::Silent);
    tokio::time::sleep(RETRY).await;
    let catalogue = shelf.read(&clock).await;
    assert_eq!(catalogue.regions, read, "with the moment at which it was read");
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_the_own_list_is_given_at_once() {
    let clock = Clock::starting_at(Timestamp::from_millis(0));
    let catalogue = Shelf::new(None).read(&clock).await;
    assert_eq!(*catalogue, *offline::catalogue());
}
