//! `@ipMatch`: the value is an address in one of the networks, `10.0.0.0/8,::1`.
//!
//! A value that is no address is in none. Here, unlike in ModSecurity, `/0` is a network and blanks may stand around a comma.

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test};
use ipnet::IpNet;
use std::net::IpAddr;

/// See the module.
pub struct IpMatch(Networks);

impl Test for IpMatch {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("10.0.0.0/8", b"10.1.2.3", Some("")),
        ("10.0.0.1/8", b"10.1.2.3", Some("")),
        ("10.0.0.0/8", b"11.0.0.0", None),
        ("10.0.0.1", b"10.0.0.1", Some("")),
        ("10.0.0.1", b"10.0.0.2", None),
        ("127.0.0.1,::1", b"0:0::1", Some("")),
        ("2001:db8::/32", b"2001:DB8:1::", Some("")),
        ("2001:db8::/32", b"2001:db9::", None),
        ("10.0.0.0/8,10.0.0.0/24", b"10.9.9.9", Some("")),
        ("10.0.0.1, 10.0.0.2", b"10.0.0.2", Some("")),
        ("0.0.0.0/0", b"1.2.3.4", Some("")),
        ("0.0.0.0/0", b"::1", None),
        ("::ffff:10.0.0.1", b"10.0.0.1", None),
        ("10.0.0.1", b"10.0.0.1 ", None),
        ("10.0.0.1", b"010.0.0.1", None),
        ("10.0.0.1", b"", None),
        ("10.0.0.1", b"\xff", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] =
        &["", "x", "10.0.0.0/33", "10.0.0.0/8/8", "10.0.0", "01.2.3.4", "10.0.0.0/255.0.0.0", "%{tx.a}"];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        let networks = Networks::read(argument)?;
        if networks.0.is_empty() {
            Err("@ipMatch needs an address or a network, `10.0.0.0/8`".into())
        } else {
            Ok(Self(networks))
        }
    }

    fn test(&self, value: &[u8], _: bool, _: Expand<'_>) -> Option<Hit> {
        self.0.has(value).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}

/// Networks, merged and in order.
pub(super) struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads lines of networks between commas. `#` begins a comment. Bits after the prefix do not count.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut networks = Vec::new();
        for line in text.lines() {
            let line = line.split_once('#').map_or(line, |(before, _)| before);
            for part in line.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                let network = part.parse::<IpNet>().ok().or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from));
                networks.push(network.ok_or_else(|| {
                    format!("`{part}` is no address and no network: write `10.0.0.1` or `10.0.0.0/8`")
                })?);
            }
        }
        // Merged ones do not overlap, and lie in order.
        Ok(Self(IpNet::aggregate(&networks)))
    }

    pub(super) fn has(&self, value: &[u8]) -> bool {
        let Some(address) = std::str::from_utf8(value).ok().and_then(|text| text.parse::<IpAddr>().ok()) else {
            return false;
        };
        let after = self.0.partition_point(|network| network.network() <= address);
        after.checked_sub(1).and_then(|index| self.0.get(index)).is_some_and(|network| network.contains(&address))
    }
}
