use super::{Scanner, Unreadable};

type Result<T> = std::result::Result<T, Unreadable>;

/// A number that needs no care: a whole one, or one that is rounded once.
pub(super) enum Short {
    Whole(u64),
    Negative(i64),
    Fraction(f64),
}

/// So many digits are exact in an `f64`, and so is the power of ten by which they are divided.
const DIGITS: usize = 15;

impl Scanner<'_> {
    /// The next number, if it is a short one without an exponent; otherwise it stays the next one.
    #[inline]
    pub(super) fn short_number(&mut self) -> Option<Short> {
        let bytes = self.text().as_bytes();
        let negative = self.peek()? == b'-';
        let start = self.at + usize::from(negative);
        let (mut at, mut point, mut digits) = (start, None, 0_u64);
        loop {
            match bytes.get(at) {
                Some(digit @ b'0'..=b'9') => digits = digits.wrapping_mul(10).wrapping_add((digit - b'0').into()),
                Some(b'.') if point.is_none() => point = Some(at),
                Some(b'.' | b'e' | b'E') => return None,
                _ => break,
            }
            at += 1;
        }
        let whole = point.unwrap_or(at) - start;
        let decimals = point.map(|point| at - point - 1);
        let leads = whole == 1 || whole > 1 && bytes.get(start) != Some(&b'0');
        if !leads || decimals == Some(0) || whole + decimals.unwrap_or(0) > DIGITS {
            return None;
        }
        let number = match (decimals, negative) {
            (Some(decimals), _) => {
                let size = digits as f64 / 10_u64.pow(decimals as u32) as f64;
                Short::Fraction(if negative { -size } else { size })
            }
            (None, false) => Short::Whole(digits),
            (None, true) if digits > 0 => Short::Negative(-(digits as i64)),
            (None, true) => return None,
        };
        self.at = at;
        Some(number)
    }

    /// Passes over a number.
    pub(super) fn number(&mut self) -> Result<()> {
        let bytes = self.text().as_bytes();
        let byte = |at: usize| bytes.get(at).copied();
        let digits = |mut at: usize| {
            let start = at;
            while byte(at).is_some_and(|byte| byte.is_ascii_digit()) {
                at += 1;
            }
            if at == start { Err(Unreadable) } else { Ok(at) }
        };
        let mut at = self.at + usize::from(byte(self.at) == Some(b'-'));
        at = if byte(at) == Some(b'0') { at + 1 } else { digits(at)? };
        if byte(at) == Some(b'.') {
            at = digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = byte(at) {
            at = digits(at + 1 + usize::from(matches!(byte(at + 1), Some(b'+' | b'-'))))?;
        }
        self.at = at;
        Ok(())
    }
}
