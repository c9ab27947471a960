//! Judges what customers wrote and where it belongs: sentiment, language, category, priority, team,
//! written back to the item with the reasons.

mod customer;
mod judge;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::{
    customer::{CustomerSettings, Customers},
    judge::{Judge, Otherwise},
};
use crate::{
    delivery::{DeliveryError, RefusalCode},
    directus::effects::Effect,
    event::{Event, EventType},
    expression::{Expression, Scope},
    insight::{
        Judgement,
        sentiment::{Label, Thresholds},
        triage::{Rules, Triage, WrittenRule},
    },
    reaction::{Action, Context, Needs, Reacted, Reaction},
    reactions::values::{Announcement, Compiler, Values, WrittenAnnouncement, text, visible},
};

/// What rules see besides the event.
const JUDGED: [&str; 4] = ["text", "sentiment", "language", "customer"];
/// What fields and the announcement see besides the event.
const FOUND: [&str; 10] = [
    "text",
    "sentiment",
    "language",
    "customer",
    "category",
    "priority",
    "team",
    "reasons",
    "engine",
    "explanation",
];

/// `[enrich.<route>]` in `reactions.toml`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrichSettings {
    /// Expression over the event: the text to judge.
    text: String,
    /// Expression over the event: the language, when the producer knows it.
    language: Option<String>,
    /// Who judges it.
    #[serde(default)]
    judge: Judge,
    /// What happens when that one cannot.
    #[serde(default)]
    otherwise: Otherwise,
    /// From which compound score on a text counts as positive or negative.
    #[serde(default)]
    thresholds: Thresholds,
    /// What is read of the customer.
    customer: Option<CustomerSettings>,
    /// What is suggested when.
    #[serde(default)]
    rules: Vec<WrittenRule>,
    /// Field of the item = expression over what was found.
    fields: BTreeMap<String, String>,
    /// The event that tells the result.
    announce: WrittenAnnouncement,
}

/// The compiled reaction.
#[derive(Debug)]
pub struct Enrich {
    text: Expression,
    language: Option<Expression>,
    judge: Judge,
    otherwise: Otherwise,
    thresholds: Thresholds,
    customers: Option<Customers>,
    rules: Rules,
    fields: Values,
    announce: Announcement,
}

/// What rules decide by.
#[derive(Serialize)]
struct Judged<'event> {
    #[serde(flatten)]
    event: &'event Event,
    text: &'event str,
    sentiment: Sentiment,
    language: Option<&'event str>,
    customer: &'event Value,
}

/// Everything that can be written or told.
#[derive(Serialize)]
struct Found<'event> {
    #[serde(flatten)]
    judged: &'event Judged<'event>,
    #[serde(flatten)]
    triage: &'event Triage,
    engine: &'static str,
    explanation: Value,
}

#[derive(Clone, Copy, Serialize)]
struct Sentiment {
    label: Label,
    score: Option<f64>,
    confidence: Option<f64>,
}

impl Enrich {
    /// Compiles the settings, or lists every mistake in them.
    pub fn compile(settings: EnrichSettings) -> Result<Self, Vec<String>> {
        let mut compiler = Compiler::default();
        let text = compiler.expression("text", &settings.text, &visible(&[]));
        let language = settings.language.as_ref();
        let language =
            language.map(|source| compiler.expression("language", source, &visible(&[])));
        if let Some(problem) = settings.judge.problem() {
            compiler.problem("judge", problem);
        }
        let Thresholds { positive, negative } = settings.thresholds;
        if !(0.0..=1.0).contains(&positive) || !(-1.0..=0.0).contains(&negative) {
            compiler.problem("thresholds", "positive is 0 to 1, negative is -1 to 0");
        }
        let customers = settings.customer.map(Customers::new);
        for problem in customers.iter().flat_map(Customers::problems) {
            compiler.problem("customer", &problem);
        }
        let rules = Rules::compile(settings.rules, &visible(&JUDGED)).unwrap_or_else(|problems| {
            for problem in &problems {
                compiler.problem("rules", problem);
            }
            Rules::default()
        });
        let fields = compiler.values("fields", &settings.fields, &visible(&FOUND));
        let announce = compiler.announcement("announce", &settings.announce, &visible(&FOUND));
        let EnrichSettings { judge, otherwise, thresholds, .. } = settings;
        compiler.finish(Self {
            text,
            language,
            judge,
            otherwise,
            thresholds,
            customers,
            rules,
            fields,
            announce,
        })
    }

    async fn customer(&self, event: &Event, context: &Context) -> Result<Value, DeliveryError> {
        match (&self.customers, &event.customer_id) {
            (Some(customers), Some(customer)) => {
                customers.context(customer, &context.directus).await
            }
            _ => Ok(Value::Null),
        }
    }
}

impl Reaction for Enrich {
    const NAME: &str = "enrich";
    const NEWEST_WINS: bool = true;
    const REBUILDS: bool = true;

    fn announces(&self) -> Vec<&EventType> {
        vec![&self.announce.event_type]
    }

    fn add_needs(&self, subjects: &[&str], needs: &mut Needs) {
        for subject in subjects {
            needs.add(subject, Action::Update, self.fields.names());
        }
        if let Some(customers) = &self.customers {
            customers.add_needs(needs);
        }
    }

    async fn react(&self, event: &Event, context: &Context) -> Result<Reacted, DeliveryError> {
        let scope = Scope::new(event);
        let written = text(&self.text, &scope)?.unwrap_or_default();
        let stated = self.language.as_ref().map(|it| text(it, &scope)).transpose()?.flatten();
        let text = (written.as_str(), stated.as_deref());
        let judged = self.judge.judge(self.otherwise, text, &self.thresholds, context);
        let judgement = judged.await?;
        let customer = self.customer(event, context).await?;
        let Judgement { label, score, confidence, ref language, engine } = judgement;
        let judged = Judged {
            event,
            text: &written,
            sentiment: Sentiment { label, score, confidence },
            language: language.as_deref(),
            customer: &customer,
        };
        let triage = self.rules.suggest(&Scope::new(&judged)).map_err(|(rule, error)| {
            DeliveryError::refused(RefusalCode::Mapping, format!("rule {rule}: {error}"))
        })?;
        let explanation = explanation(&judged, &triage, engine, context.now);
        let found = Scope::new(&Found { judged: &judged, triage: &triage, engine, explanation });

        let effect = Effect::update(event, Self::NAME, self.fields.of(&found)?);
        let told = self.announce.data(&found)?;
        let announced =
            event.derive(Self::NAME, self.announce.event_type.clone(), told, context.now);
        Ok(Reacted { effects: vec![effect], events: vec![announced] })
    }
}

/// What was found, from what, by what, and when: for whoever asks why.
fn explanation(judged: &Judged, triage: &Triage, engine: &str, now: Timestamp) -> Value {
    json!({
        "eventId": judged.event.event_id,
        "computedAt": now,
        "engine": engine,
        "sentiment": judged.sentiment,
        "language": judged.language,
        "customer": judged.customer,
        "reasons": triage.reasons,
    })
}

#[cfg(test)]
mod tests;
