//! Errors and panics on their way to JavaScript.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::Once;

use napi::{Env, JsError};
use tidemark_core::Code;

/// Result of an export: the error's status is our code, which JavaScript sees as `error.code`.
pub(crate) type Result<T> = std::result::Result<T, napi::Error<ErrorCode>>;

/// A stable code as the status of a [`napi::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(&'static str);

impl AsRef<str> for ErrorCode {
    fn as_ref(&self) -> &str {
        self.0
    }
}

/// A failure that holds nothing of JavaScript's and may therefore cross threads.
#[derive(Debug)]
pub struct Fault {
    code: &'static str,
    message: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    fn into_error(self) -> napi::Error<ErrorCode> {
        napi::Error::new(ErrorCode(self.code), self.message)
    }

    /// The rejection of a promise. A task may only fail with napi's own statuses, so the JavaScript error with our
    /// code is made here and handed over as it is.
    pub(crate) fn into_rejection(self, env: Env) -> napi::Error {
        napi::Error::from_unknown_without_coercion(JsError::from(self.into_error()).into_unknown(env))
    }
}

impl<E: Code> From<E> for Fault {
    fn from(error: E) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

thread_local! {
    /// Where the last panic of this thread happened, written by the hook and taken by [`attempt`].
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs the body of an export.
pub(crate) fn guard<T>(work: impl FnOnce() -> std::result::Result<T, Fault>) -> Result<T> {
    attempt(work).map_err(Fault::into_error)
}

/// Runs `work`; a panic becomes a fault with the code `NATIVE_PANIC`.
pub(crate) fn attempt<T>(
    work: impl FnOnce() -> std::result::Result<T, Fault>,
) -> std::result::Result<T, Fault> {
    install_hook();
    // Unwind safety: work owns its arguments, and the only state that outlives it is the handle table, whose entries
    // are replaced or removed as a whole.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let place = LAST_PANIC.take().unwrap_or_else(|| "an unknown place".to_owned());
        let text = panic_text(payload.as_ref());
        Err(Fault::new(
            "NATIVE_PANIC",
            format!("the native core panicked at {place}: {text}; please report this"),
        ))
    })
}

/// The default hook prints every panic to stderr; here a panic is an error like any other and is reported once, by
/// whoever receives it.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        set_hook(Box::new(|info| {
            LAST_PANIC.set(info.location().map(ToString::to_string));
        }));
    });
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
