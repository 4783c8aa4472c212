//! Origins that may use a resource: how they are written, and which ones are meant.
//!
//! No regular expressions: a pattern is exact but for one star at the beginning of the host and one for the port, so that nobody can
//! forget to anchor it.

#[cfg(test)]
mod tests;

/// The longest value of `Origin` that is looked at, in bytes: a host has at most 253.
pub(crate) const LONGEST: usize = 512;

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Everybody.
    Any,
    /// Pages without an origin of their own.
    Null,
    /// Pages of these hosts.
    Of {
        /// In lower case: `https`.
        scheme: String,
        /// The hosts.
        host: Host,
        /// The ports.
        port: Port,
    },
}

/// Which hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// This one.
    Exactly(String),
    /// Those with one more label in front of this name, which begins with a dot.
    OneLabel(String),
    /// Those with one or more labels in front of it.
    AnyDepth(String),
}

/// Which ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// The scheme's own, which an origin does not name.
    Own,
    /// This one.
    Exactly(String),
    /// Every one.
    Any,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, and the remedy.
    pub fn read(text: &str) -> Result<Self, String> {
        match text {
            "*" => return Ok(Self::Any),
            "null" => return Ok(Self::Null),
            _ => {}
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(format!("`{text}` has no scheme; write `https://{text}`"));
        };
        let scheme = scheme.to_ascii_lowercase();
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !is_scheme {
            return Err(format!("`{scheme}` is no scheme; write `https://…`"));
        }
        if let Some(at) = rest.find(['/', '?', '#']) {
            let origin = rest.get(..at).unwrap_or_default();
            return Err(format!("an origin has no path; write `{scheme}://{origin}`"));
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            Some(_) | None => (rest, None),
        };
        let host = read_host(&host.to_ascii_lowercase())?;
        let port = port.map_or(Ok(Port::Own), |port| read_port(port, &scheme))?;
        Ok(Self::Of { scheme, host, port })
    }

    /// The only origin that is meant, if there is one only.
    pub(crate) fn sole_origin(&self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Null => Some("null".to_owned()),
            Self::Of { scheme, host: Host::Exactly(host), port } => match port {
                Port::Own => Some(format!("{scheme}://{host}")),
                Port::Exactly(port) => Some(format!("{scheme}://{host}:{port}")),
                Port::Any => None,
            },
            Self::Of { host: Host::OneLabel(_) | Host::AnyDepth(_), .. } => None,
        }
    }

    /// Whether that is one of those that are meant. The origin is compared as browsers write it: in lower case, without the scheme's
    /// own port.
    fn admits(&self, origin: &[u8]) -> bool {
        let (scheme, host, port) = match self {
            Self::Any => return true,
            Self::Null => return origin == b"null",
            Self::Of { scheme, host, port } => (scheme, host, port),
        };
        let Some(rest) = origin.strip_prefix(scheme.as_bytes()).and_then(|rest| rest.strip_prefix(b"://")) else {
            return false;
        };
        let (name, number) = split_port(rest);
        let port_fits = match port {
            Port::Own => number.is_none(),
            Port::Exactly(port) => number == Some(port.as_bytes()),
            Port::Any => {
                number.is_none_or(|number| matches!(number.len(), 1..=5) && number.iter().all(u8::is_ascii_digit))
            }
        };
        port_fits
            && match host {
                Host::Exactly(host) => name == host.as_bytes(),
                Host::OneLabel(behind) => name.strip_suffix(behind.as_bytes()).is_some_and(is_label),
                Host::AnyDepth(behind) => name
                    .strip_suffix(behind.as_bytes())
                    .is_some_and(|labels| labels.split(|byte| *byte == b'.').all(is_label)),
            }
    }
}

/// Whether one of the patterns means that origin.
pub fn admitted(patterns: &[Pattern], origin: &[u8]) -> bool {
    origin.len() <= LONGEST && patterns.iter().any(|pattern| pattern.admits(origin))
}

/// The host of an origin and its port: a colon inside of brackets belongs to the address.
fn split_port(rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    match rest.iter().rposition(|byte| matches!(byte, b':' | b']')) {
        Some(at) if rest.get(at) == Some(&b':') => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..)),
        Some(_) | None => (rest, None),
    }
}

/// A label as it may stand in the place of a star: nobody else's syntax may hide in it.
fn is_label(label: &[u8]) -> bool {
    matches!(label.len(), 1..=63) && label.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

fn read_host(text: &str) -> Result<Host, String> {
    let (stars, name) = match text.split_once('.') {
        Some((stars @ ("*" | "**"), name)) => (stars, name),
        Some(_) | None => ("", text),
    };
    if name.contains('*') {
        return Err(format!(
            "`{text}` has a star elsewhere than for its first labels; write `*.example.com` for one label, `**.example.com` for any number"
        ));
    }
    let is_address = name.starts_with('[') && name.ends_with(']') || name.parse::<std::net::Ipv4Addr>().is_ok();
    if !is_address && !name.split('.').all(|label| is_label(label.as_bytes())) {
        return Err(if name.is_ascii() {
            format!("`{name}` is no host; write it as the browser does: `app.example.com`")
        } else {
            format!("`{name}` is not ASCII; write it as the browser does, with `xn--`")
        });
    }
    if stars.is_empty() {
        return Ok(Host::Exactly(name.to_owned()));
    }
    if is_address || name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(format!("`{text}` is a part of an address; write the addresses out"));
    }
    if is_public_suffix(name) {
        return Err(format!(
            "anybody can have a name under `{name}`, which is a public suffix; name the domains: `{stars}.example.{name}`"
        ));
    }
    // The list has `*.ck` without `ck`. No name is listed with such a label, so that only a rule with a star can know it.
    if is_public_suffix(&format!("-.{name}")) {
        return Err(format!(
            "every name under `{name}` is a public suffix, and anybody can have one under those; name the domains: `{stars}.shop.example.{name}`"
        ));
    }
    let behind = format!(".{name}");
    Ok(if stars == "*" { Host::OneLabel(behind) } else { Host::AnyDepth(behind) })
}

/// Under a suffix that is not known, names are the operator's own: `*.internal`.
fn is_public_suffix(name: &str) -> bool {
    psl2::lookup(name).is_some_and(|domain| domain.is_known() && domain.is_public_suffix())
}

fn read_port(text: &str, scheme: &str) -> Result<Port, String> {
    if text == "*" {
        return Ok(Port::Any);
    }
    let own = matches!((scheme, text), ("https", "443") | ("http", "80"));
    match text.parse::<u16>() {
        _ if own => Err(format!(
            "browsers leave out the port {text} of `{scheme}`, and this would never match; delete `:{text}`"
        )),
        Ok(port) if port > 0 && port.to_string() == text => Ok(Port::Exactly(text.to_owned())),
        Ok(_) | Err(_) => Err(format!("`{text}` is no port; write a number up to 65535, or `*` for every port")),
    }
}
