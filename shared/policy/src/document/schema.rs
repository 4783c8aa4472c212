//! The JSON Schema of what can be read, from the same declarations.

pub use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
pub use serde_json::Value;

use super::Named;

/// A type that tells what it reads.
pub trait Described {
    /// What a value of it looks like.
    fn describe(generator: &mut SchemaGenerator) -> Schema;

    /// How this value is written as the default of a member. `None` where the reference tells it in another way.
    fn shown(&self) -> Option<Value>;
}

/// A member of an object.
#[derive(Debug)]
pub struct Member {
    /// As it is written.
    pub name: &'static str,
    /// The comment, line by line.
    pub docs: Vec<&'static str>,
    /// What its value looks like.
    pub schema: Schema,
    /// Whether it may be left out.
    pub default: Presence,
    /// How many elements it must have.
    pub min_items: Option<u32>,
}

/// Whether a member may be left out.
#[derive(Debug)]
pub enum Presence {
    /// It must be there.
    Required,
    /// If it is not there, it is as if this were.
    Default(Option<Value>),
}

/// An object that has these members and no others.
pub fn object(docs: &[&str], members: Vec<Member>) -> Schema {
    let mut properties = serde_json::Map::new();
    let mut required = Vec::new();
    for Member { name, docs, mut schema, default, min_items } in members {
        schema.insert("description".to_owned(), sentence(&docs).into());
        match default {
            Presence::Required => required.push(name),
            Presence::Default(None) => {}
            Presence::Default(Some(value)) => drop(schema.insert("default".to_owned(), value)),
        }
        if let Some(count) = min_items {
            schema.insert("minItems".to_owned(), count.into());
        }
        properties.insert(name.to_owned(), schema.to_value());
    }
    let mut schema = json_schema!({
        "description": sentence(docs),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

/// One of these words, each with its comment.
pub fn words(docs: &[&str], words: &[(&str, &[&str])]) -> Schema {
    let choices: Vec<Schema> = words
        .iter()
        .map(|(word, docs)| json_schema!({"description": sentence(docs), "type": "string", "const": word}))
        .collect();
    json_schema!({"description": sentence(docs), "oneOf": choices})
}

/// The lines of a comment as one.
fn sentence(docs: &[&str]) -> String {
    let lines: Vec<&str> = docs.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

impl Described for String {
    fn describe(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }

    fn shown(&self) -> Option<Value> {
        Some(self.as_str().into())
    }
}

impl Described for bool {
    fn describe(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "boolean"})
    }

    fn shown(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Described for u16 {
    fn describe(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "maximum": Self::MAX})
    }

    fn shown(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Described for u32 {
    fn describe(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "maximum": Self::MAX})
    }

    fn shown(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl<T: Described> Described for Option<T> {
    fn describe(generator: &mut SchemaGenerator) -> Schema {
        T::describe(generator)
    }

    fn shown(&self) -> Option<Value> {
        self.as_ref().and_then(T::shown)
    }
}

impl<T: Described> Described for Vec<T> {
    fn describe(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "array", "items": T::describe(generator)})
    }

    fn shown(&self) -> Option<Value> {
        None
    }
}

impl<T: Described> Described for Named<T> {
    fn describe(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "additionalProperties": T::describe(generator)})
    }

    fn shown(&self) -> Option<Value> {
        None
    }
}
