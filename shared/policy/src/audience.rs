//! Who is told how much about a refusal.

use crate::attributes::Attributes;
use crate::denial::Denial;
use crate::head::Head;
use crate::settings::{Disclosure, Show};

/// Who reads a refusal, as far as disclosure goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A client that nothing is known of.
    Anonymous,
    /// A client whose credential verified.
    Authenticated,
    /// A client at one of the operator's addresses.
    Trusted,
}

impl Audience {
    /// Who reads this refusal of this request. Asks the host for one attribute at most, and only where `trusted_clients` is set.
    pub fn of(denial: &Denial, request: &Head, attributes: &dyn Attributes) -> Self {
        if is_trusted(&denial.rule.settings.disclosure, request, attributes) {
            Self::Trusted
        } else if denial.verified {
            Self::Authenticated
        } else {
            Self::Anonymous
        }
    }

    /// How much it is told.
    pub fn shown(self, disclosure: &Disclosure) -> Show {
        match self {
            Self::Anonymous => disclosure.anonymous,
            Self::Authenticated => disclosure.authenticated,
            Self::Trusted => disclosure.trusted,
        }
    }
}

fn is_trusted(disclosure: &Disclosure, request: &Head, attributes: &dyn Attributes) -> bool {
    let Some((client_address, networks)) = &disclosure.trusted_clients else { return false };
    // An address that nobody can make out is nobody's.
    let Ok(client) = client_address.of(request, attributes) else { return false };
    // The connection manager may have it from a header that the client wrote. The other ways say themselves whom they believe.
    let forgeable = client_address.is_envoy() && client.from_header;
    !forgeable && networks.contains(client.ip)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::cidrs::Cidrs;
    use crate::client_address::ClientAddress;
    use crate::problems::{Place, Problems};
    use crate::render::sample;

    /// What the host tells: the one attribute that is asked for.
    struct Host(Option<&'static str>);

    impl Attributes for Host {
        fn attribute(&self, _: &str) -> Option<Vec<u8>> {
            self.0.map(|value| value.as_bytes().to_vec())
        }
    }

    const ENVOY: &str = r#""envoy""#;
    const DIRECT: &str = r#""direct""#;
    const PROXIES: &str = r#"{"forwarded": {"header": "x-forwarded-for", "trusted_proxies": ["192.0.2.1"]}}"#;

    fn check(way: &str, told: Option<&'static str>, forwarded_for: &str, verified: bool, expected: Audience) {
        let mut problems = Problems::new();
        let way =
            ClientAddress::read(crate::document::tests::read(way).unwrap(), &Place::root(), &mut problems).unwrap();
        let networks = Cidrs::read(&["10.0.0.0/8".to_owned()], &Place::root(), &mut problems).unwrap();
        assert!(networks.contains(IpAddr::from([10, 0, 0, 1])));
        let mut settings = sample::settings();
        settings.disclosure.trusted_clients = Some((way, networks));
        let mut denial = sample::denial_under(settings, &sample::SCOPE);
        denial.verified = verified;
        let request = Head::from_pairs([("x-forwarded-for", forwarded_for)]);
        assert_eq!(Audience::of(&denial, &request, &Host(told)), expected, "{told:?}, {forwarded_for:?}, {verified}");
    }

    #[test]
    fn a_client_at_an_address_of_the_operators_is_trusted() {
        check(ENVOY, Some("10.0.0.1:40000"), "", false, Audience::Trusted);
        check(ENVOY, Some("10.0.0.1:40000"), "", true, Audience::Trusted);
        check(DIRECT, Some("10.0.0.1:40000"), "", false, Audience::Trusted);
        check(PROXIES, Some("192.0.2.1:40000"), "10.0.0.1", false, Audience::Trusted);
    }

    #[test]
    fn an_address_that_the_client_may_have_written_buys_nothing() {
        check(ENVOY, Some("10.0.0.1:0"), "10.0.0.1", false, Audience::Anonymous);
        check(ENVOY, Some("10.0.0.1"), "10.0.0.1", false, Audience::Anonymous);
        check(DIRECT, Some("192.0.2.9:40000"), "10.0.0.1", false, Audience::Anonymous);
        check(DIRECT, Some("10.0.0.1:0"), "10.0.0.1", false, Audience::Anonymous);
        check(PROXIES, Some("192.0.2.9:40000"), "10.0.0.1", false, Audience::Anonymous);
    }

    #[test]
    fn a_client_whose_address_is_uncertain_is_not_trusted() {
        for way in [ENVOY, DIRECT, PROXIES] {
            check(way, None, "10.0.0.1", false, Audience::Anonymous);
            check(way, Some("nonsense"), "10.0.0.1", true, Audience::Authenticated);
        }
        check(PROXIES, Some("192.0.2.1:40000"), "nonsense", false, Audience::Anonymous);
    }

    #[test]
    fn nobody_is_trusted_without_addresses() {
        let denial = sample::denial(&sample::SCOPE);
        let audience = Audience::of(&denial, &Head::default(), &Host(Some("10.0.0.1:40000")));
        assert_eq!(audience, Audience::Anonymous);
    }

    #[test]
    fn each_audience_is_told_what_is_set_for_it() {
        let disclosure = Disclosure {
            anonymous: Show::Opaque,
            authenticated: Show::Reason,
            trusted: Show::Full,
            trusted_clients: None,
        };
        assert_eq!(Audience::Anonymous.shown(&disclosure), Show::Opaque);
        assert_eq!(Audience::Authenticated.shown(&disclosure), Show::Reason);
        assert_eq!(Audience::Trusted.shown(&disclosure), Show::Full);
    }
}
