//! A list of networks that the operator names, such as the proxies that are trusted.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::network::{Shown, network};
use crate::problems::{Place, Problems};

/// Networks, for the question whether an address is in one of them. Not for lists of a million entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cidrs {
    /// In order, and none inside another: the only one that can hold an address is the last that begins at or before
    /// it.
    networks: Vec<Network>,
}

/// By address, then by prefix length: a network stands before those inside it, and two networks never overlap by half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Network {
    first: IpAddr,
    length: u8,
    last: IpAddr,
}

impl Network {
    /// An IPv4 address is in no IPv6 network: in this order, all of IPv4 comes before all of IPv6.
    fn contains(&self, address: IpAddr) -> bool {
        self.first <= address && address <= self.last
    }
}

impl Cidrs {
    /// Reads each entry as [`network`] does. An empty list is a list that contains nothing; whether that makes sense is
    /// for the caller to say.
    pub fn read(raw: &[String], place: &Place, problems: &mut Problems) -> Option<Self> {
        let mut networks = Vec::with_capacity(raw.len());
        for (index, text) in raw.iter().enumerate() {
            match network(text) {
                Ok(network) => {
                    let (first, last) = (network.network(), network.broadcast());
                    let network = Network { first, length: network.prefix_len(), last };
                    // The standard library's sorting would cost a module more than these few lists are worth.
                    let at = networks.partition_point(|other| *other < network);
                    networks.insert(at, network);
                }
                Err(fault) => problems.add(&place.index(index), format!("{}{fault}", Shown(text.as_bytes()))),
            }
        }
        if networks.len() < raw.len() {
            return None;
        }
        networks.dedup_by(|next, kept| kept.contains(next.first));
        Some(Self { networks })
    }

    /// Whether the address is in one of the networks. `::ffff:a.b.c.d` is a.b.c.d, and an IPv4 address is in no IPv6
    /// network: not in `::/0` either.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let after = self.networks.partition_point(|network| network.first <= address);
        let last = after.checked_sub(1).and_then(|index| self.networks.get(index));
        last.is_some_and(|network| network.contains(address))
    }

    /// Each network, in order, without those that lie inside another.
    pub fn iter(&self) -> impl Iterator<Item = IpNet> {
        self.networks.iter().filter_map(|network| IpNet::new(network.first, network.length).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidrs(entries: &[&str]) -> Result<Cidrs, String> {
        let raw: Vec<String> = entries.iter().map(ToString::to_string).collect();
        let mut problems = Problems::new();
        let read = Cidrs::read(&raw, &Place::root().key("trusted_proxies"), &mut problems);
        assert_eq!(read.is_none(), !problems.is_empty());
        read.ok_or_else(|| problems.to_string())
    }

    fn check(entries: &[&str], inside: &[&str], outside: &[&str]) {
        let cidrs = cidrs(entries).unwrap();
        for address in inside {
            assert!(cidrs.contains(address.parse().unwrap()), "{address} is in {entries:?}");
        }
        for address in outside {
            assert!(!cidrs.contains(address.parse().unwrap()), "{address} is not in {entries:?}");
        }
    }

    #[test]
    fn an_address_is_found_in_the_network_that_holds_it() {
        check(&[], &[], &["10.0.0.1", "::1"]);
        check(
            &["10.0.0.0/8"],
            &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
            &["9.255.255.255", "11.0.0.0", "::10.1.2.3", "a00::"],
        );
        check(&["10.0.0.1"], &["10.0.0.1"], &["10.0.0.0", "10.0.0.2"]);
        check(&["2001:db8::/32"], &["2001:db8::", "2001:DB8:ffff::1"], &["2001:db7::", "2001:db9::", "10.0.0.1"]);
        check(&["::1"], &["::1"], &["::", "::2", "0.0.0.1"]);
        check(&["::/0"], &["::", "fe80::1"], &["10.0.0.1", "::ffff:10.0.0.1"]);
        check(&["0.0.0.0/0"], &["10.0.0.1", "255.255.255.255", "::ffff:10.0.0.1"], &["::", "::1"]);
        check(&["::ffff:10.0.0.0/104"], &["10.1.2.3", "::ffff:10.1.2.3"], &["11.0.0.0"]);
        check(&["::ffff:10.0.0.1"], &["10.0.0.1"], &["10.0.0.2"]);
    }

    #[test]
    fn a_network_inside_another_hides_nothing_of_it() {
        check(
            &[
                "10.1.0.0/16",
                "192.0.2.0/24",
                "10.0.0.0/8",
                "10.0.0.0/8",
                "10.0.0.0/16",
                "2001:db8::/32",
                "2001:db8:1::/48",
            ],
            &["10.0.0.1", "10.1.0.1", "10.2.0.0", "10.255.0.0", "192.0.2.9", "2001:db8:2::"],
            &["11.0.0.0", "192.0.1.255", "192.0.3.0", "2001:db9::"],
        );
        let kept: Vec<String> =
            cidrs(&["10.1.0.0/16", "10.0.0.0/8"]).unwrap().iter().map(|net| net.to_string()).collect();
        assert_eq!(kept, ["10.0.0.0/8"]);
    }

    #[rustfmt::skip] // short strings in rows
    const NO_NETWORK: &[&str] = &[
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0/8",
        "010.0.0.0/8", "0x0a.0.0.0/8", "10.0.0.0/255.0.0.0", " 10.0.0.0/8", "10.0.0.0/8 ", "[::1]", "fe80::%eth0/10",
        "10.0.0.1:80", "10.0.0.0/8/8", "10.0.0.0/256",
    ];

    #[test]
    fn every_wrong_entry_is_named_with_its_remedy() {
        let told = cidrs(&["10.0.0.1/8", "10.0.0.0/8", "2001:db8::1/32", "::ffff:10.0.0.1/104", "ten"]).unwrap_err();
        assert_eq!(
            told,
            "/trusted_proxies/0: 10.0.0.1/8 has host bits set; write 10.0.0.0/8\n\
             /trusted_proxies/2: 2001:db8::1/32 has host bits set; write 2001:db8::/32\n\
             /trusted_proxies/3: ::ffff:10.0.0.1/104 has host bits set; write 10.0.0.0/8\n\
             /trusted_proxies/4: ten is no address; write one (10.0.0.1, 2001:db8::1) or a block (10.0.0.0/8)"
        );
        for text in NO_NETWORK {
            assert!(network(text).is_err(), "{text:?} was read as a network");
        }
    }
}
