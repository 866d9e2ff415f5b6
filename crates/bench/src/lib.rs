//! Data and clocks shared by the benches; see `npm run bench` and `cargo bench`.

mod clock;
mod gbdt_case;

pub use clock::process_cpu_seconds;
pub use gbdt_case::{GbdtCase, Settings, gbdt_cases, settings};
