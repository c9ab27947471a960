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
mod tests;
