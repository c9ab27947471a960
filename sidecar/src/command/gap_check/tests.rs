use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use super::*;
use crate::directus::operator::tests::operator;

const SINCE: &str = "2026-11-21T10:00:00Z";

fn gap(activity_id: u64, repaired: bool) -> Value {
    json!({
        "activityId": activity_id, "collection": "feedback", "key": "42", "action": "update",
        "at": "2026-11-21T10:30:00.123Z", "userId": null, "repaired": repaired,
    })
}

/// A Directus with 2500 activities of which these have no row.
async fn directus(missing: &'static [u64]) -> MockServer {
    let server = MockServer::start().await;
    let page = |request: &Request| {
        let asked: Value = request.body_json().unwrap();
        let after = asked["after"].as_u64().unwrap_or(0);
        let last = 2500.min(after + asked["limit"].as_u64().unwrap());
        let repaired = asked["repair"].as_bool().unwrap();
        let gaps: Vec<_> = missing.iter().filter(|id| (after + 1..=last).contains(*id)).collect();
        ResponseTemplate::new(200).set_body_json(json!({
            "checked": last - after,
            "gaps": gaps.into_iter().map(|id| gap(*id, repaired)).collect::<Vec<_>>(),
            "next": (last < 2500).then_some(last),
        }))
    };
    Mock::given(path("/event-bridge/gaps")).respond_with(page).mount(&server).await;
    server
}

#[tokio::test]
async fn every_page_is_checked_in_the_same_window() {
    let server = directus(&[7, 1800]).await;

    let report = check(&operator(&server), SINCE.parse().unwrap(), false).await.unwrap();

    assert_eq!((report.checked, report.found, report.left()), (2500, 2, 2));
    let requests = server.received_requests().await.unwrap();
    let asked: Vec<Value> = requests.iter().map(|request| request.body_json().unwrap()).collect();
    let after: Vec<_> = asked.iter().map(|body| body["after"].clone()).collect();
    assert_eq!(after, [json!(null), json!(1000), json!(2000)]);
    assert!(asked.iter().all(|body| body["since"] == SINCE));
}

#[tokio::test]
async fn a_repaired_gap_is_none_that_is_left() {
    let server = directus(&[7]).await;

    let report = check(&operator(&server), SINCE.parse().unwrap(), true).await.unwrap();

    assert_eq!((report.found, report.repaired, report.left()), (1, 1, 0));
}

#[test]
fn gaps_are_told_as_a_table_with_what_to_do_next() {
    let gaps = [gap(7, true), gap(1042, false)].map(|gap| serde_json::from_value(gap).unwrap());
    let since = SINCE.parse().unwrap();
    let report = Report { since, checked: 2500, found: 3, repaired: 1, gaps: gaps.into() };

    insta::assert_snapshot!(told(&report), @r"
    3 gap(s) in 2500 change(s) since 2026-11-21T10:00:00Z

    ACTIVITY  AT                        ITEM         ACTION  USER  REPAIRED
    7         2026-11-21T10:30:00.123Z  feedback/42  update        yes
    1042      2026-11-21T10:30:00.123Z  feedback/42  update        no
    … and 1 more

    2 left: `--repair` puts them into the outbox
    ");
}

#[test]
fn no_gap_is_told_with_what_was_checked() {
    let since = SINCE.parse().unwrap();
    let report = Report { since, checked: 2500, found: 0, repaired: 0, gaps: vec![] };

    insta::assert_snapshot!(told(&report), @"no gaps: each of 2500 change(s) since 2026-11-21T10:00:00Z has its outbox row");
}
