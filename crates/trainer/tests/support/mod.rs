//! Shared by the integration tests: running the real binary, building jobs, checking documents against the
//! committed JSON Schemas.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has no better way to fail"
)]

pub(crate) mod jobs;
pub(crate) mod process;
pub(crate) mod schema;
