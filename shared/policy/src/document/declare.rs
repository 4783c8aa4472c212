//! Declares the types that a configuration is written in: each once, with what the operator is told about it.

/// Declares an object of a configuration. A member with a default may be left out; every other one must be there.
///
/// The comments are what the reference says of the object and its members. `: Default` behind the name, where every member has a
/// default, makes them the type's `Default` too. `#[min_items(1)]` goes to the JSON Schema: whoever uses the list checks it.
///
/// ```
/// verdict_policy::object! {
///     /// A place to sit.
///     #[derive(Debug, PartialEq)]
///     pub struct Chair {
///         /// How many legs it has.
///         legs: u32 = 4,
///         /// What it is made of.
///         material: String,
///         /// Who sits there.
///         person: Option<String> = None,
///     }
/// }
/// # use verdict_policy::{document::Document, problems::Problems};
/// let mut problems = Problems::new();
/// let document = Document::parse(br#"{"material": "oak"}"#, &mut problems);
/// let chair = document.and_then(|document| document.read(&mut problems));
/// assert_eq!(chair, Some(Chair { legs: 4, material: "oak".to_owned(), person: None }));
/// ```
#[macro_export]
macro_rules! object {
    (
        $(#[doc = $docs:literal])*
        $(#[derive($($derive:ident),*)])?
        $vis:vis struct $name:ident $(: $default_trait:ident)? {
            $(
                $(#[doc = $member_docs:literal])*
                $(#[min_items($min:literal)])?
                $member_vis:vis $member:ident: $type:ty $(= $default:expr)?
            ),*
            $(,)?
        }
    ) => {
        $(#[doc = $docs])*
        $(#[derive($($derive),*)])?
        $vis struct $name {
            $($(#[doc = $member_docs])* $member_vis $member: $type,)*
        }

        impl $crate::document::Fields for $name {
            fn fields(members: &mut $crate::document::Members<'_, '_>) -> ::std::option::Option<Self> {
                let _ = &members;
                // All of them, for all their problems.
                $(let $member = $crate::object!(@read members $member: $type $(= $default)?);)*
                ::std::option::Option::Some(Self { $($member: $member?,)* })
            }
        }

        impl $crate::document::Read for $name {
            fn read(
                value: &$crate::json::Json,
                place: &$crate::problems::Place,
                problems: &mut $crate::problems::Problems,
            ) -> ::std::option::Option<Self> {
                $crate::document::whole(value, place, problems)
            }
        }

        $crate::object!(@default $name [$($default_trait)?] $($member $(= $default)?;)*);

        $crate::with_schema! {
            impl $crate::document::schema::JsonSchema for $name {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    ::std::stringify!($name).into()
                }

                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    ::std::concat!(::std::module_path!(), "::", ::std::stringify!($name)).into()
                }

                fn json_schema(
                    generator: &mut $crate::document::schema::SchemaGenerator,
                ) -> $crate::document::schema::Schema {
                    $crate::document::schema::object(&[$($docs),*], ::std::vec![
                        $($crate::document::schema::Member {
                            name: $crate::document::plain(::std::stringify!($member)),
                            docs: ::std::vec![$($member_docs),*],
                            schema: <$type as $crate::document::schema::Described>::describe(generator),
                            default: $crate::object!(@shown $type $(= $default)?),
                            min_items: [$($min)?].first().copied(),
                        },)*
                    ])
                }
            }

            impl $crate::document::schema::Described for $name {
                fn describe(
                    generator: &mut $crate::document::schema::SchemaGenerator,
                ) -> $crate::document::schema::Schema {
                    generator.subschema_for::<Self>()
                }

                fn shown(&self) -> ::std::option::Option<$crate::document::schema::Value> {
                    ::std::option::Option::None
                }
            }
        }
    };

    (@read $members:ident $member:ident: $type:ty) => {
        $members.required::<$type>(const { $crate::document::plain(::std::stringify!($member)) })
    };
    (@read $members:ident $member:ident: $type:ty = $default:expr) => {
        $members.optional::<$type>(const { $crate::document::plain(::std::stringify!($member)) }, || $default)
    };

    (@default $name:ident [] $($rest:tt)*) => {};
    (@default $name:ident [Default] $($member:ident = $default:expr;)*) => {
        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self { $($member: $default,)* }
            }
        }
    };

    (@shown $type:ty) => {
        $crate::document::schema::Presence::Required
    };
    (@shown $type:ty = $default:expr) => {{
        let default: $type = $default;
        $crate::document::schema::Presence::Default($crate::document::schema::Described::shown(&default))
    }};
}

/// Declares a choice between words: each variant with the word that stands for it.
///
/// ```
/// verdict_policy::words! {
///     /// How something looks.
///     pub enum Colour {
///         /// Like blood.
///         Red = "red",
///         /// Like the sky.
///         SkyBlue = "sky_blue",
///     }
/// }
/// assert_eq!(Colour::SkyBlue.name(), "sky_blue");
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[doc = $docs:literal])*
        $vis:vis enum $name:ident {
            $(
                $(#[doc = $word_docs:literal])*
                $variant:ident = $word:literal
            ),*
            $(,)?
        }
    ) => {
        $(#[doc = $docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name {
            $($(#[doc = $word_docs])* $variant,)*
        }

        impl $name {
            /// As it is written.
            $vis const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl $crate::document::Read for $name {
            fn read(
                value: &$crate::json::Json,
                place: &$crate::problems::Place,
                problems: &mut $crate::problems::Problems,
            ) -> ::std::option::Option<Self> {
                let found = $crate::document::word(value, &[$($word),*], place, problems)?;
                [$(Self::$variant),*].get(found).copied()
            }
        }

        $crate::with_schema! {
            impl $crate::document::schema::JsonSchema for $name {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    ::std::stringify!($name).into()
                }

                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    ::std::concat!(::std::module_path!(), "::", ::std::stringify!($name)).into()
                }

                fn json_schema(
                    _: &mut $crate::document::schema::SchemaGenerator,
                ) -> $crate::document::schema::Schema {
                    $crate::document::schema::words(&[$($docs),*], &[$(($word, &[$($word_docs),*])),*])
                }
            }

            impl $crate::document::schema::Described for $name {
                fn describe(
                    generator: &mut $crate::document::schema::SchemaGenerator,
                ) -> $crate::document::schema::Schema {
                    generator.subschema_for::<Self>()
                }

                fn shown(&self) -> ::std::option::Option<$crate::document::schema::Value> {
                    ::std::option::Option::Some(self.name().into())
                }
            }
        }
    };
}

/// Keeps what describes a type only where schemas are wanted: not in a module.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! with_schema {
    ($($items:item)*) => { $($items)* };
}

/// Keeps what describes a type only where schemas are wanted: not in a module.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! with_schema {
    ($($items:item)*) => {};
}

/// The name of a member as it is written: `match` for `r#match`.
#[doc(hidden)]
pub const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}
