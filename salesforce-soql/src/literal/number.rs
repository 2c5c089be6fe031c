use std::fmt;
use std::str::FromStr;

use crate::ast::Name;

/// A number with the digits it was written with, so that none are lost.
///
/// ```
/// use salesforce_soql::ast::Number;
///
/// let number: Number = "12345678901234567890.10".parse().unwrap();
/// assert_eq!(number.to_string(), "12345678901234567890.10");
/// assert_eq!(Number::from(-3).as_i64(), Some(-3));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

/// What follows the digits that a text starts with.
fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

/// What follows the number that a text starts with.
fn after_number(text: &str) -> Option<&str> {
    let rest = digits(text.strip_prefix(['+', '-']).unwrap_or(text))?;
    let rest = rest.strip_prefix('.').map_or(Some(rest), digits)?;
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => Some(rest),
    }
}

fn is_number(text: &str) -> bool {
    after_number(text) == Some("")
}

impl Number {
    /// A finite number; `None` for what has no literal: not a number, and the infinities.
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        let size = number.abs();
        let plain = size == 0.0 || (1e-6..1e18).contains(&size);
        let text = if plain { number.to_string() } else { format!("{number:e}") };
        number.is_finite().then(|| Self(text.into()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As an integer, if it is written as one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The nearest float.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.0.parse().expect("the syntax was checked, and Rust reads all of it")
    }
}

impl FromStr for Number {
    type Err = std::num::ParseFloatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What Rust reads and SOQL does not (`inf`, `.5`) gets the error of a text that nobody reads.
        if is_number(text) { Ok(Self(text.into())) } else { Err("?".parse::<f64>().expect_err("no digits")) }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({self})")
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {
        $(impl From<$integer> for Number {
            fn from(number: $integer) -> Self {
                Self(number.to_string().into())
            }
        })*
    };
}

from_integers!(i8 i16 i32 i64 u8 u16 u32 u64 usize isize);

/// An amount in a currency, `USD5000.50`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    currency: Name,
    amount: Number,
}

impl Money {
    /// The ISO code as it was written.
    #[must_use]
    pub fn currency(&self) -> &str {
        self.currency.as_str()
    }

    /// The amount, without a sign.
    #[must_use]
    pub fn amount(&self) -> &Number {
        &self.amount
    }

    /// Reads `USD5000.50`: three letters, digits, perhaps a fraction.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (currency, amount) = text.split_at_checked(3)?;
        let plain = amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let letters = currency.bytes().all(|byte| byte.is_ascii_alphabetic());
        (plain && letters).then(|| Some(Self { currency: currency.parse().ok()?, amount: amount.parse().ok()? }))?
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.currency, self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_numbers_of_the_grammar_are_numbers() {
        for good in ["0", "-1", "+1", "1.50", "1e5", "1.5E-10", "007"] {
            assert!(good.parse::<Number>().is_ok(), "{good}");
        }
        for bad in ["", "-", ".5", "5.", "1e", "inf", "NaN", "1,5", "0x1", "1_000", "--1", "1e5.5", " 1"] {
            assert!(bad.parse::<Number>().is_err(), "{bad}");
        }
    }

    #[test]
    fn floats_become_digits_that_give_the_same_float() {
        for float in [0.0, -0.0, 1.5, -1e-300, f64::MAX, f64::MIN_POSITIVE, 0.1, 1e18, 1e-6] {
            let number = Number::from_f64(float).unwrap();
            assert!(is_number(number.as_str()), "{number}");
            assert_eq!(number.as_f64().to_bits(), float.to_bits());
        }
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Number::from_f64), [None, None, None]);
    }

    #[test]
    fn money_is_three_letters_and_digits() {
        let money = Money::read("usd500.01").unwrap();
        assert_eq!((money.currency(), money.amount().as_str()), ("usd", "500.01"));
        for bad in ["USD", "US5", "USDX5", "USD-5", "USD5e3", "ÄUSD5", "U1D5", "USD5."] {
            assert!(Money::read(bad).is_none(), "{bad}");
        }
    }
}
