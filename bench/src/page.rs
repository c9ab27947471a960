//! `docs/benchmarks.md`: what stands between a bench's two marks is written by the bench.

use std::fs;

use anyhow::{Context as _, Result};

use crate::machine::root;

/// A bench's part of the page, and its pictures.
pub(crate) struct Section {
    pub(crate) markdown: String,
    /// File names in `docs/images/`, and their SVG.
    pub(crate) images: Vec<(&'static str, String)>,
}

/// Writes the section of the bench `name`.
pub(crate) fn write(name: &str, section: &Section) -> Result<()> {
    let docs = root().join("docs");
    fs::create_dir_all(docs.join("images"))?;
    for (file, svg) in &section.images {
        fs::write(docs.join("images").join(file), svg)?;
    }
    let page = docs.join("benchmarks.md");
    let text = fs::read_to_string(&page)?;
    fs::write(&page, replaced(&text, name, &section.markdown)?)?;
    Ok(())
}

fn replaced(page: &str, name: &str, section: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name}: written by "), format!("<!-- {name}: end -->"));
    let (before, rest) = page.split_once(&begin).context("the page marks where it begins")?;
    let (mark, rest) = rest.split_once('\n').context("a mark is a line")?;
    let (_, after) = rest.split_once(&end).context("the page marks where it ends")?;
    Ok(format!("{before}{begin}{mark}\n\n{section}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page =
            "above\n<!-- outbound: written by `make x` -->\nold\n<!-- outbound: end -->\nbelow\n";

        let page = replaced(page, "outbound", "new\n").unwrap();

        assert_eq!(
            page,
            "above\n<!-- outbound: written by `make x` -->\n\nnew\n\n<!-- outbound: end -->\nbelow\n"
        );
        assert_eq!(replaced(&page, "outbound", "new\n").unwrap(), page);
    }
}
