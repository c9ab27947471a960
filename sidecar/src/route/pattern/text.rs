//! What EventBridge asks of texts beyond being equal.

/// A text in which each character may have either case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct IgnoringCase(Vec<[String; 2]>);

impl IgnoringCase {
    pub(super) fn new(text: &str) -> Self {
        // Character by character: `ß` is `SS` in upper case, and so has two lengths.
        Self(
            text.chars()
                .map(|c| [c.to_lowercase().collect(), c.to_uppercase().collect()])
                .collect(),
        )
    }

    pub(super) fn equals(&self, text: &str) -> bool {
        self.rests(text).contains(&"")
    }

    pub(super) fn begins(&self, text: &str) -> bool {
        !self.rests(text).is_empty()
    }

    pub(super) fn ends(&self, text: &str) -> bool {
        let mut rests = vec![text];
        for forms in self.0.iter().rev() {
            rests = step(&rests, forms, |rest, form| rest.strip_suffix(form));
        }
        !rests.is_empty()
    }

    /// What can be left of the text behind this one.
    fn rests<'text>(&self, text: &'text str) -> Vec<&'text str> {
        let mut rests = vec![text];
        for forms in &self.0 {
            rests = step(&rests, forms, |rest, form| rest.strip_prefix(form));
        }
        rests
    }
}

fn step<'text>(
    rests: &[&'text str],
    forms: &[String; 2],
    strip: impl Fn(&'text str, &str) -> Option<&'text str>,
) -> Vec<&'text str> {
    let mut next: Vec<_> =
        rests.iter().flat_map(|rest| forms.iter().filter_map(|form| strip(rest, form))).collect();
    // Pieces of one text with the same end: their length tells them apart.
    next.sort_unstable_by_key(|rest| rest.len());
    next.dedup_by_key(|rest| rest.len());
    next
}

/// `*` stands for any text, `\*` for itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wildcard {
    start: String,
    /// What follows each `*`; nothing without one.
    rest: Vec<String>,
}

impl Wildcard {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut pieces = vec![String::new()];
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '*' if chars.peek() == Some(&'*') => return Err("has two `*` in a row"),
                '*' => pieces.push(String::new()),
                '\\' => match chars.next_if(|escaped| matches!(escaped, '*' | '\\')) {
                    Some(escaped) => pieces.last_mut().expect("never empty").push(escaped),
                    None => return Err("a backslash stands only before `*` and another backslash"),
                },
                c => pieces.last_mut().expect("never empty").push(c),
            }
        }
        let start = pieces.remove(0);
        Ok(Self { start, rest: pieces })
    }

    /// Taking each piece at the first place it fits leaves the most for those that follow.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((end, middle)) = self.rest.split_last() else { return text == self.start };
        let Some(rest) = text.strip_prefix(&self.start) else { return false };
        let rest = middle
            .iter()
            .try_fold(rest, |rest, piece| rest.find(piece).map(|at| &rest[at + piece.len()..]));
        rest.is_some_and(|rest| rest.ends_with(end))
    }
}
