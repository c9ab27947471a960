//! Standard Webhooks signatures: HMAC-SHA256 over `id.timestamp.body`.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

/// A shorter secret is within reach of guessing; the specification asks for 24 to 64 bytes.
const SECRET_BYTES_MIN: usize = 24;
/// A header with more signatures than this is no rotation.
const SIGNATURES_MAX: usize = 16;

/// One signing secret, `whsec_…`.
#[derive(Debug, Clone)]
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// Parses `whsec_` and base64 of at least 24 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix("whsec_").ok_or(InvalidSecret::Prefix)?;
        let bytes = BASE64.decode(encoded).map_err(|_| InvalidSecret::Base64)?;
        if bytes.len() < SECRET_BYTES_MIN {
            return Err(InvalidSecret::Short);
        }
        Ok(Self(bytes.into()))
    }

    /// Signs a message: the value of the `webhook-signature` header.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        format!("v1,{}", BASE64.encode(self.mac(id, timestamp, body).finalize().into_bytes()))
    }

    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac
    }
}

/// Why a text is no secret. The text itself is never repeated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidSecret {
    /// Not `whsec_…`.
    #[error("a secret starts with `whsec_`")]
    Prefix,
    /// Not base64.
    #[error("a secret is base64 after `whsec_`")]
    Base64,
    /// Too short to be one.
    #[error("a secret has at least {SECRET_BYTES_MIN} bytes")]
    Short,
}

/// A body whose signature was checked. Only [`Verifier::verify`] makes one.
#[derive(Debug)]
pub struct Verified<'body>(&'body [u8]);

impl<'body> Verified<'body> {
    /// The bytes that were signed.
    pub fn bytes(&self) -> &'body [u8] {
        self.0
    }
}

/// The three headers of a signed request.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'request> {
    /// `webhook-id`.
    pub id: &'request str,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp: &'request str,
    /// `webhook-signature`: one or several, separated by spaces.
    pub signature: &'request str,
}

/// Knows the active secrets; several of them, so that they can be rotated without downtime.
#[derive(Debug, Clone)]
pub struct Verifier {
    secrets: Vec<Secret>,
    tolerance: Duration,
}

impl Verifier {
    /// Accepts what any of `secrets` signed not longer than `tolerance` ago or ahead.
    pub fn new(secrets: Vec<Secret>, tolerance: Duration) -> Self {
        Self { secrets, tolerance }
    }

    /// Checks that a known secret signed these bytes recently.
    pub fn verify<'body>(
        &self,
        headers: Headers<'_>,
        body: &'body [u8],
        now: Timestamp,
    ) -> Result<Verified<'body>, Unverified> {
        let timestamp = headers.timestamp.parse().map_err(|_| Unverified::Timestamp)?;
        let age_secs = now.as_second().abs_diff(timestamp);
        if age_secs > self.tolerance.as_secs() {
            return Err(Unverified::Expired);
        }
        let signed = headers
            .signature
            .split_ascii_whitespace()
            .take(SIGNATURES_MAX)
            .filter_map(|signature| signature.strip_prefix("v1,"))
            .filter_map(|signature| BASE64.decode(signature).ok())
            .any(|signature| {
                self.secrets.iter().any(|secret| {
                    secret.mac(headers.id, timestamp, body).verify_slice(&signature).is_ok()
                })
            });
        if signed { Ok(Verified(body)) } else { Err(Unverified::Signature) }
    }
}

/// Why a request is not believed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unverified {
    /// Not a number of seconds.
    #[error("webhook-timestamp is not a number of seconds since 1970")]
    Timestamp,
    /// A replay, or a clock that is off.
    #[error("webhook-timestamp is too far from the present")]
    Expired,
    /// Nobody we know signed it.
    #[error("webhook-signature matches no active secret")]
    Signature,
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        secret: String,
        id: String,
        timestamp: i64,
        body: String,
        signature: String,
    }

    fn golden() -> Vec<Golden> {
        serde_json::from_str(include_str!("../../schemas/examples/signatures.json")).unwrap()
    }

    fn verifier(secrets: &[&str]) -> Verifier {
        let secrets = secrets.iter().map(|secret| Secret::parse(secret).unwrap()).collect();
        Verifier::new(secrets, Duration::from_mins(5))
    }

    /// Verifies `golden` with its headers changed by `change`, `late_secs` after it was signed.
    fn outcome(golden: &Golden, verifier: &Verifier, late_secs: i64) -> Result<(), Unverified> {
        let timestamp = golden.timestamp.to_string();
        let headers =
            Headers { id: &golden.id, timestamp: &timestamp, signature: &golden.signature };
        let now = Timestamp::from_second(golden.timestamp + late_secs).unwrap();
        verifier.verify(headers, golden.body.as_bytes(), now).map(|_| ())
    }

    #[test]
    fn every_golden_signature_is_made_and_accepted() {
        for golden in golden() {
            let secret = Secret::parse(&golden.secret).unwrap();

            let made = secret.sign(&golden.id, golden.timestamp, golden.body.as_bytes());

            assert_eq!(made, golden.signature);
            assert_eq!(outcome(&golden, &verifier(&[&golden.secret]), 0), Ok(()));
        }
    }

    #[test]
    fn our_signature_is_what_the_reference_library_makes() {
        let golden = &golden()[2];
        let reference = standardwebhooks::Webhook::new(&golden.secret).unwrap();

        let theirs = reference.sign(&golden.id, golden.timestamp, golden.body.as_bytes()).unwrap();

        assert_eq!(theirs, golden.signature);
    }

    #[test]
    fn either_secret_is_accepted_while_they_rotate() {
        let (old, new) = (&golden()[0], &golden()[2]);
        let both = verifier(&[&new.secret, &old.secret]);

        assert_eq!(outcome(old, &both, 0), Ok(()));
        assert_eq!(outcome(new, &both, 0), Ok(()));
        assert_eq!(outcome(old, &verifier(&[&new.secret]), 0), Err(Unverified::Signature));
    }

    #[test]
    fn a_changed_body_is_refused() {
        let mut golden = golden().remove(0);
        golden.body.push(' ');

        assert_eq!(outcome(&golden, &verifier(&[&golden.secret]), 0), Err(Unverified::Signature));
    }

    #[rstest::rstest]
    #[case(300, Ok(()))]
    #[case(-300, Ok(()))]
    #[case(301, Err(Unverified::Expired))]
    #[case(-301, Err(Unverified::Expired))]
    fn a_signature_is_good_for_five_minutes(
        #[case] late_secs: i64,
        #[case] expected: Result<(), Unverified>,
    ) {
        let golden = &golden()[0];

        assert_eq!(outcome(golden, &verifier(&[&golden.secret]), late_secs), expected);
    }

    #[rstest::rstest]
    #[case("", InvalidSecret::Prefix)]
    #[case("C2FVsBQIhrscChlQIMV+b5sSYspob7oD", InvalidSecret::Prefix)]
    #[case("whsec_", InvalidSecret::Short)]
    #[case("whsec_dG9vIHNob3J0", InvalidSecret::Short)]
    #[case("whsec_not base64", InvalidSecret::Base64)]
    fn a_weak_secret_is_refused(#[case] text: &str, #[case] expected: InvalidSecret) {
        assert_eq!(Secret::parse(text).unwrap_err(), expected);
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::parse(&golden()[0].secret).unwrap();

        assert!(!format!("{secret:?}").contains("11"), "{secret:?}");
    }
}
