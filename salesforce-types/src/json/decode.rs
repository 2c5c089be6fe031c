//! What serde asks of a [`Scanner`]: plain values at once, the others by `serde_json` on the text of that value.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::layout::{Layout, Member, Members};
use super::lend::lend;
use super::number::Short;
use super::{Scanner, Unreadable};

type Result<T> = std::result::Result<T, Unreadable>;

impl<'de> Scanner<'de> {
    /// The next value by `serde_json`.
    fn general<T>(
        &mut self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'de>>) -> serde_json::Result<T>,
    ) -> Result<T> {
        let mut deserializer = serde_json::Deserializer::from_str(self.skip()?);
        match read(&mut deserializer) {
            Ok(value) if deserializer.end().is_ok() => Ok(value),
            _ => self.broken(),
        }
    }

    /// A list or an object: one level deeper, and read to its end.
    fn inside<T>(&mut self, open: u8, read: impl FnOnce(&mut Inside<'_, 'de>) -> Result<T>) -> Result<T> {
        self.eat(open)?;
        let Some(depth) = self.depth.checked_sub(1) else { return self.broken() };
        self.depth = depth;
        let layout = self.layout.take();
        let members = Members::new(layout.filter(|_| open == b'{'));
        let mut inside = Inside { scanner: self, members, first: true, layout, ended: false };
        // Who swallows the error would read on in the middle of the value.
        let Ok(value) = read(&mut inside) else { return inside.scanner.broken() };
        let ended = inside.ended
            || match open {
                b'{' => inside.members.next(inside.scanner)?.is_none(),
                _ => !inside.scanner.element(&mut inside.first)?,
            };
        self.depth += 1;
        if ended { Ok(value) } else { self.broken() }
    }
}

macro_rules! general {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value> {
            self.general(|deserializer| deserializer.$method($($argument,)* visitor))
        })*
    };
}

macro_rules! number {
    ($($method:ident)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.short_number() {
                Some(Short::Whole(number)) => visitor.visit_u64(number),
                Some(Short::Negative(number)) => visitor.visit_i64(number),
                Some(Short::Fraction(number)) => visitor.visit_f64(number),
                None => self.general(|deserializer| deserializer.$method(visitor)),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Scanner<'de> {
    type Error = Unreadable;

    number! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64
    }

    general! {
        deserialize_i128(); deserialize_u128(); deserialize_char(); deserialize_bytes(); deserialize_byte_buf();
        deserialize_unit(); deserialize_unit_struct(name: &'static str); deserialize_identifier();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            _ => self.general(|deserializer| deserializer.deserialize_any(visitor)),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b't') => self.word("true").and_then(|()| visitor.visit_bool(true)),
            _ => self.word("false").and_then(|()| visitor.visit_bool(false)),
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let quoted = self.quoted()?;
        match quoted.plain() {
            Some(text) => visitor.visit_borrowed_str(text),
            None => match quoted.decode() {
                Ok(text) => visitor.visit_string(text.into_owned()),
                Err(Unreadable) => self.broken(),
            },
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'n') => self.word("null").and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match name {
            crate::record::LEND_TEXT => lend(self, visitor),
            // A name like this is a private sign between a format and its own types, such as `RawValue`.
            _ if name.starts_with('$') => self.general(|json| json.deserialize_newtype_struct(name, visitor)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.peek() {
            Some(b'{') if !name.starts_with('$') => self.deserialize_map(visitor),
            _ => self.general(|deserializer| deserializer.deserialize_struct(name, fields, visitor)),
        }
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.inside(b'{', |inside| visitor.visit_map(inside))
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.inside(b'[', |inside| visitor.visit_seq(inside))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.skip()?;
        visitor.visit_unit()
    }
}

struct Inside<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    members: Members<'de>,
    /// Of a list: whether no element was read yet.
    first: bool,
    /// What the next value is thought to look like.
    layout: Option<&'de Layout>,
    ended: bool,
}

impl<'de> MapAccess<'de> for &mut Inside<'_, 'de> {
    type Error = Unreadable;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if self.ended {
            return Ok(None);
        }
        let Some(member) = self.members.next(self.scanner)? else {
            self.ended = true;
            return Ok(None);
        };
        self.layout = member.layout();
        let name = match member {
            Member::Known(known) => known.name(),
            Member::Other(name) => match name.plain() {
                Some(name) => name,
                None => return self.scanner.broken(),
            },
        };
        seed.deserialize(Name(name, self.scanner)).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        self.scanner.layout = self.layout;
        seed.deserialize(&mut *self.scanner)
    }
}

impl<'de> SeqAccess<'de> for &mut Inside<'_, 'de> {
    type Error = Unreadable;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.ended || !self.scanner.element(&mut self.first)? {
            self.ended = true;
            return Ok(None);
        }
        self.scanner.layout = self.layout;
        seed.deserialize(&mut *self.scanner).map(Some)
    }
}

macro_rules! general_name {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
            self.1.broken()
        })*
    };
}

/// The name of a member. Where it has to be a number or an enum, `serde_json` reads the row.
struct Name<'s, 'de>(&'de str, &'s mut Scanner<'de>);

impl<'de> Deserializer<'de> for Name<'_, 'de> {
    type Error = Unreadable;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name.starts_with('$') { self.1.broken() } else { visitor.visit_newtype_struct(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], _: V) -> Result<V::Value> {
        self.1.broken()
    }

    general_name! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf
    }

    forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
