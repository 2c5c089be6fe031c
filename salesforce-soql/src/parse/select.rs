//! The select list.

use super::{Parser, Result};
use crate::ast::{FieldGroup, Operand, SelectItem, TypeOf, When};
use crate::token::Kind;

/// Levels of child queries below a statement, as the server has since version 58.
const MAX_CHILD_LEVELS: usize = 5;

impl Parser<'_> {
    /// The items of a query that is this many child queries deep.
    pub(super) fn select_list(&mut self, level: usize) -> Result<Vec<SelectItem>> {
        let start = self.peek(0);
        let items = self.list(|parser| parser.select_item(level))?;
        let count = |item: &SelectItem| matches!(item, SelectItem::Function { call, .. } if call.is_count_all());
        if self.strict && items.len() > 1 && items.iter().any(count) {
            let end = self.peek(0).start;
            return Err(super::ParseError::at(self.text, start.start..end, "nothing beside COUNT()"));
        }
        Ok(items)
    }

    fn select_item(&mut self, level: usize) -> Result<SelectItem> {
        if self.kind() == Kind::Open {
            if level >= MAX_CHILD_LEVELS {
                return Err(self.too_deep("no more than 5 levels of child queries"));
            }
            self.advance();
            let query = self.nested(|parser| parser.child_query(level + 1))?;
            self.expect(Kind::Close, "`)` after the child query")?;
            return Ok(SelectItem::Child(Box::new(query)));
        }
        if let Some(type_of) = self.type_of()? {
            return Ok(SelectItem::TypeOf(type_of));
        }
        if self.is_word(0, "FIELDS") && self.peek(1).kind == Kind::Open {
            return self.fields();
        }
        match self.operand()? {
            Operand::Field(path) => Ok(SelectItem::Field { path, alias: self.alias()? }),
            Operand::Function(call) => Ok(SelectItem::Function { call: *call, alias: self.alias()? }),
        }
    }

    fn fields(&mut self) -> Result<SelectItem> {
        let start = self.advance().start;
        self.advance();
        let groups = [FieldGroup::All, FieldGroup::Standard, FieldGroup::Custom];
        let group = groups.into_iter().find(|group| self.is_word(0, &group.to_string()));
        let group = group.ok_or_else(|| self.unexpected("ALL, STANDARD or CUSTOM"))?;
        self.advance();
        self.expect(Kind::Close, "`)`")?;
        self.mark_value(start);
        Ok(SelectItem::Fields(group))
    }

    /// `TYPEOF … END`, if it comes next; `Typeof` alone may be a field, with an alias perhaps.
    pub(super) fn type_of(&mut self) -> Result<Option<TypeOf>> {
        let item_ends = |ahead| self.is_word(ahead, "FROM") || self.peek(ahead).kind == Kind::Comma;
        if !self.is_word(0, "TYPEOF") || self.word(1).is_none() || item_ends(1) || item_ends(2) {
            return Ok(None);
        }
        self.advance();
        let relationship = self.name("a relationship")?;
        self.expect_word("WHEN")?;
        let mut when = vec![self.when()?];
        while self.eat_words(&["WHEN"]) {
            when.push(self.when()?);
        }
        let otherwise = if self.eat_words(&["ELSE"]) { self.list(Self::field_path)? } else { Vec::new() };
        if !self.eat_words(&["END"]) {
            return Err(self.unexpected("`,`, WHEN, ELSE or END"));
        }
        Ok(Some(TypeOf { relationship, when, otherwise }))
    }

    fn when(&mut self) -> Result<When> {
        let object = self.name("an object")?;
        self.expect_word("THEN")?;
        Ok(When { object, fields: self.list(Self::field_path)? })
    }
}
