//! Conditions and values in configuration: MiniJinja expressions, bounded by fuel. Pure.

use std::{fmt, sync::LazyLock};

use minijinja::{Environment, UndefinedBehavior, value::Serde};
use serde::Serialize;
use serde_json::Value;

/// What one evaluation may cost. A condition needs some tens; an endless loop is stopped here.
const FUEL_MAX: u64 = 50_000;

/// Compiled expressions borrow the environment they were compiled in; one for the process lets them
/// be stored.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL_MAX));
    // `previous.status` on a create is nothing, not a mistake: `previous` is null there.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment
});

/// What an expression can see, converted once for all expressions that look at it.
#[derive(Debug)]
pub struct Scope(minijinja::Value);

impl Scope {
    /// Makes every field of `visible` a name that expressions can use.
    pub fn new(visible: &impl Serialize) -> Self {
        Self(minijinja::Value::from(Serde(visible)))
    }
}

/// A compiled expression, such as `item.status == 'failed' and 'status' in changed`.
pub struct Expression {
    source: String,
    compiled: minijinja::Expression<'static, 'static>,
}

impl Expression {
    /// Compiles the text.
    pub fn compile(source: &str) -> Result<Self, InvalidExpression> {
        let compiled = ENVIRONMENT
            .compile_expression_owned(source.to_owned())
            .map_err(|error| InvalidExpression(describe(&error)))?;
        Ok(Self { source: source.to_owned(), compiled })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its value; what is not there is null.
    pub fn value(&self, scope: &Scope) -> Result<Value, EvaluationError> {
        serde_json::to_value(self.evaluate(scope)?)
            .map_err(|_| EvaluationError("its value has no JSON form".to_owned()))
    }

    /// Whether it holds; null, empty and zero do not.
    pub fn holds(&self, scope: &Scope) -> Result<bool, EvaluationError> {
        Ok(self.evaluate(scope)?.is_true())
    }

    fn evaluate(&self, scope: &Scope) -> Result<minijinja::Value, EvaluationError> {
        self.compiled.eval(scope.0.clone()).map_err(|error| EvaluationError(describe(&error)))
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Expression({:?})", self.source)
    }
}

/// Text that is no expression.
#[derive(Debug, thiserror::Error)]
#[error("not an expression: {0}")]
pub struct InvalidExpression(String);

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

    fn value(source: &str) -> Value {
        let scope = Scope::new(&json!({
            "item": { "status": "failed", "amount": 12.5, "tags": ["a", "b"], "customer": null },
            "previous": null,
            "changed": ["status"],
        }));
        Expression::compile(source).unwrap().value(&scope).unwrap()
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
    fn an_expression_has_a_typed_value(#[case] source: &str, #[case] expected: Value) {
        assert_eq!(value(source), expected);
    }

    #[rstest::rstest]
    #[case("'x' * 100000000000")]
    #[case("range(1000000000) | list")]
    fn an_expression_cannot_take_unbounded_memory(#[case] source: &str) {
        let greedy = Expression::compile(source).unwrap();

        assert!(greedy.value(&Scope::new(&json!({}))).is_err());
    }

    #[test]
    fn text_that_is_no_expression_is_refused() {
        assert!(Expression::compile("item.status ==").is_err());
    }
}
