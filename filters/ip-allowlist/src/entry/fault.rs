//! What can be wrong with the text of an entry, and what to write in its place.

use std::fmt::{self, Display};
use std::net::IpAddr;

use verdict_policy::network::{self, Shown};

/// A text that is no entry. Its `Display` is bounded, repeats the text with everything but printing ASCII escaped, and
/// names the remedy after a semicolon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnEntry<'a> {
    written: &'a [u8],
    fault: Fault,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The address or the block, or one end of the range.
    Text(network::Fault),
    /// The ends of the range are the wrong way round.
    Reversed {
        /// Its lower end.
        first: IpAddr,
        /// Its upper end.
        last: IpAddr,
    },
    /// The ends of the range are of two families.
    MixedFamilies,
}

impl From<network::Fault> for Fault {
    fn from(fault: network::Fault) -> Self {
        Self::Text(fault)
    }
}

impl<'a> NotAnEntry<'a> {
    pub(super) fn new(written: &'a [u8], fault: Fault) -> Self {
        Self { written, fault }
    }

    /// What is wrong, for those who do not want the text.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// Whether nothing is known of what was meant, so that anything else could be written.
    pub fn is_anything(&self) -> bool {
        matches!(self.fault, Fault::Text(network::Fault::Empty | network::Fault::NotAnAddress))
    }
}

impl Display for NotAnEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Shown(self.written))?;
        match self.fault {
            Fault::Text(fault) => write!(f, "{fault}")?,
            Fault::Reversed { first, last } => write!(f, "runs backwards; write {first}-{last}")?,
            Fault::MixedFamilies => write!(f, "has an IPv4 end and an IPv6 end; write a range for each family")?,
        }
        if self.is_anything() { f.write_str(", or a range (10.0.0.1-10.0.0.9)") } else { Ok(()) }
    }
}

impl std::error::Error for NotAnEntry<'_> {}
