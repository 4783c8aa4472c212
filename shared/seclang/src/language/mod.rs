//! The rule language of ModSecurity and Coraza (SecLang): text becomes directives, each with its place.
//!
//! A directive is a line; one that ends with `\` goes on in the next, whose leading blanks do not count inside quotes. A line that begins
//! with `#` is a comment. The words of a directive are separated by blanks and may stand in double or single quotes, inside which a
//! backslash before such a quote makes it a part of the word; every other backslash stays where it is. Targets are described in the module
//! that reads them, actions likewise.
//!
//! Where ModSecurity v3 and this reader differ: `\"` inside double quotes is `"` (there the backslash stays), a quote does not go on in the
//! next line without `\`, a value of `setvar` may have `=` in it, a lone `%` is itself, and names of members can stand in quotes. What
//! v3 reads and drops (an unknown operator as a pattern, an empty list of actions) is a problem here.
//!
//! Reading is linear in the text. Nothing recurses but `Include`, whose depth is bounded, and so are files and problems.

mod actions;
pub mod ast;
mod ctl;
mod directive;
mod lexer;
mod load;
mod setting;
mod setvar;
mod targets;
mod template;
#[cfg(test)]
mod tests;

pub use load::{Files, beside, load, load_text, parse};
pub use targets::{written_ctl, written_exclusion, written_removal, written_target};
pub use template::template;
