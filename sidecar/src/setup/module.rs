//! The extension's module among those that the Studio shows.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{Outcome, Report, installer::Installer, shipped};
use crate::directus::administrator::Change;

impl Installer<'_> {
    /// Switches the module on, unless somebody has decided about it already.
    pub async fn install_module(&self) -> anyhow::Result<Report> {
        let settings = self.directus.row("settings").await.context("cannot read the settings")?;
        let outcome = match with_module(settings.get("module_bar").unwrap_or(&Value::Null)) {
            None => Outcome::Same,
            Some(modules) => {
                let body = json!({ "module_bar": modules });
                match self.write(Change::update("settings", body)).await? {
                    None => Outcome::Made,
                    Some(why) => Outcome::LeftOut(why),
                }
            }
        };
        Ok(Report { what: "module “Event bridge” in the Studio".to_owned(), outcome })
    }
}

/// The modules with ours among them; none when it is there already, switched on or off.
fn with_module(shown: &Value) -> Option<Vec<Value>> {
    let shipped::Module { module, usual } = shipped::module();
    // Nothing stands for what the Studio shows by itself.
    let mut modules = shown.as_array().cloned().unwrap_or(usual);
    if modules.iter().any(|it| it["id"] == module["id"]) {
        return None;
    }
    // The settings are last.
    let place = modules.iter().position(|it| it["id"] == "settings").unwrap_or(modules.len());
    modules.insert(place, module);
    Some(modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(modules: &[Value]) -> Vec<&str> {
        modules.iter().filter_map(|module| module["id"].as_str()).collect()
    }

    #[test]
    fn the_module_joins_those_that_the_studio_shows_by_itself() {
        let modules = with_module(&Value::Null).unwrap();

        assert_eq!(
            ids(&modules),
            [
                "content",
                "visual",
                "users",
                "files",
                "insights",
                "flows",
                "deployments",
                "docs",
                "event-bridge",
                "settings"
            ]
        );
    }

    #[test]
    fn an_admins_own_order_stays() {
        let shown = json!([{ "type": "module", "id": "insights", "enabled": true }]);

        assert_eq!(ids(&with_module(&shown).unwrap()), ["insights", "event-bridge"]);
    }

    #[test]
    fn whoever_switched_it_off_is_not_asked_again() {
        let shown = json!([{ "type": "module", "id": "event-bridge", "enabled": false }]);

        assert_eq!(with_module(&shown), None);
    }
}
