//! What draining a backlog of 100,000 events takes in memory.
