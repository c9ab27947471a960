//! Bearer tokens: of external producers, and of whoever may operate.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

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

    /// Whether it is one of these. Each is compared, so that the time tells nothing.
    pub fn is_among(presented: &str, tokens: &[Self]) -> bool {
        let presented = Self::digest(presented);
        tokens.iter().fold(false, |found, token| token.is(&presented) | found)
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

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "c2hvcC10b2tlbi1vZi0zMi1jaGFyYWN0";

    #[test]
    fn either_token_is_known_while_they_rotate_and_no_other() {
        let old = "b2xkLXRva2VuLW9mLTMyLWNoYXJhY3Q0";
        let tokens = [old, TOKEN].map(|token| Token::parse(token).unwrap());

        assert!(Token::is_among(TOKEN, &tokens));
        assert!(Token::is_among(old, &tokens));
        assert!(!Token::is_among(&TOKEN[1..], &tokens));
        assert!(!Token::is_among("", &tokens));
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
        assert_eq!(format!("{:?}", Token::parse(TOKEN).unwrap()), "Token(…)");
    }
}
