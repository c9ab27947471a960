//! Directus → AWS: what a save costs, what the sidecar carries, what a backlog takes.

mod capture;
mod drain;
mod throughput;
