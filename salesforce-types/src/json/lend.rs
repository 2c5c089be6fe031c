//! A text that is lent to a reader of its own, such as that of a [`Record`](crate::Record), and given back read.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, VariantAccess, Visitor};

use super::{Scanner, Unreadable};

type Result<T> = std::result::Result<T, Unreadable>;

/// Lends the text from the next value on.
pub(super) fn lend<'de, V: Visitor<'de>>(scanner: &mut Scanner<'de>, visitor: V) -> Result<V::Value> {
    scanner.peek();
    let mut read = false;
    match visitor.visit_enum(Lent { scanner: &mut *scanner, read: &mut read }) {
        Ok(value) if read => Ok(value),
        _ => scanner.broken(),
    }
}

/// It passes for the variant of an enum, since of all that serde knows only those are told a number: the length of the
/// tuple that is asked for is the number of bytes that were read.
struct Lent<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    read: &'s mut bool,
}

impl<'de> EnumAccess<'de> for Lent<'_, 'de> {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let text = self.scanner.text().get(self.scanner.place()..).ok_or(Unreadable)?;
        Ok((seed.deserialize(BorrowedStrDeserializer::new(text))?, self))
    }
}

impl<'de> VariantAccess<'de> for Lent<'_, 'de> {
    type Error = Unreadable;

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value> {
        let end = self.scanner.at.saturating_add(length);
        if length == 0 || !self.scanner.text().is_char_boundary(end) {
            return self.scanner.broken();
        }
        self.scanner.at = end;
        *self.read = true;
        visitor.visit_unit()
    }

    fn unit_variant(self) -> Result<()> {
        self.scanner.broken()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value> {
        self.scanner.broken()
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value> {
        self.scanner.broken()
    }
}
