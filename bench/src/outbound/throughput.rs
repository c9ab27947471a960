//! How many signed events a core of the sidecar carries, beside a Node service that does the same.
