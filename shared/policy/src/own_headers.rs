//! Headers that only a filter may set: what a client sends under such a name is taken out, in every spelling that an upstream may
//! take for it.

use crate::contract::Step;
use crate::head::Head;
use crate::settings::Rule;

/// Takes what the client sent under those names out of the request, before the step's own edits: what the filter sets stays.
#[must_use]
pub fn without_clients_own<'n>(
    step: Step,
    rule: &Rule,
    request: &Head,
    names: impl IntoIterator<Item = &'n str>,
) -> Step {
    let mut own = names.into_iter().flat_map(|name| clients_own(request, name)).peekable();
    if own.peek().is_none() {
        return step;
    }
    step.after(own.fold(Step::go_on(), |step, name| step.take_out(rule, name)))
}

/// The names of the client's own headers that an upstream may take for that one: many make one of `x-consumer` and `X_Consumer`.
fn clients_own<'a>(request: &'a Head, name: &'a str) -> impl Iterator<Item = String> {
    request
        .of_length(name.len())
        .map(|(theirs, _)| theirs)
        .filter(move |theirs| are_alike(name.as_bytes(), theirs))
        .filter_map(|theirs| String::from_utf8(theirs.to_vec()).ok())
}

/// Whether an upstream may take two names for the same: case makes no difference, nor which character stands between the words.
pub fn are_alike(one: &[u8], other: &[u8]) -> bool {
    let alike = |(one, other): (&u8, &u8)| match one.is_ascii_alphanumeric() {
        true => one.eq_ignore_ascii_case(other),
        false => !other.is_ascii_alphanumeric(),
    };
    // Proxies write names in lower case: most that are alike are the same, which is known at once.
    one == other || one.len() == other.len() && one.iter().zip(other).all(alike)
}
