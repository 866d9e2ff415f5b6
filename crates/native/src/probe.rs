//! Exports that fail on purpose, so that the tests can prove on the shipped addon what a panic turns into.

use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;

use crate::edge::{Fault, Result, attempt, guard};

/// Panics; the caller receives `NATIVE_PANIC`.
#[napi(catch_unwind)]
pub fn panic_probe() -> Result<()> {
    guard(provoke)
}

/// Panics on a worker thread; the promise rejects with `NATIVE_PANIC`.
#[napi(catch_unwind, ts_return_type = "Promise<void>")]
pub fn panic_probe_async() -> AsyncTask<ProbeTask> {
    AsyncTask::new(ProbeTask)
}

/// See [`panic_probe_async`].
pub struct ProbeTask;

impl Task for ProbeTask {
    type Output = std::result::Result<(), Fault>;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(attempt(provoke))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<()> {
        output.map_err(|fault| fault.into_rejection(env))
    }
}

#[allow(clippy::panic, reason = "the purpose of the probe")]
fn provoke() -> std::result::Result<(), Fault> {
    panic!("provoked by the panic probe")
}
