//! `reactions.toml`: what each reaction does about the events that its route brings.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use crate::{
    reaction::{AnyReaction, Reaction},
    reactions::{
        anomaly::{Anomaly, AnomalySettings},
        consent::{ConsentSettings, Consenting},
        enrich::{Enrich, EnrichSettings},
        erase::{Erase, EraseSettings},
        escalate::{Escalate, EscalateSettings},
        journey::{Journey, JourneySettings},
        trigger_flow::TriggerFlow,
    },
    route::Route,
};

/// `reactions.toml`, compiled: the reaction of each route.
#[derive(Debug, Default)]
pub struct Reactions {
    by_route: BTreeMap<String, Arc<dyn AnyReaction>>,
    journeys: BTreeMap<String, Arc<Journey>>,
}

/// `[<reaction>.<route>]`, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    anomaly: BTreeMap<String, AnomalySettings>,
    enrich: BTreeMap<String, EnrichSettings>,
    erase: BTreeMap<String, EraseSettings>,
    escalate: BTreeMap<String, EscalateSettings>,
    journey: BTreeMap<String, JourneySettings>,
    trigger_flow: BTreeMap<String, TriggerFlow>,
    /// For which of them a customer has to agree.
    consent: BTreeMap<String, ConsentSettings>,
}

impl Reactions {
    /// Compiles the text, or lists every mistake in it.
    pub fn compile(text: &str) -> Result<Self, Vec<String>> {
        let written: Written = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        let (mut reactions, mut problems) = (Self::default(), Vec::new());
        for (route, settings) in written.anomaly {
            reactions.add(route, Anomaly::compile(settings).map(Arc::new), &mut problems);
        }
        for (route, settings) in written.enrich {
            let compiled = Enrich::compile(settings).map(Arc::new);
            reactions.add(route, compiled, &mut problems);
        }
        for (route, settings) in written.erase {
            reactions.add(route, Erase::compile(settings).map(Arc::new), &mut problems);
        }
        for (route, settings) in written.escalate {
            let compiled = Escalate::compile(settings).map(Arc::new);
            reactions.add(route, compiled, &mut problems);
        }
        for (route, settings) in written.journey {
            let compiled = Journey::compile(settings).map(Arc::new);
            if let Ok(journey) = &compiled {
                reactions.journeys.insert(route.clone(), Arc::clone(journey));
            }
            reactions.add(route, compiled, &mut problems);
        }
        for (route, reaction) in written.trigger_flow {
            reactions.add(route, Ok(Arc::new(reaction)), &mut problems);
        }
        for (route, settings) in written.consent {
            reactions.ask_first(&route, settings, &mut problems);
        }
        if problems.is_empty() { Ok(reactions) } else { Err(problems) }
    }

    /// Whatever the route leads to is only for customers who agree.
    fn ask_first(&mut self, route: &str, settings: ConsentSettings, problems: &mut Vec<String>) {
        let Some(reaction) = self.by_route.get_mut(route) else {
            problems.push(format!("consent.{route}: no reaction has a section for this route"));
            return;
        };
        match Consenting::compile(Arc::clone(reaction), settings) {
            Ok(consenting) => *reaction = Arc::new(consenting),
            Err(mistakes) => {
                problems.extend(mistakes.iter().map(|it| format!("consent.{route}: {it}")));
            }
        }
    }

    fn add<R: Reaction>(
        &mut self,
        route: String,
        compiled: Result<Arc<R>, Vec<String>>,
        problems: &mut Vec<String>,
    ) {
        let place = format!("{}.{route}", R::NAME);
        match compiled {
            Err(mistakes) => problems.extend(mistakes.iter().map(|it| format!("{place}: {it}"))),
            Ok(reaction) => {
                if let Some(other) = self.by_route.insert(route, reaction) {
                    let other = other.name();
                    problems.push(format!("{place}: the route has a section of `{other}`, too"));
                }
            }
        }
    }

    /// What the route of this name leads to. [`Self::unrouted`] has said that there is something.
    pub fn of(&self, route: &str) -> &Arc<dyn AnyReaction> {
        &self.by_route[route]
    }

    /// What keeps a timeline and looks for patterns in it, by route.
    pub fn journeys(&self) -> &BTreeMap<String, Arc<Journey>> {
        &self.journeys
    }

    /// Routes that lead to nothing, and sections that nothing leads to.
    pub fn unrouted(&self, routes: &[Route]) -> Vec<String> {
        let settled = |route: &&Route| {
            self.by_route.get(&route.name).map(|it| it.name()) == Some(route.reaction.as_str())
        };
        let missing = routes.iter().filter(|route| !settled(route)).map(|route| {
            let Route { name, reaction, .. } = route;
            format!("there is no [{}.{name}], which route `{name}` leads to", reaction.as_str())
        });
        let idle = self.by_route.iter().filter(|(name, reaction)| {
            !routes.iter().any(|it| it.name == **name && it.reaction.as_str() == reaction.name())
        });
        let idle = idle.map(|(name, reaction)| {
            format!("{}.{name}: no route `{name}` leads to it", reaction.name())
        });
        missing.chain(idle).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route;

    const SHIPPED: &str = include_str!("../../config/reactions.toml");

    #[test]
    fn the_shipped_routes_and_reactions_belong_together() {
        let reactions = Reactions::compile(SHIPPED).unwrap();
        let routes = route::compile(include_str!("../../config/routes.json")).unwrap();

        assert_eq!(reactions.unrouted(&routes), Vec::<String>::new());
    }

    #[test]
    fn a_route_without_a_section_and_a_section_without_a_route_are_mistakes() {
        let reactions = Reactions::compile(SHIPPED).unwrap();
        let routes = r#"{ "reviews": { "reaction": "enrich", "pattern": { "source": ["a"] } } }"#;

        let problems = reactions.unrouted(&route::compile(routes).unwrap());

        assert!(
            problems.contains(
                &"there is no [enrich.reviews], which route `reviews` leads to".to_owned()
            )
        );
        assert!(
            problems.contains(&"enrich.feedback: no route `feedback` leads to it".to_owned()),
            "{problems:?}"
        );
    }
}
