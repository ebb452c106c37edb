//! Enumerations of the wire's words.

/// An enum whose variants are words of the API, and one for a word that the reference does not know, which is kept: a
/// value that was read can be written back unchanged.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal $(| $alias:literal)*,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A word that the reference does not know, as it came.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_wire(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }

            /// From the word on the wire, in any case.
            pub fn from_wire(word: &str) -> Self {
                match word.to_ascii_uppercase().as_str() {
                    $($word $(| $alias)* => Self::$variant,)+
                    _ => Self::Other(word.to_owned()),
                }
            }
        }
    };
}

pub(super) use words;
