//! The trainer behind the binary `tidemark-train`: one job document in, events on standard output, artifacts in a
//! folder, an exit status. The contract is written down in `docs/trainer-contract.md` and as JSON Schemas in
//! `libs/contracts/schemas`.

pub mod artifacts;
pub mod bars;
pub mod dataset;
pub mod error;
pub mod events;
pub mod fit;
pub mod hash;
pub mod instant;
pub mod job;
pub mod limits;
pub mod prepare;
pub mod run;
pub mod split;
