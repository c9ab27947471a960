//! Who judges a text, and who does when that one cannot.

use serde::Deserialize;
use tracing::warn;

use crate::{
    comprehend,
    delivery::{DeliveryError, chain},
    insight::{self, Judgement, sentiment::Thresholds},
    reaction::Context,
};

/// Who judges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Judge {
    /// The sidecar itself: English only, at no cost, and no text leaves.
    #[default]
    Vader,
    /// Amazon Comprehend: eleven languages, at a price.
    Comprehend,
}

/// What happens to a text that Comprehend could not judge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Otherwise {
    /// Its message goes back to the queue, and if that does not help becomes a dead letter: every
    /// text has the same judge.
    #[default]
    Retry,
    /// VADER judges it, and the engine's name tells so: every text is judged soon.
    Vader,
}

impl Judge {
    /// Why it cannot judge in this build.
    pub(super) fn problem(self) -> Option<&'static str> {
        (self == Self::Comprehend && !comprehend::IS_BUILT)
            .then_some("this sidecar was built without the cargo feature `comprehend`")
    }

    /// Judges a text.
    pub(super) async fn judge(
        self,
        otherwise: Otherwise,
        (text, stated_language): (&str, Option<&str>),
        thresholds: &Thresholds,
        context: &Context,
    ) -> Result<Judgement, DeliveryError> {
        let here = || insight::judge(text, stated_language, thresholds);
        let asked = match (self, &context.comprehend) {
            (Self::Vader, _) => return Ok(here()),
            (Self::Comprehend, Some(comprehend)) => comprehend.judge(text, stated_language).await,
            (Self::Comprehend, None) => {
                Err(DeliveryError::Transient("nobody is there to ask".into()))
            }
        };
        match (asked, otherwise) {
            (Err(error), Otherwise::Vader) => {
                warn!(error = chain(&error), "Comprehend cannot judge, VADER does");
                Ok(here())
            }
            (asked, _) => asked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reaction::testing::context;

    const TEXT: (&str, Option<&str>) = ("I love it!", None);

    async fn judged(judge: Judge, otherwise: Otherwise, context: &Context) -> Option<&'static str> {
        let judgement = judge.judge(otherwise, TEXT, &Thresholds::default(), context).await;
        judgement.ok().map(|judgement| judgement.engine)
    }

    #[tokio::test]
    async fn nobody_else_is_asked_unless_it_is_said() {
        let engine = judged(Judge::default(), Otherwise::default(), &context()).await;

        assert_eq!(engine, Some(insight::ENGINE));
    }

    #[test]
    fn a_judge_that_was_not_built_in_is_a_mistake() {
        assert_eq!(Judge::Comprehend.problem().is_none(), comprehend::IS_BUILT);
        assert_eq!(Judge::Vader.problem(), None);
    }

    #[cfg(feature = "comprehend")]
    mod with_comprehend {
        use rstest::rstest;

        use super::*;
        use crate::comprehend::testing::failing;

        #[rstest]
        #[case::throttled("ThrottlingException")]
        #[case::refused("InvalidRequestException")]
        #[tokio::test(start_paused = true)]
        async fn vader_judges_what_comprehend_cannot_only_if_it_is_said(
            #[case] code: &'static str,
        ) {
            let context = Context { comprehend: Some(failing(code)), ..context() };

            let strict = judged(Judge::Comprehend, Otherwise::Retry, &context).await;
            let lenient = judged(Judge::Comprehend, Otherwise::Vader, &context).await;

            assert_eq!((strict, lenient), (None, Some(insight::ENGINE)));
        }
    }
}
