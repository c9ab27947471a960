//! A signature is accepted for what was signed, by whom we know, in time; and for nothing else.
#![no_main]

use std::time::Duration;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use sidecar::signature::{Headers, Secret, Unverified, Verifier};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const STRANGER: &str = "whsec_YSBzZWNvbmQgc2VjcmV0IG9mIDMyIGJ5dGVzLCBvayE=";

/// The three headers, a secret, the body; when it was signed, how late it comes, and the bit that
/// flips on its way.
type Input<'data> = (&'data str, &'data str, &'data str, &'data str, &'data [u8], u32, i16, usize);

fuzz_target!(|input: Input| {
    let (id, timestamp, signature, secret, body, arrived_at, late_secs, flipped) = input;
    let verifier = Verifier::new(vec![Secret::parse(SECRET).unwrap()], Duration::from_mins(5));
    let now = Timestamp::from_second(i64::from(arrived_at)).unwrap();

    // What anybody can write into the headers is never believed.
    assert!(verifier.verify(Headers { id, timestamp, signature }, body, now).is_err());

    // What we signed is, within five minutes.
    let signed_at = i64::from(arrived_at) + i64::from(late_secs);
    let own = Secret::parse(SECRET).unwrap().sign(id, signed_at, body);
    let timestamp = signed_at.to_string();
    let signatures = format!("{signature} {own}");
    let few = signature.split_ascii_whitespace().count() < 16;
    let headers = Headers { id, timestamp: &timestamp, signature: &signatures };
    let outcome = verifier.verify(headers, body, now).map(|verified| verified.bytes().to_vec());
    if late_secs.unsigned_abs() > 300 {
        assert_eq!(outcome.unwrap_err(), Unverified::Expired);
    } else if few {
        assert_eq!(outcome.unwrap(), body);
    }

    // A single flipped bit, or a stranger's secret, is noticed.
    if !body.is_empty() {
        let mut changed = body.to_vec();
        let bit = flipped % (changed.len() * 8);
        changed[bit / 8] ^= 1 << (bit % 8);
        let headers = Headers { id, timestamp: &timestamp, signature: &own };
        assert!(verifier.verify(headers, &changed, now).is_err());
    }
    let foreign = Secret::parse(STRANGER).unwrap().sign(id, signed_at, body);
    let headers = Headers { id, timestamp: &timestamp, signature: &foreign };
    assert!(verifier.verify(headers, body, now).is_err());

    // A text is a secret or not, and the reason is as long whatever the text is.
    match Secret::parse(secret) {
        Ok(parsed) => assert!(parsed.sign(id, signed_at, body).starts_with("v1,")),
        Err(reason) => assert!(reason.to_string().len() < 100, "{reason}"),
    }
});
