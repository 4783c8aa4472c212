//! The proxy as a policy's surroundings: [`Host`] by way of the ABI.

use verdict_policy::attributes::Attributes;
use verdict_policy::contract::Call;
use verdict_policy::crypto::{Crypto, Hash};
use verdict_policy::head::{Edit, Head, REASON_HEADER};
use verdict_policy::host::{ExchangeId, Host, Kind, Level, MetricId, Side};
use verdict_policy::render::Rendered;

use crate::abi::{self, Buffer, Map, Stream};
use crate::protobuf;

/// The proxy, as the filter with that root context sees it.
pub(crate) struct Proxy {
    pub(crate) root: u32,
}

impl Attributes for Proxy {
    fn attribute(&self, path: &str) -> Option<Vec<u8>> {
        abi::property(path).filter(|value| !value.is_empty())
    }
}

impl Crypto for Proxy {
    fn verify_signature(&self, hash: Hash, key: &[u8], signature: &[u8], text: &[u8]) -> Option<bool> {
        let hash: &[u8] = match hash {
            Hash::Sha256 => b"sha256",
            Hash::Sha384 => b"sha384",
            Hash::Sha512 => b"sha512",
        };
        let arguments = protobuf::message(&[(1, hash), (2, key), (3, signature), (4, text)]);
        let answer = abi::foreign_function("verify_signature", &arguments)?;
        // A `bool` that is false is left out; what cannot be read is no consent.
        Some(protobuf::flag(&answer, 1) == Some(true))
    }
}

impl Host for Proxy {
    fn wall_clock(&self) -> u64 {
        abi::wall_clock()
    }

    fn monotonic_clock(&self) -> u64 {
        abi::monotonic_clock()
    }

    fn random(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        if !abi::random(&mut bytes) {
            // The id must tell denials apart; nothing depends on nobody guessing it.
            let (wall, mono) = (self.wall_clock(), self.monotonic_clock());
            for (byte, mixed) in bytes.iter_mut().zip(wall.to_be_bytes().into_iter().chain(mono.to_le_bytes())) {
                *byte = mixed;
            }
        }
        bytes
    }

    fn focus(&self, exchange: Option<ExchangeId>) -> bool {
        abi::set_effective_context(exchange.map_or(self.root, |id| id.0))
    }

    fn head(&self, side: Side) -> Head {
        abi::header_pairs(map(side)).and_then(Head::from_abi).unwrap_or_default()
    }

    fn header(&self, side: Side, name: &str) -> Option<Vec<u8>> {
        abi::header(map(side), name)
    }

    fn edit(&self, side: Side, edit: &Edit) {
        match edit {
            Edit::Remove(name) => abi::remove_header(map(side), name),
            Edit::Set(name, value) => set(map(side), name, value),
            Edit::Add(name, value) => {
                abi::add_header(map(side), name, value);
            }
            Edit::SetBesideReason(name, value) => {
                if abi::header(map(side), REASON_HEADER).is_some() {
                    set(map(side), name, value);
                } else {
                    abi::remove_header(map(side), name);
                }
            }
            Edit::Default(name, value) => {
                if abi::header(map(side), name).is_none() {
                    abi::add_header(map(side), name, value);
                }
            }
        }
    }

    fn body(&self, side: Side, limit: usize) -> Option<Vec<u8>> {
        let buffer = match side {
            Side::Request => Buffer::RequestBody,
            Side::Response => Buffer::ResponseBody,
        };
        abi::buffer(buffer, limit)
    }

    fn trailers(&self, side: Side) -> Head {
        let map = match side {
            Side::Request => Map::RequestTrailers,
            Side::Response => Map::ResponseTrailers,
        };
        abi::header_pairs(map).and_then(Head::from_abi).unwrap_or_default()
    }

    fn reply(&self, response: &Rendered) -> bool {
        let grpc_status = response.grpc_status.and_then(|status| i32::try_from(status).ok()).unwrap_or(-1);
        abi::send_response(response.status, &response.details, &response.headers, &response.body, grpc_status)
    }

    fn reset(&self) {
        abi::close_stream(Stream::Request);
        abi::close_stream(Stream::Response);
    }

    fn resume(&self, side: Side) {
        abi::continue_stream(match side {
            Side::Request => Stream::Request,
            Side::Response => Stream::Response,
        });
    }

    fn leave(&self, name: &str, value: &str) {
        // One segment: Envoy's access log cannot print a name that has several.
        // A host without filter state has its log lines and metrics left.
        let _ = abi::set_property(name.as_bytes(), value.as_bytes());
    }

    fn declare(&self, name: &str) -> bool {
        // `DeclarePropertyArguments` of Envoy: the name; then read-only, a text, and for as long as the client's request lasts.
        let mut arguments = protobuf::message(&[(1, name.as_bytes())]);
        protobuf::numbers(&[(2, 1), (3, 1), (5, 1)], &mut arguments);
        abi::foreign_function("declare_property", &arguments).is_some()
    }

    fn hand_over(&self, name: &str, value: &str) -> bool {
        abi::set_property(name.as_bytes(), value.as_bytes())
    }

    fn define(&self, kind: Kind, name: &str) -> Option<MetricId> {
        let kind = match kind {
            Kind::Counter => 0,
            Kind::Gauge => 1,
            Kind::Histogram => 2,
        };
        abi::define_metric(kind, name).map(MetricId)
    }

    fn record(&self, kind: Kind, metric: MetricId, value: u64) {
        match kind {
            Kind::Counter => abi::increment_metric(metric.0, value),
            Kind::Gauge | Kind::Histogram => abi::record_metric(metric.0, value),
        }
    }

    fn log(&self, level: Level, line: &str) {
        let level = match level {
            Level::Info => 2,
            Level::Warn => 3,
            Level::Error => 4,
        };
        abi::log(level, line);
    }

    fn call(&self, call: &Call) -> Option<u32> {
        let timeout = u32::try_from(call.timeout.as_millis()).unwrap_or(u32::MAX).max(1);
        abi::http_call(&call.cluster, &call.headers, &call.body, timeout)
    }

    fn tick_every(&self, milliseconds: u32) {
        abi::set_tick_period(milliseconds);
    }
}

fn set(map: Map, name: &str, value: &[u8]) {
    // Some hosts cannot replace a header that is not there.
    if !abi::set_header(map, name, value) {
        abi::remove_header(map, name);
        abi::add_header(map, name, value);
    }
}

fn map(side: Side) -> Map {
    match side {
        Side::Request => Map::Request,
        Side::Response => Map::Response,
    }
}
