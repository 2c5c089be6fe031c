//! Whole statements, and what follows the select list.

use super::{Parser, Result};
use crate::ast::{
    CategoryFilter, CategorySelector, ChildQuery, CompareOp, Condition, Direction, From, GroupBy, GroupKind, Joined,
    Name, Nulls, OrderItem, Query, SelectItem, SemiJoin, Tail, With,
};
use crate::token::Kind;

/// Words that are never an alias. `OFFSET` is one when no number follows.
const NO_ALIAS: &[&str] = &[
    "ALL", "AND", "ASC", "DESC", "EXCLUDES", "FIRST", "FOR", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LAST",
    "LIKE", "LIMIT", "NOT", "NULL", "NULLS", "OR", "ORDER", "SELECT", "UPDATE", "USING", "WHERE", "WITH",
];

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Result<Query> {
        self.expect_word("SELECT")?;
        let select = self.select_list(0)?;
        let from = self.from()?;
        let scope = if self.eat_words(&["USING"]) {
            self.expect_word("SCOPE")?;
            Some(self.name("the name of a scope, such as mine")?)
        } else {
            None
        };
        let filter = self.filter()?;
        let with = self.with()?;
        let group_by = self.group_by()?;
        let order_by = self.order_by()?;
        let limit = self.number_after("LIMIT")?;
        let offset = self.number_after("OFFSET")?;
        let tail = self.tail(true)?;
        if self.kind() != Kind::End {
            return Err(self.unexpected(if self.is_word(0, "HAVING") {
                "GROUP BY before HAVING"
            } else if self.is_word(0, "AND") || self.is_word(0, "OR") {
                "a condition only after WHERE or HAVING, with parentheses that match"
            } else {
                "the end of the query, or clauses in the order USING SCOPE, WHERE, WITH, GROUP BY, ORDER BY, LIMIT, \
                 OFFSET, FOR"
            }));
        }
        Ok(Query { select, from, scope, filter, with, group_by, order_by, limit, offset, tail })
    }

    /// What is between the parentheses of a child query.
    pub(super) fn child_query(&mut self, level: usize) -> Result<ChildQuery> {
        self.expect_word("SELECT")?;
        let select = self.select_list(level)?;
        self.expect_word("FROM")?;
        let first = self.object("a child relationship")?;
        Ok(ChildQuery {
            select,
            relationship: self.path_after(first)?,
            alias: self.alias()?,
            filter: self.filter()?,
            with: self.with()?,
            order_by: self.order_by()?,
            limit: self.number_after("LIMIT")?,
            offset: self.number_after("OFFSET")?,
            tail: self.tail(false)?,
        })
    }

    /// What is between the parentheses of `IN (SELECT …)`.
    pub(super) fn semi_join(&mut self) -> Result<SemiJoin> {
        self.expect_word("SELECT")?;
        let select = match self.type_of()? {
            Some(type_of) => SelectItem::TypeOf(type_of),
            None => SelectItem::Field { path: self.field_path()?, alias: None },
        };
        self.expect_word("FROM")?;
        Ok(SemiJoin {
            select,
            from: self.object("an object")?,
            alias: self.alias()?,
            filter: self.filter()?,
            order_by: self.order_by()?,
            limit: self.number_after("LIMIT")?,
        })
    }

    /// The name after `FROM`, which may be a keyword elsewhere: `Group`, `Order`, `Case`.
    fn object(&mut self, expected: &'static str) -> Result<Name> {
        if ["SELECT", "FROM", "WHERE"].iter().any(|word| self.is_word(0, word)) {
            return Err(self.unexpected(expected));
        }
        self.name(expected)
    }

    fn from(&mut self) -> Result<From> {
        if !self.eat_words(&["FROM"]) {
            return Err(self.unexpected("`,` or FROM"));
        }
        let object = self.object("an object")?;
        let alias = self.alias()?;
        let mut joined = Vec::new();
        while self.eat(Kind::Comma) {
            let first = self.object("a relationship")?;
            joined.push(Joined { path: self.path_after(first)?, alias: self.alias()? });
        }
        Ok(From { object, alias, joined })
    }

    pub(super) fn alias(&mut self) -> Result<Option<Name>> {
        if self.is_word(0, "AS") && self.is_alias(1) {
            self.advance();
        }
        if self.is_alias(0) { self.name("an alias").map(Some) } else { Ok(None) }
    }

    fn is_alias(&self, ahead: usize) -> bool {
        let Some(word) = self.word(ahead) else { return false };
        let offset = word.eq_ignore_ascii_case("OFFSET") && self.peek(ahead + 1).kind == Kind::Number;
        !offset && !NO_ALIAS.iter().any(|no| no.eq_ignore_ascii_case(word))
    }

    fn filter(&mut self) -> Result<Option<Condition>> {
        if self.eat_words(&["WHERE"]) { self.condition().map(Some) } else { Ok(None) }
    }

    fn group_by(&mut self) -> Result<Option<GroupBy>> {
        if !self.eat_words(&["GROUP"]) {
            return Ok(None);
        }
        self.expect_word("BY")?;
        let parenthesised = self.peek(1).kind == Kind::Open;
        let kind = match self.word(0) {
            Some(word) if parenthesised && word.eq_ignore_ascii_case("ROLLUP") => GroupKind::Rollup,
            Some(word) if parenthesised && word.eq_ignore_ascii_case("CUBE") => GroupKind::Cube,
            _ => GroupKind::Plain,
        };
        let items = if kind == GroupKind::Plain {
            self.list(Self::group_item)?
        } else {
            self.advance();
            self.advance();
            let items = self.list(Self::group_item)?;
            self.expect(Kind::Close, "`,` or `)`")?;
            items
        };
        let having = if self.eat_words(&["HAVING"]) { Some(self.condition()?) } else { None };
        Ok(Some(GroupBy { kind, items, having }))
    }

    fn order_by(&mut self) -> Result<Vec<OrderItem>> {
        if !self.eat_words(&["ORDER"]) {
            return Ok(Vec::new());
        }
        self.expect_word("BY")?;
        self.list(|parser| {
            let by = parser.operand()?;
            let direction = if parser.eat_words(&["DESC"]) {
                Direction::Descending
            } else {
                parser.eat_words(&["ASC"]);
                Direction::Ascending
            };
            let nulls = if !parser.eat_words(&["NULLS"]) {
                None
            } else if parser.eat_words(&["FIRST"]) {
                Some(Nulls::First)
            } else if parser.eat_words(&["LAST"]) {
                Some(Nulls::Last)
            } else {
                return Err(parser.unexpected("FIRST or LAST"));
            };
            Ok(OrderItem { by, direction, nulls })
        })
    }

    fn number_after(&mut self, keyword: &str) -> Result<Option<u64>> {
        if !self.eat_words(&[keyword]) {
            return Ok(None);
        }
        if self.eat_bind().is_some() {
            return Ok(Some(1));
        }
        let token = self.peek(0);
        let digits = Some(self.source(token)).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.filter(|_| token.kind == Kind::Number).and_then(|digits| digits.parse().ok());
        let number = number.ok_or_else(|| self.unexpected("a whole number"))?;
        self.advance();
        Ok(Some(number))
    }

    fn with(&mut self) -> Result<Vec<With>> {
        let mut clauses = Vec::new();
        let (names, values) = (self.marks.names.len(), self.marks.values.len());
        while self.is_word(0, "WITH") {
            self.advance();
            let start = self.peek(0);
            let clause = self.with_clause()?;
            let apex = matches!(clause, With::SecurityEnforced | With::UserMode | With::SystemMode);
            if apex && self.strict {
                return Err(self.apex_only(start.start));
            }
            clauses.push(clause);
        }
        self.marks.names.truncate(names);
        self.marks.values.truncate(values);
        Ok(clauses)
    }

    fn with_clause(&mut self) -> Result<With> {
        if self.eat_words(&["DATA", "CATEGORY"]) {
            let mut filters = vec![self.category_filter()?];
            while self.eat_words(&["AND"]) {
                filters.push(self.category_filter()?);
            }
            return Ok(With::DataCategory(filters));
        }
        let name = self.name("DATA CATEGORY, RecordVisibilityContext or a name and a value")?;
        if self.eat(Kind::Op(CompareOp::Equal)) {
            return Ok(With::Equals { name, value: self.string("a text in quotes")? });
        }
        if name.is("RecordVisibilityContext") {
            self.expect(Kind::Open, "`(`")?;
            let settings = self.list(|parser| {
                let name = parser.name("a name")?;
                parser.expect(Kind::Op(CompareOp::Equal), "`=`")?;
                Ok((name, parser.value()?))
            })?;
            self.expect(Kind::Close, "`,` or `)`")?;
            return Ok(With::RecordVisibility(settings));
        }
        match name.as_str().to_ascii_uppercase().as_str() {
            "SECURITY_ENFORCED" => Ok(With::SecurityEnforced),
            "USER_MODE" => Ok(With::UserMode),
            "SYSTEM_MODE" => Ok(With::SystemMode),
            _ => Err(self.unexpected("`=` and a text in quotes")),
        }
    }

    fn category_filter(&mut self) -> Result<CategoryFilter> {
        let group = self.name("a data category group")?;
        let selectors =
            [CategorySelector::At, CategorySelector::Above, CategorySelector::Below, CategorySelector::AboveOrBelow];
        let selector = selectors.into_iter().find(|selector| self.is_word(0, &selector.to_string()));
        let selector = selector.ok_or_else(|| self.unexpected("AT, ABOVE, BELOW or ABOVE_OR_BELOW"))?;
        self.advance();
        let categories = if self.eat(Kind::Open) {
            let categories = self.list(|parser| parser.name("a data category"))?;
            self.expect(Kind::Close, "`,` or `)`")?;
            categories
        } else {
            vec![self.name("a data category")?]
        };
        Ok(CategoryFilter { group, selector, categories })
    }

    /// `FOR VIEW, REFERENCE`, `UPDATE TRACKING` and so on; `main` tells a statement from a child query.
    fn tail(&mut self, main: bool) -> Result<Vec<Tail>> {
        let mut tail = Vec::new();
        loop {
            let start = self.peek(0).start;
            if main && self.eat_words(&["FOR", "UPDATE"]) {
                tail.push(Tail::ForUpdate);
            } else if main && self.eat_words(&["ALL", "ROWS"]) {
                tail.push(Tail::AllRows);
            } else if self.eat_words(&["FOR"]) {
                let words = [("VIEW", Tail::ForView), ("REFERENCE", Tail::ForReference)];
                let entries = self.list(|parser| parser.one_of(words, "VIEW or REFERENCE"))?;
                tail.extend(entries);
            } else if self.eat_words(&["UPDATE"]) {
                let words = [("TRACKING", Tail::UpdateTracking), ("VIEWSTAT", Tail::UpdateViewStat)];
                let entries = self.list(|parser| parser.one_of(words, "TRACKING or VIEWSTAT"))?;
                tail.extend(entries);
            } else {
                return Ok(tail);
            }
            if self.strict && matches!(tail.last(), Some(Tail::ForUpdate | Tail::AllRows)) {
                return Err(self.apex_only(start));
            }
        }
    }

    fn one_of(&mut self, words: [(&'static str, Tail); 2], expected: &'static str) -> Result<Tail> {
        let found = words.into_iter().find(|(word, _)| self.eat_words(&[word]));
        found.map(|(_, tail)| tail).ok_or_else(|| self.unexpected(expected))
    }

    /// The clause that was read last is one of Apex.
    fn apex_only(&self, start: usize) -> super::ParseError {
        let end = self.tokens.get(self.at.wrapping_sub(1)).map_or(start, |token| token.end);
        super::ParseError::at(self.text, start..end, "no clause that only Apex has")
    }
}
