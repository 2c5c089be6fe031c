/// The form of an automatic number, such as `INV-{0000}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    before: String,
    digits: usize,
    after: String,
}

impl NumberFormat {
    /// Reads a display format; one without braces has the number appended. `{YYYY}` and the like are kept as they are.
    #[must_use]
    pub fn parse(format: &str) -> Self {
        let found = format.match_indices('{').find_map(|(start, _)| {
            let (inside, after) = format.get(start + 1..)?.split_once('}')?;
            (!inside.is_empty() && inside.bytes().all(|byte| byte == b'0')).then_some((start, inside.len(), after))
        });
        match found {
            Some((start, digits, after)) => {
                let before = format.get(..start).unwrap_or_default();
                Self { before: before.into(), digits: digits.min(18), after: after.into() }
            }
            None => Self { before: format.into(), digits: 1, after: String::new() },
        }
    }

    /// The text of a number.
    #[must_use]
    pub fn format(&self, number: u64) -> String {
        format!("{}{number:0width$}{}", self.before, self.after, width = self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_form_of_their_format() {
        assert_eq!(NumberFormat::parse("INV-{0000}").format(7), "INV-0007");
        assert_eq!(NumberFormat::parse("{YYYY}-{00}/x").format(123), "{YYYY}-123/x");
        assert_eq!(NumberFormat::parse("A-").format(5), "A-5");
        assert_eq!(NumberFormat::parse("{").format(5), "{5");
    }
}
