//! A refusal as a page, for people who meet it in a browser.

use std::fmt::{self, Display, Write};

use super::telling::Telling;
use super::write;

/// The whole style: no file, font or picture is fetched from anywhere.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:10vh auto;padding:0 1em;color:#222;\
                     background:#fff}h1{font-size:1.4em}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25em 1em;\
                     border-top:1px solid #ccc;padding-top:1em}dt{color:#666}dd{margin:0;overflow-wrap:anywhere;\
                     font-family:ui-monospace,monospace}@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}\
                     dt{color:#999}dl{border-color:#555}}";

/// `content-security-policy` of the page: its own style, by hash, and nothing else.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'sha256-jbiRbkOq3kvGKEZ8oHZLGToRSM87nh0a8pUXMnoty0I='; \
                                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn page(telling: &Telling<'_>) -> String {
    let mut out = String::new();
    let title = Escaped(telling.title);
    write(
        &mut out,
        format_args!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n\
             <title>{status}: {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
            status = telling.status,
        ),
    );
    if let Some(because) = &telling.because {
        if because.detail != telling.title {
            paragraph(&mut out, "", &because.detail);
        }
        paragraph(&mut out, "What you can do: ", because.remedy);
        if let Some(contact) = because.contact {
            paragraph(&mut out, "Whom to ask: ", contact);
        }
        if let Some(full) = &because.full {
            paragraph(&mut out, "What the operator can do: ", full.operator_remedy);
        }
    }
    out.push_str("<dl>\n");
    entry(&mut out, "status", telling.status);
    entry(&mut out, "denial", format_args!("urn:verdict:denial:{}", telling.id));
    if let Some(because) = &telling.because {
        entry(&mut out, "reason", &because.code);
        entry(&mut out, "filter", because.filter);
        if let Some(request_id) = because.request_id {
            entry(&mut out, "request", request_id);
        }
        for (name, value) in &because.context {
            entry(&mut out, name, value);
        }
        if let Some(full) = &because.full {
            entry(&mut out, "rule", full.rule);
            entry(&mut out, "configuration", format_args!("{} of {}", full.pointer, full.hash));
        }
    }
    out.push_str("</dl>\n</body>\n</html>\n");
    out
}

/// Text that means nothing to a browser, between tags and in quoted attributes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#x27;")?,
                _ => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

fn paragraph(out: &mut String, lead: &str, text: &str) {
    write(out, format_args!("<p>{lead}{}</p>\n", Escaped(text)));
}

fn entry(out: &mut String, name: &str, value: impl Display) {
    let value = value.to_string();
    write(out, format_args!("<dt>{}</dt><dd>{}</dd>\n", Escaped(name), Escaped(&value)));
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn text_is_not_markup() {
        let text = r#"<a href="x" title='y'>&amp; ä</a>"#;
        let escaped = Escaped(text).to_string();
        assert_eq!(escaped, "&lt;a href=&quot;x&quot; title=&#x27;y&#x27;&gt;&amp;amp; ä&lt;/a&gt;");
        assert_eq!(html_escape::decode_html_entities(&escaped), text);
    }

    #[test]
    fn the_policy_allows_exactly_this_style() {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("style-src 'sha256-{hash}';")), "the hash of the style is {hash}");
    }
}
