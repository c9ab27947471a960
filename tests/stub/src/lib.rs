//! EventBridge and SQS in memory, with faults on command: for tests and benches, never in the product.
