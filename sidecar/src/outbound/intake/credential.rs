//! How a producer shows who it is: a bearer token, or a Standard Webhooks signature.

use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    outbound::intake::producer::Producer,
    signature::{Headers, Unverified, Verifier},
    token::Token,
};

/// A producer with what it proves itself by, and its share of the places.
#[derive(Debug)]
pub struct Member {
    producer: Producer,
    /// Several, so that they can be rotated without downtime.
    tokens: Vec<Token>,
    verifier: Verifier,
    places: Semaphore,
}

impl Member {
    /// A producer that at most `requests_max` requests at once may be served for.
    pub fn new(
        producer: Producer,
        tokens: Vec<Token>,
        verifier: Verifier,
        requests_max: usize,
    ) -> Self {
        Self { producer, tokens, verifier, places: Semaphore::new(requests_max) }
    }

    /// Who it is.
    pub fn producer(&self) -> &Producer {
        &self.producer
    }

    /// One of its places, unless all are taken.
    pub fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.try_acquire().ok()
    }
}

/// All who may post.
#[derive(Debug, Default)]
pub struct Members(pub Vec<Member>);

impl Members {
    /// Who presents this token. All are asked, so that the time tells nothing.
    pub fn by_token(&self, presented: &str) -> Option<&Member> {
        self.0.iter().fold(None, |found, member| {
            if Token::is_among(presented, &member.tokens) { Some(member) } else { found }
        })
    }

    /// Who signed this body.
    pub fn by_signature(
        &self,
        headers: Headers<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<&Member, Unverified> {
        let mut reason = Unverified::Signature;
        for member in &self.0 {
            match member.verifier.verify(headers, body, now) {
                Ok(_) => return Ok(member),
                Err(unverified) => reason = unverified,
            }
        }
        Err(reason)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::time::Duration;

    use super::*;
    use crate::{outbound::intake::producer::testing::shop, signature::Secret};

    pub(crate) const TOKEN: &str = "c2hvcC10b2tlbi1vZi0zMi1jaGFyYWN0";
    pub(crate) const OLD_TOKEN: &str = "b2xkLXRva2VuLW9mLTMyLWNoYXJhY3Q0";
    pub(crate) const SECRET: &str = "whsec_YSBzZWNvbmQgc2VjcmV0IG9mIDMyIGJ5dGVzLCBvayE=";

    /// The shop, with two tokens, one secret and two places.
    pub(crate) fn members() -> Members {
        let tokens = [OLD_TOKEN, TOKEN].map(|token| Token::parse(token).unwrap()).to_vec();
        let verifier = Verifier::new(vec![Secret::parse(SECRET).unwrap()], Duration::from_mins(5));
        Members(vec![Member::new(shop(), tokens, verifier, 2)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_token_is_known_while_they_rotate_and_no_other() {
        let members = testing::members();

        assert_eq!(members.by_token(testing::TOKEN).unwrap().producer().name, "shop");
        assert!(members.by_token(testing::OLD_TOKEN).is_some());
        assert!(members.by_token(&testing::TOKEN[1..]).is_none());
        assert!(members.by_token("").is_none());
    }
}
