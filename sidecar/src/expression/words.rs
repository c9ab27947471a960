//! The filters and tests that an expression names.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'source> {
    /// After `|`.
    Filter(&'source str),
    /// After `is` or `is not`.
    Test(&'source str),
}

impl<'source> Word<'source> {
    pub(super) fn name(self) -> &'source str {
        match self {
            Self::Filter(name) | Self::Test(name) => name,
        }
    }
}

/// All of them, in order.
pub(super) fn words(source: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut before, mut tokens) = ("", tokens(source).into_iter().peekable());
    while let Some(token) = tokens.next() {
        match token {
            "|" => words.extend(tokens.peek().copied().map(Word::Filter)),
            "is" if before != "." => {
                tokens.next_if_eq(&"not");
                words.extend(tokens.peek().copied().map(Word::Test));
            }
            _ => {}
        }
        before = token;
    }
    words.retain(|word| word.name().starts_with(is_name));
    words
}

/// Names, numbers and texts in quotes, each in one piece; everything else by single characters.
fn tokens(source: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => end_of_quoted(rest, first),
            first if is_name(first) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of_quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("item.text | upper", vec![Word::Filter("upper")])]
    #[case("item.a is not none and b|trim", vec![Word::Test("none"), Word::Filter("trim")])]
    #[case(r#"'| upper' ~ "a \" is odd" ~ c"#, vec![])]
    #[case("item.is or this or isle is string", vec![Word::Test("string")])]
    #[case("'never closed | upper", vec![])]
    #[case("é | x |", vec![Word::Filter("x")])]
    fn filters_and_tests_are_found_outside_of_text(
        #[case] source: &str,
        #[case] expected: Vec<Word<'_>>,
    ) {
        assert_eq!(words(source), expected);
    }
}
