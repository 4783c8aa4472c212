//! The configuration as it came: strict JSON, its hash, and where in it one stands.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::problems::{Place, Problems};
use crate::shape;

/// A configuration, or a part of one.
#[derive(Clone, Debug)]
pub struct Document {
    value: Value,
    place: Place,
    hash: String,
}

impl Document {
    /// Reads JSON. A name that occurs twice in one object is a problem: readers differ in which one they take.
    pub fn parse(bytes: &[u8], problems: &mut Problems) -> Option<Self> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            problems.add(
                &Place::root(),
                "the configuration is empty; write a JSON object with at least `default` and `rules`",
            );
            return None;
        }
        match serde_json::from_slice::<Strict>(bytes) {
            Ok(Strict(value)) => Some(Self { value, place: Place::root(), hash: hash(bytes) }),
            Err(error) => {
                problems.add(&Place::root(), format!("this is not valid JSON: {error}"));
                None
            }
        }
    }

    /// The first twelve hexadecimal digits of the SHA-256 of the bytes that the proxy handed over.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Where in the whole configuration this part stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The member of that name, as a configuration of its own.
    pub fn member(&self, name: &str, problems: &mut Problems) -> Option<Self> {
        match self.value.get(name) {
            Some(value) => {
                Some(Self { value: value.clone(), place: self.place.key(name), hash: self.hash.clone() })
            }
            None => {
                problems.add(&self.place, format!("`{name}` is missing; add it"));
                None
            }
        }
    }

    /// Whether the whole filter is in shadow mode.
    pub(crate) fn is_shadow(&self) -> bool {
        self.value.get("mode").and_then(Value::as_str) == Some("shadow")
    }

    /// The members of the object that this is.
    pub(crate) fn object(&self, problems: &mut Problems) -> Option<Map<String, Value>> {
        match &self.value {
            Value::Object(members) => Some(members.clone()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                problems.add(&self.place, "the configuration is not a JSON object; write `{ … }`");
                None
            }
        }
    }

    /// Reads the whole as `T`, every problem of shape told.
    pub fn read<T: DeserializeOwned>(&self, problems: &mut Problems) -> Option<T> {
        shape::read(self.value.clone(), &self.place, &[], problems)
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// JSON in which no object has a name twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // A `Struct` of protobuf has no integers: Envoy hands 5 over as 5.0.
        if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
            #[expect(clippy::cast_possible_truncation, reason = "the value is whole and within 2^53")]
            return Ok(Value::from(value as i64));
        }
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Strict(value))) = map.next_entry::<String, Strict>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` occurs twice in one object; keep one")));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}
