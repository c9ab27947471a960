//! How a producer shows who it is: a bearer token, or a Standard Webhooks signature.

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    outbound::intake::producer::Producer,
    signature::{Headers, Unverified, Verifier},
};

/// A shorter token is within reach of guessing: 32 characters of base64 are 24 bytes.
const TOKEN_LENGTH_MIN: usize = 32;

/// A bearer token, of which only the digest is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Takes a token of at least 32 characters, as RFC 6750 writes them.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
        if !text.trim_end_matches('=').chars().all(is_allowed) {
            return Err(InvalidToken::Characters);
        }
        if text.len() < TOKEN_LENGTH_MIN {
            return Err(InvalidToken::Short);
        }
        Ok(Self::digest(text))
    }

    /// Digests are of one length, and comparing them tells nothing about the text.
    fn digest(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    fn is(&self, presented: &Self) -> bool {
        self.0.ct_eq(&presented.0).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// Why a text is no token. The text itself is never repeated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidToken {
    /// It could not stand in an `Authorization` header.
    #[error("a token has letters, digits and -._~+/ only, and = at its end")]
    Characters,
    /// Too short to be one.
    #[error("a token has at least {TOKEN_LENGTH_MIN} characters")]
    Short,
}

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
    /// Who presents this token. Every token is compared, so that the time tells nothing.
    pub fn by_token(&self, presented: &str) -> Option<&Member> {
        let presented = Token::digest(presented);
        self.0.iter().fold(None, |found, member| {
            let is_theirs = member
                .tokens
                .iter()
                .fold(false, |is_theirs, token| token.is(&presented) | is_theirs);
            if is_theirs { Some(member) } else { found }
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

    #[rstest::rstest]
    #[case("short", InvalidToken::Short)]
    #[case("", InvalidToken::Short)]
    #[case("with a blank, and still of 32 characters", InvalidToken::Characters)]
    #[case("c2hvcC10b2tlbi1=Zi0zMi1jaGFyYWN0", InvalidToken::Characters)]
    fn a_weak_token_is_refused(#[case] text: &str, #[case] expected: InvalidToken) {
        assert_eq!(Token::parse(text).unwrap_err(), expected);
    }

    #[test]
    fn a_token_does_not_print_itself() {
        let printed = format!("{:?}", testing::members());

        assert!(printed.contains("Token(…)") && !printed.contains(testing::TOKEN), "{printed}");
    }
}
