//! `WHERE` and `HAVING`.

use super::{ParseError, Parser, Result};
use crate::ast::{Condition, Set, Text, Value};
use crate::token::Kind;

impl Parser<'_> {
    /// Conditions joined by `AND` and `OR`; `AND` binds tighter.
    pub(super) fn condition(&mut self) -> Result<Condition> {
        let mut all = Vec::new();
        let mut first_word = None;
        loop {
            let mut together = vec![self.negation()?];
            while self.is_word(0, "AND") {
                self.joining(&mut first_word)?;
                together.push(self.negation()?);
            }
            all.push(one_or(together, Condition::And));
            if !self.is_word(0, "OR") {
                return Ok(one_or(all, Condition::Or));
            }
            self.joining(&mut first_word)?;
        }
    }

    /// Consumes `AND` or `OR`; the server refuses the one after the other.
    fn joining(&mut self, first: &mut Option<String>) -> Result<()> {
        let token = self.advance();
        let word = self.source(token).to_ascii_uppercase();
        if self.strict && *first.get_or_insert_with(|| word.clone()) != word {
            let expected = "parentheses where AND and OR are mixed";
            return Err(ParseError::at(self.text, token.start..token.end, expected));
        }
        Ok(())
    }

    fn negation(&mut self) -> Result<Condition> {
        if self.eat_words(&["NOT"]) {
            return self.primary().map(Box::new).map(Condition::Not);
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Condition> {
        if self.kind() != Kind::Open {
            return self.comparison();
        }
        self.nested(|parser| {
            parser.advance();
            let condition = parser.condition()?;
            parser.expect(Kind::Close, "AND, OR or `)`")?;
            Ok(condition)
        })
    }

    fn comparison(&mut self) -> Result<Condition> {
        let left = self.operand()?;
        if let Kind::Op(op) = self.kind() {
            self.advance();
            return Ok(Condition::Compare { left, op, right: self.value()? });
        }
        if self.eat_words(&["LIKE"]) {
            return Ok(Condition::Like { left, pattern: self.string("a text in quotes after LIKE")? });
        }
        for (word, negated) in [("INCLUDES", false), ("EXCLUDES", true)] {
            if self.eat_words(&[word]) {
                if self.eat_bound_value() {
                    return Ok(Condition::Includes { left, negated, sets: vec![Text::default()] });
                }
                self.expect(Kind::Open, "`(`")?;
                let sets = self.list(|parser| parser.string("a text in quotes"))?;
                self.expect(Kind::Close, "`,` or `)`")?;
                return Ok(Condition::Includes { left, negated, sets });
            }
        }
        let negated = self.eat_words(&["NOT"]);
        if self.eat_words(&["IN"]) {
            return Ok(Condition::In { left, negated, set: self.set()? });
        }
        Err(self.unexpected(if negated { "IN" } else { "an operator such as =, <, LIKE, IN or INCLUDES" }))
    }

    fn set(&mut self) -> Result<Set> {
        if self.eat_bound_value() {
            return Ok(Set::Values(vec![Value::Null]));
        }
        self.expect(Kind::Open, "`(` and values or a query")?;
        let set = if self.is_word(0, "SELECT") {
            Set::Query(Box::new(self.nested(Self::semi_join)?))
        } else {
            Set::Values(self.list(Self::value)?)
        };
        self.expect(Kind::Close, "`,` or `)`")?;
        Ok(set)
    }
}

fn one_or(mut conditions: Vec<Condition>, several: fn(Vec<Condition>) -> Condition) -> Condition {
    match (conditions.pop(), conditions.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            conditions.extend(last);
            several(conditions)
        }
    }
}
