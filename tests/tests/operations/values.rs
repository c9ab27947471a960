//! Values of every type, as the API gives them.

use anyhow::Result;
use serde_json::json;

use crate::{
    change::{created, deleted, updated},
    matrix::Matrix,
};

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("every type of value", async |directus| {
            let measurement = json!({
                "label": "Öl & \"Wasser\" 🚀",
                "remarks": "one\ntwo",
                "details": { "z": [1, { "deep": null }], "a": "first" },
                "tags": ["red", "blue"],
                "confirmed": true,
                "taken_on": "2026-02-28",
                "taken_at": "2026-02-28T23:59:58",
                "received_at": "2026-02-28T23:59:58.123Z",
                "time_of_day": "07:30:00",
                "ratio": 0.1,
                "amount": 1234.5,
                "particles": 123_456_789_012_i64,
                "serial": "0199b6c5-1111-7abc-8def-0123456789ab",
                "password": "not for the bus",
                "token": "not for the bus either",
            });
            let measurement = directus.create("measurements", measurement).await?;
            Ok([created("measurements", &measurement["id"])])
        })
        .await?;
    matrix
        .case("no values at all", async |directus| {
            let measurement = directus.create("measurements", json!({})).await?;
            Ok([created("measurements", &measurement["id"])])
        })
        .await?;
    matrix
        .case("values of every type that change", async |directus| {
            let patch = json!({
                "details": ["now", "a", "list"], "tags": [], "confirmed": false, "taken_on": "2027-01-01",
                "taken_at": null, "received_at": "2027-01-01T00:00:00Z", "time_of_day": "23:59:59",
                "ratio": -1.5e-7, "amount": 0.00001, "particles": -1, "password": "another one",
            });
            directus.update("measurements", &json!(1), patch).await?;
            Ok([updated("measurements", &json!(1))])
        })
        .await?;
    matrix
        .case("a value that is written differently and means the same", async |directus| {
            let patch =
                json!({ "amount": "0.00001000", "time_of_day": "23:59", "ratio": "-0.00000015" });
            directus.update("measurements", &json!(1), patch).await?;
            Ok([updated("measurements", &json!(1))])
        })
        .await?;
    matrix
        .case("what a deleted item was", async |directus| {
            directus.delete("measurements", &json!(1)).await?;
            Ok([deleted("measurements", &json!(1))])
        })
        .await
}
