//! The contract that every filter keeps, and what each of them needs to decide.

pub mod head;
pub mod problems;
