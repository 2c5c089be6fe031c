use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use salesforce_types::Timestamp;

/// The most digits after the point that are kept.
const MOST_SCALE: u8 = 18;

/// An exact decimal number of up to 18 digits, as Salesforce's number fields hold.
///
/// Kept without trailing zeros, so that equal numbers are equal values. Prints with at least one digit after the
/// point, as the server does: `12.0`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    unscaled: i64,
    scale: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { unscaled: 0, scale: 0 };

    /// `unscaled / 10^scale`, rounded to what fits; `None` when it is too large.
    #[must_use]
    pub fn new(mut unscaled: i128, mut scale: u32) -> Option<Self> {
        while scale > u32::from(MOST_SCALE) || (scale > 0 && i64::try_from(unscaled).is_err()) {
            unscaled = half_up(unscaled, 10);
            scale -= 1;
        }
        while scale > 0 && unscaled % 10 == 0 {
            unscaled /= 10;
            scale -= 1;
        }
        Some(Self { unscaled: i64::try_from(unscaled).ok()?, scale: u8::try_from(scale).ok()? })
    }

    /// The nearest number with so many digits after the point.
    #[must_use]
    pub fn round(self, scale: u32) -> Self {
        let drop = u32::from(self.scale).saturating_sub(scale);
        if drop == 0 {
            return self;
        }
        Self::new(half_up(i128::from(self.unscaled), 10_i128.pow(drop)), scale).unwrap_or(self)
    }

    /// How many digits stand before the point; 0 for a fraction.
    #[must_use]
    pub fn integer_digits(self) -> u32 {
        (self.unscaled.unsigned_abs() / 10_u64.pow(u32::from(self.scale))).checked_ilog10().map_or(0, |log| log + 1)
    }

    /// The number, if it is whole.
    #[must_use]
    pub fn as_whole(self) -> Option<i64> {
        (self.scale == 0).then_some(self.unscaled)
    }

    /// The nearest binary number.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(0.0)
    }

    /// The nearest decimal number; `None` for what is no number or too large.
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        number.to_string().parse().ok()
    }

    /// The sum, if it fits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::new(self.at_scale(scale).checked_add(other.at_scale(scale))?, u32::from(scale))
    }

    /// The difference, if it fits.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { unscaled: other.unscaled.checked_neg()?, scale: other.scale })
    }

    /// The product, if it fits.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let product = i128::from(self.unscaled).checked_mul(i128::from(other.unscaled))?;
        Self::new(product, u32::from(self.scale) + u32::from(other.scale))
    }

    /// The quotient to 18 digits or fewer; `None` for a division by zero.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let numerator = i128::from(self.unscaled).checked_mul(10_i128.pow(u32::from(MOST_SCALE)))?;
        let quotient = numerator.checked_div(i128::from(other.unscaled))?;
        let scale = i32::from(self.scale) + i32::from(MOST_SCALE) - i32::from(other.scale);
        Self::new(quotient, u32::try_from(scale).ok()?)
    }

    fn at_scale(self, scale: u8) -> i128 {
        i128::from(self.unscaled) * 10_i128.pow(u32::from(scale - self.scale))
    }
}

fn half_up(number: i128, divisor: i128) -> i128 {
    let half = if number < 0 { -divisor / 2 } else { divisor / 2 };
    (number + half) / divisor
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        self.at_scale(scale).cmp(&other.at_scale(scale))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self { unscaled: number, scale: 0 }
    }
}

/// The days between two moments, with their fraction.
impl Decimal {
    /// The days from `earlier` to `later`.
    #[must_use]
    pub fn days_between(earlier: Timestamp, later: Timestamp) -> Option<Self> {
        let millis = later.as_millis().checked_sub(earlier.as_millis())?;
        Self::from(millis).checked_div(Self::from(86_400_000))
    }
}

/// Text that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is no number of up to 18 digits")
    }
}

impl std::error::Error for NotANumber {}

impl FromStr for Decimal {
    type Err = NotANumber;

    /// Reads what JSON calls a number, with or without an exponent.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| NotANumber)?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(NotANumber);
        }
        let mut unscaled: i128 = 0;
        let mut dropped: i32 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return Err(NotANumber);
            }
            // 36 digits are more than any field holds; what follows cannot change the rounded number.
            if unscaled < 10_i128.pow(35) {
                unscaled = unscaled * 10 + i128::from(byte - b'0');
            } else {
                dropped = dropped.checked_add(1).ok_or(NotANumber)?;
            }
        }
        if negative {
            unscaled = -unscaled;
        }
        if unscaled == 0 {
            return Ok(Self::ZERO);
        }
        let scale = i64::try_from(fraction.len()).map_err(|_| NotANumber)? - i64::from(dropped) - i64::from(exponent);
        if scale >= 0 {
            // Beyond 60 digits after the point nothing is left of 36 digits.
            return Self::new(unscaled, u32::try_from(scale.min(60)).map_err(|_| NotANumber)?).ok_or(NotANumber);
        }
        let factor = u32::try_from(-scale).ok().and_then(|zeros| 10_i128.checked_pow(zeros)).ok_or(NotANumber)?;
        Self::new(unscaled.checked_mul(factor).ok_or(NotANumber)?, 0).ok_or(NotANumber)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}.0", self.unscaled);
        }
        let power = 10_u64.pow(u32::from(self.scale));
        let digits = self.unscaled.unsigned_abs();
        let sign = if self.unscaled < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:0width$}", digits / power, digits % power, width = usize::from(self.scale))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn digits_are_kept_and_printed() {
        for (text, printed) in [
            ("12", "12.0"),
            ("-0.50", "-0.5"),
            ("1.0E9", "1000000000.0"),
            ("25e-3", "0.025"),
            ("-71.11095", "-71.11095"),
            ("1234567890123456.78", "1234567890123456.78"),
            ("0.000", "0.0"),
            ("1e-40", "0.0"),
        ] {
            assert_eq!(number(text).to_string(), printed, "{text}");
        }
        for bad in ["", "-", ".", "1e", "12a", "1e99", "NaN", "1 2", "99999999999999999999"] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_compare_and_compute_exactly() {
        assert_eq!(number("1.10"), number("1.1"));
        assert!(number("-2") < number("-1.99") && number("10") > number("9.999"));
        assert_eq!(number("0.1").checked_add(number("0.2")), Some(number("0.3")));
        assert_eq!(number("2.5").checked_mul(number("-4")), Some(number("-10")));
        assert_eq!(number("1").checked_div(number("8")), Some(number("0.125")));
        assert_eq!(number("1").checked_div(Decimal::ZERO), None);
        assert_eq!(number("2.345").round(2), number("2.35"));
        assert_eq!(number("-2.345").round(2), number("-2.35"));
        assert_eq!((number("123.4").integer_digits(), number("0.5").integer_digits()), (3, 0));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9.eE]{0,60}") {
            if let Ok(number) = text.parse::<Decimal>() {
                proptest::prop_assert_eq!(number.to_string().parse::<Decimal>().unwrap(), number);
                let _ = (number.round(3), number.integer_digits(), number.checked_mul(number), number.checked_div(number));
            }
        }
    }
}
