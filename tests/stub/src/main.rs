//! The stub as a process of its own.

fn main() {}
