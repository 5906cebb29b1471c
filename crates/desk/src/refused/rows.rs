//! How a list of refusals is written down: each one row of kind, code, fields, words and what to do next.
//!
//! Invariant: a code stands in one row. Knows no refusal.

/// Whose move it is after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// What was typed can't be meant, or names nothing that is known: ask otherwise.
    Slip,
    /// A rule stands against it, or something has to be put right first.
    Rule,
    /// The machine, a disk or a network failed.
    Fault,
}

macro_rules! kind {
    (slip) => {
        RefusalKind::Slip
    };
    (rule) => {
        RefusalKind::Rule
    };
    (fault) => {
        RefusalKind::Fault
    };
}

macro_rules! refusals {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($kind:ident $code:literal $variant:ident $({ $($field:ident: $type:ty),* $(,)? })?
            $text:literal $(help $help:literal)?;)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub enum $name { $($variant $({ $($field: $type),* })?),+ }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { $(Self::$variant $({ $($field),* })? => {
                    // A field may be for the help alone.
                    $($(let _ = $field;)*)?
                    write!(f, $text)
                })+ }
            }
        }

        impl std::error::Error for $name {}

        impl $name {
            /// Every code and its kind.
            pub const CODES: &'static [(&'static str, RefusalKind)] = &[$(($code, kind!($kind))),+];

            /// Its permanent name.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code),+ }
            }

            /// Whose move it is.
            pub const fn kind(&self) -> RefusalKind {
                match self { $(Self::$variant { .. } => kind!($kind)),+ }
            }

            /// What to do next.
            pub fn help(&self) -> Option<String> {
                match self { $(Self::$variant $({ $($field),* })? => {
                    $($(let _ = $field;)*)?
                    let help: Option<String> = None$(.or_else(|| Some(format!($help))))?;
                    help.filter(|help| !help.is_empty())
                })+ }
            }
        }
    };
}

pub(super) use {kind, refusals};
