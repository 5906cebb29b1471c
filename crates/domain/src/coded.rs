//! Closed lists of the trade: each item has a permanent one-byte code and a permanent lower-case name.
//!
//! Invariant: code and name never change and are never reused; new items get new codes. The code stands in signed bytes,
//! the name in JSON, CSV and reports.

/// Declares a closed list with codes and names, and everything that follows from them.
macro_rules! coded_enum {
    ($(#[$meta:meta])* $name:ident, $what:literal { $(
        $(#[$item_meta:meta])* $item:ident = $code:literal $text:literal
    ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$item_meta])* $item = $code),+ }

        impl $name {
            /// Every item, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$item),+];

            /// The permanent one-byte code in signed bytes.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The permanent name in JSON, CSV and reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$item => $text),+ }
            }

            /// The item with this code.
            pub fn from_code(code: u8) -> Result<Self, $crate::form::FormError> {
                match code {
                    $($code => Ok(Self::$item),)+
                    found => Err($crate::form::FormError::UnknownCode { what: $what, found }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::form::FormError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$item),)+
                    found => Err($crate::form::FormError::UnknownName {
                        what: $what,
                        found: found.chars().take(40).collect(),
                        allowed: [$($text),+].join(", "),
                    }),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        $crate::coded::deserialize_from_str!($name);

        impl bincode::Encode for $name {
            fn encode<E: bincode::enc::Encoder>(
                &self,
                encoder: &mut E,
            ) -> Result<(), bincode::error::EncodeError> {
                self.code().encode(encoder)
            }
        }

        impl<C> bincode::Decode<C> for $name {
            fn decode<D: bincode::de::Decoder<Context = C>>(
                decoder: &mut D,
            ) -> Result<Self, bincode::error::DecodeError> {
                let code = <u8 as bincode::Decode<C>>::decode(decoder)?;
                Self::from_code(code).map_err(|form| $crate::codec::refuse(&form))
            }
        }

        bincode::impl_borrow_decode!($name);
    };
}

/// Reads a type from JSON through its `FromStr`, the one door in.
macro_rules! deserialize_from_str {
    ($name:ty) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text =
                    <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Writes a type to JSON as its `Display`.
macro_rules! serialize_display {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

pub(crate) use {coded_enum, deserialize_from_str, serialize_display};
