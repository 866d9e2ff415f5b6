//! Progress of a whole job from the progress of its parts.

use std::ops::Range;

use tidemark_models::Progress;

use crate::error::{Failure, FailureCode};
use crate::events::{Event, Events, Level};

/// Smaller steps than this are not worth an event.
const LEAST_STEP: f64 = 0.01;

/// Emits progress that never falls and does not flood the stream.
pub(super) struct Stage<'a> {
    events: &'a Events,
    last: f64,
}

impl<'a> Stage<'a> {
    pub(super) const fn new(events: &'a Events) -> Self {
        Self { events, last: -1.0 }
    }

    /// Announces a step by name, however small.
    pub(super) fn at(&mut self, fraction: f64, message: &str) -> Result<(), Failure> {
        self.last = fraction.max(self.last);
        self.events.emit(&Event::Progress {
            fraction: self.last,
            message,
        })
    }

    /// Emits a point of a curve; JSON has no word for a value that is not finite, so those are left out.
    pub(super) fn metric(&mut self, key: &str, value: f64, step: u64) -> Result<(), Failure> {
        if value.is_finite() {
            self.events.emit(&Event::Metric { key, value, step })
        } else {
            Ok(())
        }
    }

    /// Says something worth knowing.
    pub(super) fn remark(&mut self, message: &str) -> Result<(), Failure> {
        self.events.emit(&Event::Log {
            level: Level::Info,
            message,
        })
    }

    /// Progress for one fit within a part of the whole.
    pub(super) fn part(&mut self, fold: usize, share: Range<f64>) -> FoldProgress<'_, 'a> {
        FoldProgress {
            stage: self,
            fold,
            share,
            broken: None,
        }
    }
}

/// What a family reports while fitting one fold.
pub(super) struct FoldProgress<'s, 'a> {
    stage: &'s mut Stage<'a>,
    fold: usize,
    share: Range<f64>,
    broken: Option<Failure>,
}

impl FoldProgress<'_, '_> {
    /// The failure that made the fit stop, if the events could not be written.
    pub(super) fn into_result(self) -> Result<(), Failure> {
        self.broken.map_or(Ok(()), Err)
    }

    fn keep(&mut self, result: Result<(), Failure>) {
        if self.broken.is_none() {
            self.broken = result.err();
        }
    }
}

impl Progress for FoldProgress<'_, '_> {
    fn report(&mut self, fraction: f64, message: &str) {
        let whole = self.share.start + fraction.clamp(0.0, 1.0) * (self.share.end - self.share.start);
        if whole >= self.stage.last + LEAST_STEP {
            let message = format!("fold {}: {message}", self.fold + 1);
            let result = self.stage.at(whole, &message);
            self.keep(result);
        }
    }

    fn metric(&mut self, key: &str, value: f64, step: u64) {
        let key = format!("fold.{}.{key}", self.fold + 1);
        let result = self.stage.metric(&key, value, step);
        self.keep(result);
    }

    fn cancelled(&self) -> bool {
        self.broken
            .as_ref()
            .is_some_and(|failure| failure.code == FailureCode::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn progress_never_falls_and_small_steps_are_swallowed() {
        let sink = Shared::default();
        let events = Events::new(Box::new(sink.clone()));
        let mut stage = Stage::new(&events);
        stage.at(0.5, "start").unwrap();
        let mut part = stage.part(0, 0.5..0.7);
        for step in 0..=1000 {
            part.report(f64::from(step) / 1000.0, "step");
        }
        part.report(0.0, "back");
        part.metric("loss", f64::NAN, 1);
        part.into_result().unwrap();
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        let fractions: Vec<f64> = text
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["fraction"]
                    .as_f64()
                    .unwrap()
            })
            .collect();
        assert!(fractions.windows(2).all(|pair| pair[0] < pair[1]));
        assert!((15..=21).contains(&fractions.len()), "{}", fractions.len());
    }

    #[test]
    fn a_reader_that_has_gone_cancels_the_fit() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let events = Events::new(Box::new(Gone));
        let mut stage = Stage::new(&events);
        let mut part = stage.part(0, 0.0..1.0);
        assert!(!part.cancelled());
        part.report(0.5, "half");
        assert!(part.cancelled());
        assert_eq!(part.into_result().unwrap_err().code, FailureCode::Cancelled);
    }
}
