use rstest::rstest;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use super::*;
use crate::{directus::administrator::tests::administrator, setup::shipped::Things};

const WRITES: Leave = Leave { to_write: true, to_restore: false };
const RESTORES: Leave = Leave { to_write: true, to_restore: true };
const ONLY_TELLS: Leave = Leave { to_write: false, to_restore: false };

/// A Directus on a licence for two collections that holds what `lists` says.
async fn directus(lists: &[(&str, Value)]) -> MockServer {
    let server = MockServer::start().await;
    let licence = json!({
        "name": "Core", "usage": { "collections": 1 },
        "entitlements": {
            "collections": { "limit": 2 }, "custom_permission_rules_enabled": { "default": false },
        },
    });
    let there = [("license", licence), ("collections", json!([{ "collection": "orders" }]))];
    for (place, data) in lists.iter().chain(&there) {
        Mock::given(method("GET"))
            .and(path(format!("/{place}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": data })))
            .mount(&server)
            .await;
    }
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [] })))
        .with_priority(10)
        .mount(&server)
        .await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(204))
        .with_priority(20)
        .mount(&server)
        .await;
    server
}

/// What is told, a line each, and what is written.
async fn installed(server: &MockServer, leave: Leave, things: Value) -> (Vec<String>, Vec<String>) {
    let things: Things = serde_json::from_value(things).unwrap();
    let directus = administrator(&server.uri());
    let licence = Licence::read(&directus).await.unwrap();
    let mut installer = Installer::new(&directus, licence, leave).await.unwrap();

    let reports = installer.install(&Step::new("A step", things)).await.unwrap();

    let told = reports.iter().map(|it| format!("{}: {:?}", it.what, it.outcome)).collect();
    let requests = server.received_requests().await.unwrap();
    let writes = requests.iter().filter(|it| it.method.as_str() != "GET");
    (told, writes.map(|it| format!("{} {}", it.method, it.url.path())).collect())
}

fn role(name: &str) -> Value {
    json!({ "roles": [{ "id": "r", "name": name }] })
}

#[rstest]
#[case::missing(json!([]), WRITES, "Made", &["POST /roles"])]
#[case::missing_and_only_told(json!([]), ONLY_TELLS, "Made", &[])]
#[case::there(json!([{ "id": "r", "name": "A" }]), RESTORES, "Same", &[])]
#[case::changed(json!([{ "id": "r", "name": "B" }]), WRITES, r#"Kept(["name"])"#, &[])]
#[case::to_be_restored(
    json!([{ "id": "r", "name": "B" }]), RESTORES, r#"Restored(["name"])"#, &["PATCH /roles/r"]
)]
#[tokio::test]
async fn what_is_missing_is_made_and_what_is_there_stays(
    #[case] there: Value,
    #[case] leave: Leave,
    #[case] outcome: &str,
    #[case] written: &[&str],
) {
    let server = directus(&[("roles", there)]).await;

    let (told, writes) = installed(&server, leave, role("A")).await;

    assert_eq!(told, [format!("role “A”: {outcome}")]);
    assert_eq!(writes, written);
}

#[tokio::test]
async fn what_a_licence_has_no_room_for_is_left_out_with_all_that_needs_it() {
    let server = directus(&[]).await;
    let collection = |name: &str| json!({ "collection": name, "fields": [{ "field": "name" }] });
    let things = json!({
        "collections": [collection("customers"), collection("tickets")],
        "relations": [{ "collection": "tickets", "field": "customer", "related_collection": "customers" }],
        "presets": [{ "collection": "customers", "layout": "tabular" }],
    });

    let (told, writes) = installed(&server, WRITES, things).await;

    let no_room = "the licence “Core” has room for 2 collections, and 2 are there";
    assert_eq!(
        told,
        [
            "collection customers: Made".to_owned(),
            format!("collection tickets: LeftOut({no_room:?})"),
            r#"field tickets.name: LeftOut("there is no collection tickets")"#.to_owned(),
            r#"relation tickets.customer → customers: LeftOut("there is no collection tickets")"#
                .to_owned(),
            "layout of customers: Made".to_owned(),
        ]
    );
    assert_eq!(
        writes,
        ["POST /collections", "POST /presets"],
        "its fields came with the collection"
    );
}

#[rstest]
#[case(WRITES, "Beyond", &[])]
#[case(RESTORES, "Removed", &["DELETE /permissions/7"])]
#[tokio::test]
async fn a_permission_too_many_is_told_and_taken_back_when_asked_for(
    #[case] leave: Leave,
    #[case] outcome: &str,
    #[case] written: &[&str],
) {
    let permission = |action: &str| json!({ "policy": "p", "collection": "orders", "action": action, "fields": ["*"] });
    let mut too_many = permission("delete");
    too_many["id"] = json!(7);
    let server = directus(&[("permissions", json!([permission("read"), too_many]))]).await;
    let things = json!({ "permissions": [permission("read")] });

    let (told, writes) = installed(&server, leave, things).await;

    assert_eq!(
        told,
        [
            "permission to read orders: all fields: Same".to_owned(),
            format!("permission to delete orders: all fields: {outcome}"),
        ]
    );
    assert_eq!(writes, written);
}

#[tokio::test]
async fn a_step_that_needs_a_collection_is_left_out_without_it() {
    let server = directus(&[]).await;
    let directus = administrator(&server.uri());
    let licence = Licence::read(&directus).await.unwrap();
    let mut installer = Installer::new(&directus, licence, WRITES).await.unwrap();
    let step = Step::new("Dashboard", Things::new()).needing(["feedback"]);

    let reports = installer.install(&step).await.unwrap();

    let why = "there is no collection feedback".to_owned();
    assert_eq!(reports[0].outcome, Outcome::LeftOut(why));
}

#[tokio::test]
async fn a_flow_comes_with_its_operations_or_not_at_all() {
    let server = directus(&[]).await;
    let flow = json!({ "id": "f", "name": "Thank", "operations": [{ "id": "o", "key": "mail" }] });

    let (told, writes) = installed(&server, WRITES, json!({ "flows": [flow] })).await;

    assert_eq!(told, ["Flow “Thank”, inactive: Made"]);
    assert_eq!(writes, ["POST /utils/import"]);
    let requests = server.received_requests().await.unwrap();
    let import: Value = requests.iter().find_map(|it| it.body_json().ok()).unwrap();
    assert_eq!(
        import,
        json!([
            { "collection": "directus_flows", "items": [{ "id": "f", "name": "Thank", "status": "inactive" }] },
            { "collection": "directus_operations", "items": [{ "id": "o", "key": "mail" }] },
        ])
    );
}

#[test]
fn everything_that_is_shipped_can_be_read_and_is_known_by_ids_of_its_own() {
    let steps = [
        super::super::shipped::starter(),
        super::super::shipped::flows(),
        super::super::shipped::dashboard(),
    ];
    let mut seen = BTreeSet::new();
    for wanted in steps.iter().flat_map(|step| &step.wanted) {
        let identity = wanted.kind.identity().iter().map(|key| text(&wanted.body, key));
        let identity: Vec<_> = identity.collect();
        assert!(
            seen.insert((wanted.kind, identity.clone())),
            "twice: {:?} {identity:?}",
            wanted.kind
        );
    }
    assert!(seen.len() > 100);
}
