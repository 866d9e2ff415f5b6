//! Ground floor of the workspace: error codes and families, checked preconditions, the seeded random
//! generator and the bar type. Depends on none of our crates and reads neither clock nor environment.

mod bar;
mod check;
mod code;
mod missing;
mod rng;

pub use bar::{Bar, BarError, check_bars};
pub use check::{CheckError, finite, in_range, min_len, non_negative, positive, same_len};
pub use code::{Code, Family};
pub use missing::observed_suffix;
pub use rng::Rng;
