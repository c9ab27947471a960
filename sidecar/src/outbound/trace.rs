//! W3C trace context in the form that EventBridge forwards: X-Ray's. Pure.

/// The X-Ray header that says what `traceparent` says; nothing when it is not well formed, because a
/// trace is never a reason to lose an event.
pub fn xray_header(traceparent: &str) -> Option<String> {
    let mut fields = traceparent.split('-');
    let [version, trace, parent, flags] = [(); 4].map(|()| fields.next().unwrap_or_default());
    // A later version may add fields, and this one may not.
    let complete = version != "00" || fields.next().is_none();
    let identified = is_id(trace, 32) && is_id(parent, 16);
    if !complete || !is_hex(version, 2) || version == "ff" || !identified || !is_hex(flags, 2) {
        return None;
    }
    let (epoch, unique) = trace.split_at(8);
    let sampled = u8::from_str_radix(flags, 16).ok()? & 1;
    Some(format!("Root=1-{epoch}-{unique};Parent={parent};Sampled={sampled}"))
}

fn is_id(field: &str, digits: usize) -> bool {
    is_hex(field, digits) && field.bytes().any(|digit| digit != b'0')
}

fn is_hex(field: &str, digits: usize) -> bool {
    field.len() == digits && field.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Sampled=1")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "Sampled=0")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", "Sampled=1")]
    #[case("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later", "Sampled=1")]
    fn a_trace_keeps_its_ids_and_whether_it_is_sampled(
        #[case] traceparent: &str,
        #[case] sampled: &str,
    ) {
        let header = xray_header(traceparent).unwrap();

        let ids = "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331";
        assert_eq!(header, format!("{ids};{sampled}"));
    }

    #[rstest::rstest]
    #[case("")]
    #[case("00")]
    #[case("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    #[case("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    #[case("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")]
    #[case("00-0af7651916cd43dd8448eb211c80319é-b7ad6b7169203331-01")]
    fn what_is_no_trace_context_is_left_out(#[case] traceparent: &str) {
        assert_eq!(xray_header(traceparent), None);
    }
}
