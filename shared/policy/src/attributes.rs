//! What the host tells about an exchange beside its headers.

/// Answers to questions about the exchange. Asking costs a call into the host: policies ask only for what a rule needs.
pub trait Attributes {
    /// An attribute by its path, whose segments are joined by zero bytes (Envoy's `source.address` is `"source\0address"`), as bytes; `None`
    /// where the host does not know it or has no such call. An empty value is `None` too: some hosts answer OK with nothing.
    fn attribute(&self, path: &str) -> Option<Vec<u8>>;
}
