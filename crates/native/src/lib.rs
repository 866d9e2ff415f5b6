//! The Node addon: translates between JavaScript and the crates, and does nothing else.
//!
//! Every export is a free function, because methods of wrapped objects pay for a process-wide lock on each call. What
//! has a life of its own is an integer handle. Every export catches panics twice: [`edge::guard`] turns a panic of
//! ours into `NATIVE_PANIC`, `catch_unwind` on the attribute covers the generated glue around it.
//!
//! Nothing outside `libs/native` calls these functions; TypeScript there validates shapes and owns lifetimes.

#![allow(
    clippy::needless_pass_by_value,
    reason = "strings arrive owned from JavaScript"
)]
#![allow(
    unreachable_pub,
    reason = "the napi macros export only public items; nothing imports this crate"
)]

mod arrays;
mod bars;
mod binomial;
mod drift;
mod edge;
mod features;
mod measures;
mod model_tasks;
mod models;
mod probe;
mod statistics;
