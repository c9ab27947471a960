//! The desired state as it is shipped: `sidecar/setup/` and `flows/`, made part of the binary.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Kind, Step};
use crate::directus::administrator::Row;

/// Things by their kinds.
pub type Things = BTreeMap<Kind, Vec<Row>>;

/// The starter schema, a subject each.
pub const STARTER: [&str; 7] = [
    include_str!("../../setup/starter/customers.json"),
    include_str!("../../setup/starter/feedback.json"),
    include_str!("../../setup/starter/tickets.json"),
    include_str!("../../setup/starter/payments.json"),
    include_str!("../../setup/starter/customer_events.json"),
    include_str!("../../setup/starter/anomalies.json"),
    include_str!("../../setup/starter/shop.json"),
];
const ACCOUNT: &str = include_str!("../../setup/account.json");
const DASHBOARD: &str = include_str!("../../setup/dashboard.json");
const MODULE: &str = include_str!("../../setup/module.json");
/// The Flow templates, a file each.
pub const FLOWS: [&str; 13] = [
    include_str!("../../../flows/bug-report.json"),
    include_str!("../../../flows/cart.json"),
    include_str!("../../../flows/churn-risk.json"),
    include_str!("../../../flows/failed-payment.json"),
    include_str!("../../../flows/low-stock.json"),
    include_str!("../../../flows/negative-feedback.json"),
    include_str!("../../../flows/new-user-without-profile.json"),
    include_str!("../../../flows/rating-of-five.json"),
    include_str!("../../../flows/return-request.json"),
    include_str!("../../../flows/server-health-alert.json"),
    include_str!("../../../flows/suspicious-transaction.json"),
    include_str!("../../../flows/ticket-status-changed.json"),
    include_str!("../../../flows/unfinished-onboarding.json"),
];

/// A template, in the Studio's own format.
#[derive(Deserialize)]
struct Template {
    flows: Vec<TemplateFlow>,
}

#[derive(Deserialize)]
struct TemplateFlow {
    flow: Row,
    operations: Value,
}

/// The module and those that the Studio shows when nobody said otherwise.
#[derive(Deserialize)]
pub(super) struct Module {
    pub(super) module: Value,
    pub(super) usual: Vec<Value>,
}

/// Collections for whoever has none yet.
pub fn starter() -> Step {
    let mut things = Things::new();
    for file in STARTER {
        for (kind, bodies) in read::<Things>(file) {
            things.entry(kind).or_default().extend(bodies);
        }
    }
    Step::new("Starter schema", things)
}

/// The dashboard of Insights.
pub fn dashboard() -> Step {
    Step::new("Dashboard", read(DASHBOARD)).needing(["feedback", "tickets"])
}

/// The Flow templates.
pub fn flows() -> Step {
    let templates = FLOWS.into_iter().flat_map(|file| read::<Template>(file).flows);
    let flows = templates.map(|TemplateFlow { mut flow, operations }| {
        flow.insert("operations".to_owned(), operations);
        flow
    });
    Step::new("Flows", Things::from([(Kind::Flows, flows.collect())]))
}

/// The account without its permissions.
pub(super) fn account() -> Things {
    read(ACCOUNT)
}

pub(super) fn module() -> Module {
    read(MODULE)
}

fn read<T: DeserializeOwned>(file: &str) -> T {
    serde_json::from_str(file).expect("a shipped file is read by a test")
}
