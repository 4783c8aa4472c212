//! The error of this tool: one sentence for the person who reads it, with the remedy where there is one.

use std::fmt;

/// One sentence that says what failed and, where it is known, what to do.
#[derive(Debug)]
pub struct Error(String);

/// A result with this tool's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Says what was being done when something failed.
pub trait Context<T> {
    /// Puts `what` before the message: `cannot read x.yaml: No such file`.
    ///
    /// # Errors
    /// The same failure, told better.
    fn context(self, what: impl fmt::Display) -> Result<T>;
}

impl<T, E: std::error::Error> Context<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| {
            let mut message = format!("{what}: {error}");
            let mut cause = error.source();
            while let Some(inner) = cause {
                message.push_str(&format!(": {inner}"));
                cause = inner.source();
            }
            Error(message)
        })
    }
}
