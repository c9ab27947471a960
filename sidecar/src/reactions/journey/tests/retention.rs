use super::*;

/// At the next look, with the shipped `keep` of 400 days.
#[tokio::test]
async fn what_was_kept_for_long_enough_is_removed_in_steps_and_the_rest_stays() {
    let day = |day: i64| {
        let at: Timestamp = "2026-11-13T00:00:00Z".parse().unwrap();
        event("login.failed", &(at - SignedDuration::from_hours(24 * day)).to_string())
    };
    let story: Vec<_> = (300..650).map(day).collect();
    let server = directus(&story).await;

    look_round(&server, "2026-11-13T00:00:00Z").await;

    let context = context_of(&server.uri());
    let ids: Vec<_> = story.iter().map(|event| event.event_id).collect();
    let left = shipped().rows.there(&context.directus, &ids).await.unwrap();
    let young: BTreeSet<_> = (300..=400).map(|it| day(it).event_id).collect();
    assert_eq!(left, young);
    let requests = server.received_requests().await.unwrap();
    let steps = requests.iter().filter(|it| it.url.path() == "/event-bridge/effects").count();
    assert_eq!(steps, 3, "249 events, a hundred at most in a step");
}

#[tokio::test]
async fn what_came_back_after_it_was_removed_holds_nobody_up() {
    let old = event("login.failed", "2024-01-01T00:00:00Z");
    let server = directus::directus_that_keeps(&[old]).await;

    look_round(&server, "2026-11-13T00:00:00Z").await;

    let requests = server.received_requests().await.unwrap();
    let steps = requests.iter().filter(|it| it.url.path() == "/event-bridge/effects").count();
    assert_eq!(steps, 1, "it is a duplicate the second time, too");
}

#[tokio::test]
async fn an_event_that_comes_when_its_time_is_over_is_not_written() {
    let server = directus(&[]).await;
    let now = "2026-11-13T00:00:00Z".parse().unwrap();
    let context = Context { now, replayed: true, ..context_of(&server.uri()) };
    let [old, young] =
        ["2025-10-08T23:59:59Z", "2025-10-09T00:00:00Z"].map(|at| event("login.failed", at));

    for event in [&old, &young] {
        Reaction::react(&*shipped(), event, &context).await.unwrap();
    }

    let ids = [old.event_id, young.event_id];
    let there = shipped().rows.there(&context.directus, &ids).await.unwrap();
    assert_eq!(there, [young.event_id].into());
}
