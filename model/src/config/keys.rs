//! Declares tables and words of the configuration so that their documentation is there at run time: the reference page
//! and the published schema are made from the same lines that the parser obeys.

/// A key of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The name of the field; in the file `-` stands for `_`.
    field: &'static str,
    about: &'static str,
    pub form: Form,
    pub required: bool,
}

/// What may stand behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    /// A whole number from 0.
    Number,
    /// One of these.
    Word(&'static [Word]),
    List(&'static Form),
    Table(&'static [Key]),
}

/// One of the words that a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    pub name: &'static str,
    about: &'static str,
}

/// A type that a key can have.
pub trait Keyed {
    const FORM: Form;
    const REQUIRED: bool = true;
}

impl Key {
    /// As it is written in the file.
    pub fn name(&self) -> String {
        self.field.trim_start_matches("r#").replace('_', "-")
    }

    /// What it means, Markdown in one paragraph.
    pub fn about(&self) -> &'static str {
        self.about.trim()
    }

    pub(crate) const fn of(field: &'static str, about: &'static str, form: Form, required: bool) -> Self {
        Self { field, about, form, required }
    }
}

impl Word {
    /// What it means, Markdown in one paragraph.
    pub fn about(&self) -> &'static str {
        self.about.trim()
    }

    pub(crate) const fn of(name: &'static str, about: &'static str) -> Self {
        Self { name, about }
    }
}

impl Keyed for String {
    const FORM: Form = Form::Text;
}

impl Keyed for u32 {
    const FORM: Form = Form::Number;
}

impl<T: Keyed> Keyed for Vec<T> {
    const FORM: Form = Form::List(&T::FORM);
}

impl<T: Keyed> Keyed for Option<T> {
    const FORM: Form = T::FORM;
    const REQUIRED: bool = false;
}

/// A table: the struct that serde fills, with its keys. A field with an attribute of serde may be absent.
macro_rules! keyed {
    (
        $(#[doc = $about:literal])* $(#[derive($($derived:ident),*)])?
        pub struct $name:ident {
            $( $(#[doc = $doc:literal])+ $(#[serde($serde:ident)])? $field:ident : $form:ty, )+
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        $(#[derive($($derived),*)])?
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $doc])+ $(#[serde($serde)])? pub $field: $form, )+
        }

        impl $name {
            /// Every key, in the order of the reference page.
            pub const KEYS: &'static [$crate::Key] = &[
                $( $crate::Key::of(
                    stringify!($field),
                    concat!($($doc),+),
                    <$form as $crate::Keyed>::FORM,
                    <$form as $crate::Keyed>::REQUIRED $( && stringify!($serde).is_empty() )?,
                ), )+
            ];
        }

        impl $crate::Keyed for $name {
            const FORM: $crate::Form = $crate::Form::Table(Self::KEYS);
        }
    };
}

/// Words: the enumeration that serde fills, with what each means.
macro_rules! words {
    (
        $(#[doc = $about:literal])*
        pub enum $name:ident { $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $( $(#[doc = $doc])+ #[serde(rename = $word)] $variant, )+
        }

        impl $name {
            /// As it is written in the file.
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl $crate::Keyed for $name {
            const FORM: $crate::Form = $crate::Form::Word(&[
                $( $crate::Word::of($word, concat!($($doc),+)), )+
            ]);
        }
    };
}

pub(crate) use {keyed, words};
