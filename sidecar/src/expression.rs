//! Conditions and values in configuration: MiniJinja expressions, bounded by fuel. Pure.

mod scope;
mod words;

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::LazyLock};

use minijinja::{
    Environment, ErrorKind, UndefinedBehavior,
    value::{Rest, Serde},
};
use serde_json::Value;

pub use self::scope::{Scope, Visible, made};
use self::{
    scope::{Sight, at},
    words::{Word, words},
};

/// What one evaluation may cost. A condition needs some tens; an endless loop is stopped here.
const FUEL_MAX: u64 = 50_000;

/// How much of a value an error quotes.
const QUOTED_CHARS_MAX: usize = 80;
/// How many values an error quotes.
const QUOTED_MAX: usize = 5;

/// Compiled expressions borrow the environment they were compiled in; one for the process lets them
/// be stored.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL_MAX));
    // `previous.status` on a create is nothing, not a mistake: `previous` is null there.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.add_filter("text", text);
    environment.add_filter("number", number);
    environment.add_filter("mentions", mentions);
    environment
});

/// A key is a number or a text in Directus and a text on the bus. MiniJinja's `string` makes a text
/// of nothing, too.
fn text(value: minijinja::Value) -> minijinja::Value {
    if value.is_undefined() || value.is_none() { value } else { value.to_string().into() }
}

/// A decimal is a text in Directus, so that no digit is lost, and a number on the bus.
fn number(value: minijinja::Value) -> Result<minijinja::Value, minijinja::Error> {
    let Some(text) = value.as_str() else { return Ok(value) };
    let number = serde_json::from_str::<serde_json::Number>(text.trim()).map_err(|_| {
        minijinja::Error::new(ErrorKind::InvalidOperation, format!("{text:?} is no number"))
    })?;
    Ok(minijinja::Value::from(Serde(number)))
}

/// Whether one of the phrases begins at the beginning of a word, in whatever case: `bug` is in `Bugs!`
/// and not in `debug`. Nothing mentions nothing.
#[expect(clippy::needless_pass_by_value, reason = "MiniJinja hands arguments over")]
fn mentions(text: Option<&str>, phrases: Rest<String>) -> bool {
    let Some(text) = text.map(str::to_lowercase) else { return false };
    phrases.iter().map(|phrase| phrase.to_lowercase()).any(|phrase| {
        let begins = |(at, _): (usize, &str)| !text[..at].ends_with(char::is_alphanumeric);
        text.match_indices(phrase.as_str()).any(begins)
    })
}

/// A compiled expression, such as `item.status == 'failed' and 'status' in changed`.
pub struct Expression {
    source: String,
    compiled: minijinja::Expression<'static, 'static>,
    /// What it looks at, such as `item.status`, for an error to quote.
    looks_at: BTreeSet<String>,
    /// The same, for the interpreter to see that and no more.
    sight: Sight,
    /// Its words, when it is nothing but a dotted name, as most are: that needs no interpreter.
    path: Option<Vec<String>>,
}

impl Expression {
    /// Compiles the text of an expression that sees the names in `visible`: one that it misspells is
    /// found here, and not in the middle of the night as a condition that never holds.
    pub fn compile(source: &str, visible: &[&str]) -> Result<Self, InvalidExpression> {
        let compiled = ENVIRONMENT
            .compile_expression_owned(source.to_owned())
            .map_err(|error| InvalidExpression::Syntax(describe(&error)))?;
        let is_known = |name: &str| {
            visible.contains(&name) || ENVIRONMENT.globals().any(|(global, _)| global == name)
        };
        let names: BTreeSet<_> = compiled.undeclared_variables(false).into_iter().collect();
        if let Some(name) = names.into_iter().find(|name| !is_known(name)) {
            return Err(InvalidExpression::Name { name, visible: visible.join(", ") });
        }
        if let Some(error) = words(source).into_iter().find_map(unknown) {
            return Err(InvalidExpression::Syntax(describe(&error)));
        }
        let looks_at: BTreeSet<_> = compiled.undeclared_variables(true).into_iter().collect();
        let path = plain_path(source.trim(), &looks_at, visible);
        let sight = Sight::on(looks_at.iter().map(String::as_str));
        Ok(Self { source: source.to_owned(), compiled, looks_at, sight, path })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its value; what is not there is null.
    pub fn value(&self, visible: &dyn Visible) -> Result<Value, EvaluationError> {
        if let Some(path) = &self.path {
            let value = at(visible, path.iter().map(String::as_str));
            return Ok(value.map(Cow::into_owned).unwrap_or_default());
        }
        serde_json::to_value(self.interpret(visible)?)
            .map_err(|_| EvaluationError("its value has no JSON form".to_owned()))
    }

    /// Whether it holds; null, empty and zero do not.
    pub fn holds(&self, visible: &dyn Visible) -> Result<bool, EvaluationError> {
        if let Some(path) = &self.path {
            let value = at(visible, path.iter().map(String::as_str));
            return Ok(value.is_some_and(|value| minijinja::Value::from(Serde(&*value)).is_true()));
        }
        Ok(self.interpret(visible)?.is_true())
    }

    fn interpret(&self, visible: &dyn Visible) -> Result<minijinja::Value, EvaluationError> {
        self.compiled.eval(self.sight.of(visible)).map_err(|error| {
            let values = self.looks_at.iter().take(QUOTED_MAX).map(|name| quote(visible, name));
            let reasons: Vec<_> = std::iter::once(describe(&error)).chain(values).collect();
            EvaluationError(reasons.join("; "))
        })
    }
}

/// What stands at a dotted name, as an error tells it.
fn quote(visible: &dyn Visible, name: &str) -> String {
    let value = at(visible, name.split('.')).unwrap_or_default();
    let text = value.to_string();
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("`{name}` is {}…", &text[..end]),
        None => format!("`{name}` is {text}"),
    }
}

fn plain_path(source: &str, looks_at: &BTreeSet<String>, visible: &[&str]) -> Option<Vec<String>> {
    let words: Vec<_> = source.split('.').map(str::to_owned).collect();
    let is_visible = words.first().is_some_and(|first| visible.contains(&first.as_str()));
    (looks_at.len() == 1 && looks_at.contains(source) && is_visible).then_some(words)
}

/// MiniJinja looks filters and tests up when it comes to them, which may be months later.
fn unknown(word: Word) -> Option<minijinja::Error> {
    let mut state = ENVIRONMENT.empty_state();
    let (error, wanted) = match word {
        Word::Filter(name) => (state.apply_filter(name, &[]).err(), ErrorKind::UnknownFilter),
        Word::Test(name) => (state.perform_test(name, &[]).err(), ErrorKind::UnknownTest),
    };
    error
        .filter(|error| error.kind() == wanted)
        .map(|_| minijinja::Error::new(wanted, format!("`{}`", word.name())))
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Expression({:?})", self.source)
    }
}

/// Text that is no expression.
#[derive(Debug, thiserror::Error)]
pub enum InvalidExpression {
    /// It cannot be read.
    #[error("not an expression: {0}")]
    Syntax(String),
    /// It names something that it will never see.
    #[error("there is no `{name}` here, only {visible}")]
    Name {
        /// What it names.
        name: String,
        /// What it could.
        visible: String,
    },
}

/// An expression that failed on a value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EvaluationError(String);

/// MiniJinja's own words, without the template name, which an expression does not have.
fn describe(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VISIBLE: [&str; 3] = ["item", "previous", "changed"];

    #[rstest::rstest]
    #[case("Bugs everywhere!", true)]
    #[case("I was charged twice", true)]
    #[case("debugging is fine", false)]
    #[case("", false)]
    fn a_text_mentions_what_a_word_of_it_begins_with(#[case] text: &str, #[case] expected: bool) {
        let scope = Scope::new(&json!({ "item": { "text": text, "nothing": null } }));
        let holds = |source: &str| Expression::compile(source, &VISIBLE).unwrap().holds(&scope);

        assert_eq!(holds("item.text | mentions('bug', 'Charged twice')").unwrap(), expected);
        assert!(!holds("item.nothing | mentions('bug')").unwrap());
    }

    fn visible() -> Value {
        json!({
            "item": { "status": "failed", "amount": 12.5, "tags": ["a", "b"], "customer": null },
            "previous": null,
            "changed": ["status"],
        })
    }

    fn value(source: &str) -> Value {
        Expression::compile(source, &VISIBLE).unwrap().value(&Scope::new(&visible())).unwrap()
    }

    #[rstest::rstest]
    #[case("item.status == 'failed' and 'status' in changed", json!(true))]
    #[case("item.amount", json!(12.5))]
    #[case("item.tags", json!(["a", "b"]))]
    #[case("item.status | upper", json!("FAILED"))]
    #[case("item.customer", json!(null))]
    #[case("item.no_such_field", json!(null))]
    #[case("previous.status", json!(null))]
    #[case("item.amount > 10 and not previous", json!(true))]
    #[case("item.amount | text", json!("12.5"))]
    #[case("item.customer | text", json!(null))]
    #[case("item.no_such_field | text", json!(null))]
    #[case("'12.50' | number", json!(12.5))]
    #[case("'7' | number", json!(7))]
    #[case("item.amount | number", json!(12.5))]
    #[case("item.customer | number", json!(null))]
    fn an_expression_has_a_typed_value(#[case] source: &str, #[case] expected: Value) {
        assert_eq!(value(source), expected);
    }

    #[rstest::rstest]
    #[case("item")]
    #[case("item.status")]
    #[case("item.amount")]
    #[case("item.tags")]
    #[case("item.customer")]
    #[case("item.customer.tier")]
    #[case("item.status.length")]
    #[case("item.no_such_field.nor_this")]
    #[case("previous.status")]
    #[case("changed")]
    fn a_dotted_name_means_the_same_without_the_interpreter(#[case] source: &str) {
        let plain = Expression::compile(source, &VISIBLE).unwrap();
        let interpreted = Expression::compile(&format!("({source})"), &VISIBLE).unwrap();

        assert!(plain.path.is_some() && interpreted.path.is_none());
        let visible = visible();
        let scope = Scope::new(&visible);
        assert_eq!(plain.value(&scope).unwrap(), interpreted.value(&scope).unwrap());
        assert_eq!(plain.holds(&scope).unwrap(), interpreted.holds(&scope).unwrap());
    }

    #[rstest::rstest]
    #[case("'x' * 100000000000")]
    #[case("range(1000000000) | list")]
    fn an_expression_cannot_take_unbounded_memory(#[case] source: &str) {
        let greedy = Expression::compile(source, &[]).unwrap();

        assert!(greedy.value(&Scope::new(&json!({}))).is_err());
    }

    #[rstest::rstest]
    #[case("item.status ==", "not an expression: syntax error: unexpected end of input")]
    #[case("itme.status", "there is no `itme` here, only item, previous, changed")]
    #[case("frobnicate(item)", "there is no `frobnicate` here, only item, previous, changed")]
    #[case("not item or item.status | uper", "not an expression: unknown filter: `uper`")]
    #[case("item and item is not definde", "not an expression: unknown test: `definde`")]
    fn a_mistake_is_found_when_it_is_compiled(#[case] source: &str, #[case] mistake: &str) {
        let error = Expression::compile(source, &VISIBLE).unwrap_err().to_string();

        assert!(error.starts_with(mistake), "{error}");
    }

    #[test]
    fn an_error_quotes_what_the_expression_looked_at_in_bounds() {
        let failing = |source| {
            let expression = Expression::compile(source, &VISIBLE).unwrap();
            expression.value(&Scope::new(&visible())).unwrap_err().to_string()
        };

        let error = failing("item.status / 2");
        let long = failing("item.tags / (changed | map('replace', 's', 'é' * 999) | list)");

        assert!(error.ends_with("; `item.status` is \"failed\""), "{error}");
        assert!(
            long.ends_with("; `changed` is [\"status\"]; `item.tags` is [\"a\",\"b\"]"),
            "{long}"
        );
        let visible = json!({ "item": "é".repeat(999) });
        let scope = Scope::new(&visible);
        assert_eq!(quote(&scope, "item").chars().filter(|c| *c == 'é').count(), 79);
        assert_eq!(quote(&scope, "item.status"), "`item.status` is null");
    }
}
