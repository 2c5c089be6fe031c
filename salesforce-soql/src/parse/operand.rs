//! Fields, functions and values.

use super::{Parser, Result};
use crate::ast::{
    AggregateFunction, DateFunction, DateLiteral, FieldPath, Function, Money, Number, Operand, Place, Unit, Value,
};
use crate::token::{Kind, Token};

/// Words that are no field unless a `.` follows: a query in which they come here lacks something before them.
const NO_FIELD: &[&str] = &["AND", "FROM", "HAVING", "IN", "LIKE", "NOT", "NULL", "OR", "SELECT", "WHERE"];

#[derive(Clone, Copy)]
enum Call {
    Aggregate(AggregateFunction),
    Date(DateFunction),
    Format,
    ToLabel,
    ConvertCurrency,
    Grouping,
    Distance,
}

impl Call {
    fn named(name: &str) -> Option<Self> {
        let others = [
            ("FORMAT", Self::Format),
            ("toLabel", Self::ToLabel),
            ("convertCurrency", Self::ConvertCurrency),
            ("GROUPING", Self::Grouping),
            ("DISTANCE", Self::Distance),
        ];
        let other = || others.into_iter().find(|(other, _)| name.eq_ignore_ascii_case(other)).map(|(_, call)| call);
        (AggregateFunction::named(name).map(Self::Aggregate))
            .or_else(|| DateFunction::named(name).map(Self::Date))
            .or_else(other)
    }
}

impl Parser<'_> {
    pub(super) fn field_path(&mut self) -> Result<FieldPath> {
        if self.starts_no_field() {
            return Err(self.unexpected("a field"));
        }
        let first = self.name("a field")?;
        self.path_after(first)
    }

    fn starts_no_field(&self) -> bool {
        let next = self.peek(1).kind;
        let never = || NO_FIELD.iter().any(|word| self.is_word(0, word));
        let clause = || ["GROUP", "ORDER"].iter().any(|word| self.is_word(0, word)) && self.is_word(1, "BY");
        let number = || ["LIMIT", "OFFSET"].iter().any(|word| self.is_word(0, word)) && next == Kind::Number;
        next != Kind::Dot && (never() || clause() || number())
    }

    pub(super) fn operand(&mut self) -> Result<Operand> {
        if self.peek(1).kind != Kind::Open || self.starts_no_field() {
            return self.field_path().map(Operand::Field);
        }
        let name = self.word(0).ok_or_else(|| self.unexpected("a field or a function"))?;
        self.advance();
        let call = Call::named(name)
            .ok_or_else(|| self.unexpected(format!("no `(` after `{name:.40}`, which is no function of SOQL")))?;
        self.nested(|parser| parser.call(call)).map(Box::new).map(Operand::Function)
    }

    /// An entry of `GROUP BY`.
    pub(super) fn group_item(&mut self) -> Result<Operand> {
        let start = self.peek(0);
        match self.operand()? {
            Operand::Function(call) if !matches!(*call, Function::Date { .. }) => {
                Err(super::ParseError::at(self.text, start.start..start.end, "a field or a date function"))
            }
            operand => Ok(operand),
        }
    }

    /// `(…)` of a function.
    fn call(&mut self, call: Call) -> Result<Function> {
        self.expect(Kind::Open, "`(`")?;
        let function = match call {
            Call::Aggregate(function) => Function::Aggregate { function, arguments: self.arguments()? },
            Call::Date(function) => {
                let (field, in_user_zone) = self.maybe_inside("convertTimezone")?;
                Function::Date { function, field, in_user_zone }
            }
            Call::Format => Function::Format(self.operand()?),
            Call::ToLabel => Function::ToLabel(self.field_path()?),
            Call::ConvertCurrency => Function::ConvertCurrency(self.field_path()?),
            Call::Grouping => Function::Grouping(self.list(Self::field_path)?),
            Call::Distance => {
                let from = self.field_path()?;
                self.expect(Kind::Comma, "`,`")?;
                let to = self.place()?;
                self.expect(Kind::Comma, "`,`")?;
                Function::Distance { from, to, unit: self.unit()? }
            }
        };
        self.expect(Kind::Close, "`)`")?;
        Ok(function)
    }

    fn arguments(&mut self) -> Result<Vec<Operand>> {
        let start = self.peek(0);
        if start.kind == Kind::Close {
            return Ok(Vec::new());
        }
        let arguments = self.list(|parser| {
            let (field, converted) = parser.maybe_inside("convertCurrency")?;
            let convert = |field| Operand::Function(Box::new(Function::ConvertCurrency(field)));
            Ok(if converted { convert(field) } else { Operand::Field(field) })
        })?;
        if self.strict && arguments.len() > 1 {
            return Err(super::ParseError::at(self.text, start.start..self.peek(0).start, "one field"));
        }
        Ok(arguments)
    }

    /// A field, or a field inside this one function.
    fn maybe_inside(&mut self, function: &str) -> Result<(FieldPath, bool)> {
        let inside = self.is_word(0, function) && self.peek(1).kind == Kind::Open;
        if inside {
            self.advance();
            self.advance();
        }
        let field = self.field_path()?;
        if inside {
            self.expect(Kind::Close, "`)`")?;
        }
        Ok((field, inside))
    }

    fn place(&mut self) -> Result<Place> {
        if !(self.is_word(0, "GEOLOCATION") && self.peek(1).kind == Kind::Open) {
            return self.field_path().map(Place::Field);
        }
        self.advance();
        self.advance();
        let latitude = self.number()?;
        self.expect(Kind::Comma, "`,`")?;
        let longitude = self.number()?;
        self.expect(Kind::Close, "`)`")?;
        Ok(Place::Point { latitude, longitude })
    }

    fn unit(&mut self) -> Result<Unit> {
        let unit = match self.source(self.peek(0)).to_ascii_lowercase().as_str() {
            "'mi'" => Unit::Miles,
            "'km'" => Unit::Kilometres,
            _ => return Err(self.unexpected("'mi' or 'km'")),
        };
        self.advance();
        Ok(unit)
    }

    fn number(&mut self) -> Result<Number> {
        let token = self.peek(0);
        let number = Some(token).filter(|token| token.kind == Kind::Number).map(|token| self.source(token).parse());
        let Some(Ok(number)) = number else { return Err(self.unexpected("a number")) };
        self.advance();
        Ok(number)
    }

    pub(super) fn value(&mut self) -> Result<Value> {
        const EXPECTED: &str = "a value such as 'text', 5, true, null or TODAY";
        if self.eat_bound_value() {
            return Ok(Value::Null);
        }
        let token = self.peek(0);
        if token.kind == Kind::Text {
            return self.string(EXPECTED).map(Value::Text);
        }
        let value = self.value_at(token, EXPECTED)?;
        self.mark_value(token.start);
        Ok(value)
    }

    fn value_at(&mut self, token: Token, expected: &'static str) -> Result<Value> {
        let value = match token.kind {
            Kind::Number => return self.number().map(Value::Number),
            Kind::Date(date) => Value::Date(date),
            Kind::DateTime(stamp) => Value::DateTime(stamp),
            Kind::Time(time) => Value::Time(time),
            Kind::Money | Kind::Word => {
                let word = self.source(token);
                if let Some(make) = DateLiteral::with_number(word) {
                    return self.numbered(make).map(Value::DateLiteral);
                }
                match word.to_ascii_lowercase().as_str() {
                    "null" => Value::Null,
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    _ => (DateLiteral::named(word).map(Value::DateLiteral))
                        .or_else(|| Money::read(word).map(Value::Money))
                        .ok_or_else(|| self.unexpected(expected))?,
                }
            }
            _ => return Err(self.unexpected(expected)),
        };
        self.advance();
        Ok(value)
    }

    /// `LAST_N_DAYS:3`.
    fn numbered(&mut self, make: impl Fn(u32) -> DateLiteral) -> Result<DateLiteral> {
        self.advance();
        if self.eat_bind().is_some() {
            return Ok(make(1));
        }
        self.expect(Kind::Colon, "`:` and a whole number")?;
        let digits = Some(self.source(self.peek(0))).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| self.unexpected("a whole number"))?;
        self.advance();
        Ok(make(number))
    }
}
