//! The limits a job runs under, enforced by the trainer on itself.
//!
//! Three things can end a job from outside its own flow of control: a signal, the clock and the allocator. All
//! three go through [`ending`], which lets exactly one of them, or the job itself, decide how the process ends.

pub mod address_space;
pub mod allocator;
pub mod ending;
pub mod watch;
