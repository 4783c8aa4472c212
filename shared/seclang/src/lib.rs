//! The rule language of ModSecurity and Coraza (SecLang): the engine of a web application firewall. Values are bytes and never assumed to be text; nothing here does I/O.
//!
//! | Module | What it has |
//! |---|---|
//! | [`language`] | the language: text becomes directives, each with its place |
//! | [`transformation`] | one transformation a file, and the table that names them |
//! | [`operator`] | one operator a file, and the table that names them |
//! | [`body`] | one body processor a file |
//! | [`ruleset`] | validated, immutable, shared: directives become what is evaluated |
//! | [`transaction`] | one request and its response, evaluated |

pub mod body;
pub mod language;
pub mod operator;
pub mod ruleset;
pub mod transaction;
pub mod transformation;
