//! `tidemark-train <job.json>`: runs one job of the trainer contract.

use std::process::ExitCode;

use tidemark_trainer::limits::allocator::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    tidemark_trainer::run::run(std::env::args_os().skip(1))
}
