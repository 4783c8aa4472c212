//! The requests of the benchmark. They are data, `requests.json`, as ModSecurity is measured on the same ones.

use super::measuring::Random;

/// As the file has them.
mod raw {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Requests {
        pub(super) fields: Vec<(String, String)>,
        pub(super) headers: Vec<(String, String)>,
        pub(super) requests: Vec<Request>,
        pub(super) sizes: Vec<usize>,
        pub(super) attacks: Vec<Request>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Request {
        pub(super) name: String,
        pub(super) method: String,
        pub(super) target: String,
        pub(super) r#type: Option<String>,
        pub(super) body: Option<String>,
        pub(super) form: Option<Form>,
    }

    /// As many fields as make at least so many, and at least so many bytes.
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub(super) struct Form {
        pub(super) fields: usize,
        pub(super) bytes: usize,
    }
}

/// A request.
#[derive(Clone)]
pub struct Request {
    pub name: String,
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// All of them.
pub struct Requests {
    pub requests: Vec<Request>,
    /// Forms of growing size.
    pub sizes: Vec<Request>,
    pub attacks: Vec<Request>,
}

impl Requests {
    /// The error says what is wrong with the file.
    pub fn read() -> Result<Self, String> {
        let raw: raw::Requests =
            serde_norway::from_str(include_str!("requests.json")).map_err(|error| format!("requests.json: {error}"))?;
        let raw::Requests { fields, headers, requests, sizes, attacks } = raw;
        let ready = |request: raw::Request| {
            let raw::Request { name, method, target, r#type, body, form } = request;
            let body = match form {
                Some(form) => self::form(&fields, &form),
                None => body.unwrap_or_default(),
            };
            let mut headers = headers.clone();
            if let Some(kind) = r#type {
                headers.push(("Content-Type".into(), kind));
                headers.push(("Content-Length".into(), body.len().to_string()));
            }
            Request { name, method, target, headers, body: body.into_bytes() }
        };
        let sized = |bytes| raw::Request {
            name: format!("form, {bytes} bytes"),
            method: "POST".into(),
            target: "/orders".into(),
            r#type: Some("application/x-www-form-urlencoded".into()),
            body: None,
            form: Some(raw::Form { bytes, fields: 0 }),
        };
        Ok(Self {
            requests: requests.into_iter().map(ready).collect(),
            sizes: sizes.into_iter().map(sized).map(ready).collect(),
            attacks: attacks.into_iter().map(ready).collect(),
        })
    }

    /// One of those that are asked most, or an attack, with something in it that no other one has.
    pub fn any(&self, random: &mut Random) -> Request {
        let all = self.requests.len() + self.attacks.len();
        let chosen = random.next() as usize % all;
        let mut request = self.requests.iter().chain(&self.attacks).nth(chosen).cloned().unwrap_or_else(|| Request {
            name: String::new(),
            method: "GET".into(),
            target: "/".into(),
            headers: Vec::new(),
            body: Vec::new(),
        });
        let mut noise = String::new();
        for _ in 0..random.next() % 60 {
            let byte = b' ' + (random.next() % 95) as u8;
            noise.push_str(&format!("%{byte:02x}"));
        }
        let sign = if request.target.contains('?') { '&' } else { '?' };
        request.target.push_str(&format!("{sign}n={:x}&m={noise}", random.next()));
        request
    }
}

/// `name0=…&email1=…`: the fields over and over, each with its number.
fn form(fields: &[(String, String)], form: &raw::Form) -> String {
    let mut body = String::new();
    for (number, (name, value)) in fields.iter().cycle().enumerate() {
        if number >= form.fields && body.len() >= form.bytes {
            break;
        }
        let sign = if number == 0 { "" } else { "&" };
        body.push_str(&format!("{sign}{name}{number}={value}"));
    }
    body
}
