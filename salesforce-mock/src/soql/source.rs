//! The text of a query, and the places that error texts point to.

use salesforce_soql::{ParseError, ParseErrorKind};

use crate::rules::Refusal;

/// How much of a line stands before the place an error text points to.
const BEFORE: usize = 34;

/// How much of it stands from that place on.
const AFTER: usize = 40;

/// What error texts add about a name that is not known.
const SUFFIX_HINT: &str =
    "after the entity name. Please reference your WSDL or the describe call for the appropriate names.";

/// A query as it was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'q>(pub(crate) &'q str);

impl<'q> Source<'q> {
    /// The refusal of a text that is no query.
    pub(crate) fn malformed(self, error: &ParseError) -> Refusal {
        if error.kind() == ParseErrorKind::TooLong {
            return Refusal::new("MALFORMED_QUERY", "SOQL statements can not be longer than 100000 characters");
        }
        let found = match error.found() {
            "" => "<EOF>",
            found => found,
        };
        self.at(error.span().start, "MALFORMED_QUERY", &format!("unexpected token: '{found}'"))
    }

    /// A refusal that points to the first place where a name or a path stands; the text begins at the statement's
    /// first line when the name cannot be found, as in a name that `FIELDS()` stands for.
    pub(super) fn near(self, name: &str, code: &'static str, message: &str) -> Refusal {
        self.at(self.find(name, 0).unwrap_or(0), code, message)
    }

    /// An object that the org does not have.
    pub(super) fn unknown_object(self, name: &str) -> Refusal {
        let place = self.find("from", 0).and_then(|from| self.find(name, from + 4)).or_else(|| self.find(name, 0));
        self.at(
            place.unwrap_or(0),
            "INVALID_TYPE",
            &format!(
                "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append \
                 the '__c' {SUFFIX_HINT}"
            ),
        )
    }

    /// A field that an object does not have.
    pub(super) fn unknown_field(self, path: &str, field: &str, object: &str) -> Refusal {
        self.near(
            path,
            "INVALID_FIELD",
            &format!(
                "No such column '{field}' on entity '{object}'. If you are attempting to use a custom field, be sure to \
                 append the '__c' after the custom field name. Please reference your WSDL or the describe call for the \
                 appropriate names."
            ),
        )
    }

    /// A parent that an object does not have.
    pub(super) fn unknown_parent(self, path: &str, relationship: &str) -> Refusal {
        self.near(
            path,
            "INVALID_FIELD",
            &format!(
                "Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom \
                 relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL \
                 or the describe call for the appropriate names."
            ),
        )
    }

    /// Children that an object does not have.
    pub(super) fn unknown_children(self, relationship: &str) -> Refusal {
        self.near(
            relationship,
            "INVALID_TYPE",
            &format!(
                "Didn't understand relationship '{relationship}' in FROM part of query call. If you are \
                 attempting to use a custom relationship, be sure to append the '__r' after the custom relationship \
                 name. Please reference your WSDL or the describe call for the appropriate names."
            ),
        )
    }

    /// The text of an error that points to a place: a piece of the line, a caret, row and column, and what is wrong.
    pub(crate) fn at(self, place: usize, code: &'static str, message: &str) -> Refusal {
        let before = self.0.get(..place).unwrap_or_default();
        let row = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.get(line_start..).unwrap_or_default();
        let column = line.chars().count() + 1;
        // The piece begins with a whole word.
        let cut = line.char_indices().rev().nth(BEFORE).map_or(0, |(at, letter)| {
            let rest = line.get(at + letter.len_utf8()..).unwrap_or_default();
            let word = rest.find([' ', ',', '(']).map_or(0, |gap| gap + 1);
            at + letter.len_utf8() + word
        });
        let shown_before = line.get(cut..).unwrap_or_default();
        let rest = self.0.get(place..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let end = rest.char_indices().nth(AFTER).map_or(rest.len(), |(at, _)| at);
        let shown_after = rest.get(..end).unwrap_or_default();
        let blanks = " ".repeat(shown_before.chars().count());
        Refusal::new(
            code,
            format!("\n{shown_before}{shown_after}\n{blanks}^\nERROR at Row:{row}:Column:{column}\n{message}"),
        )
    }

    /// Where a name or a dotted path stands as a whole word, in any case.
    fn find(self, name: &str, from: usize) -> Option<usize> {
        let text = self.0.as_bytes();
        let word =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        let length = name.len();
        (from..=text.len().checked_sub(length)?).find(|&at| {
            text.get(at..at + length).is_some_and(|part| part.eq_ignore_ascii_case(name.as_bytes()))
                && !word(at.checked_sub(1).and_then(|before| text.get(before)))
                && !word(text.get(at + length))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_points_as_the_recorded_ones_do() {
        let refusal = Source("select count() from XYZZY").unknown_object("XYZZY");
        assert_eq!(
            refusal.message,
            "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\nsObject type 'XYZZY' is not \
             supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. \
             Please reference your WSDL or the describe call for the appropriate names."
        );
        let refusal = Source("SELECT Id,Name,BillingCity,IsDeleted FROM Accout").unknown_object("Accout");
        assert!(
            refusal.message.starts_with(
                "\nName,BillingCity,IsDeleted FROM Accout\n                                ^\nERROR at Row:1:Column:43\n\
                 sObject type 'Accout'"
            ),
            "{}",
            refusal.message
        );
        assert_eq!(refusal.code, "INVALID_TYPE");
    }

    #[test]
    fn a_field_is_found_as_a_whole_word() {
        let refusal = Source("SELECT Id, Names, Nam FROM Account").unknown_field("Nam", "Nam", "Account");
        assert!(refusal.message.starts_with("\nSELECT Id, Names, Nam FROM Account\n                  ^\nERROR at Row:1:Column:19\nNo such column 'Nam' on entity 'Account'. "));
    }

    #[test]
    fn the_end_of_the_text_and_other_lines_can_be_pointed_to() {
        let text = "SELECT Id\nFROM Account WHERE";
        let refusal = Source(text).malformed(&salesforce_soql::parse_strict(text).unwrap_err());
        assert_eq!(
            refusal.message,
            "\nFROM Account WHERE\n                  ^\nERROR at Row:2:Column:19\nunexpected token: '<EOF>'"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}", name in "\\PC{0,5}", place in 0usize..100) {
            let _ = (Source(&text).near(&name, "X", ""), Source(&text).at(place, "X", ""), Source(&text).unknown_object(&name));
        }
    }
}
