//! The tree as canonical text: keywords in capitals, one blank between words, only the parentheses that are needed.

use std::fmt::{Display, Formatter, Result};

use crate::ast::{
    CategoryFilter, CategorySelector, ChildQuery, CompareOp, Condition, Direction, FieldGroup, FieldPath, From,
    Function, GroupBy, GroupKind, Name, Nulls, Operand, OrderItem, Place, Query, SelectItem, SemiJoin, Set, Tail,
    TypeOf, Unit, Value, With,
};

/// Parts with a separator between them.
struct Joined<'a, T>(&'a [T], &'static str);

impl<T: Display> Display for Joined<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, part) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { self.1 })?;
            part.fmt(f)?;
        }
        Ok(())
    }
}

fn list<T>(parts: &[T]) -> Joined<'_, T> {
    Joined(parts, ", ")
}

/// A clause that may be missing: ` WHERE …`.
fn clause(f: &mut Formatter<'_>, keyword: &str, body: Option<impl Display>) -> Result {
    body.map_or(Ok(()), |body| write!(f, " {keyword} {body}"))
}

fn order_by(f: &mut Formatter<'_>, items: &[OrderItem]) -> Result {
    clause(f, "ORDER BY", (!items.is_empty()).then_some(list(items)))
}

fn alias(f: &mut Formatter<'_>, alias: Option<&Name>) -> Result {
    alias.map_or(Ok(()), |alias| write!(f, " {alias}"))
}

fn each(f: &mut Formatter<'_>, parts: &[impl Display]) -> Result {
    parts.iter().try_for_each(|part| write!(f, " {part}"))
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "SELECT {} FROM {}", list(&self.select), self.from)?;
        clause(f, "USING SCOPE", self.scope.as_ref())?;
        clause(f, "WHERE", self.filter.as_ref())?;
        each(f, &self.with)?;
        clause(f, "GROUP BY", self.group_by.as_ref())?;
        order_by(f, &self.order_by)?;
        clause(f, "LIMIT", self.limit)?;
        clause(f, "OFFSET", self.offset)?;
        each(f, &self.tail)
    }
}

impl Display for ChildQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "SELECT {} FROM {}", list(&self.select), self.relationship)?;
        alias(f, self.alias.as_ref())?;
        clause(f, "WHERE", self.filter.as_ref())?;
        each(f, &self.with)?;
        order_by(f, &self.order_by)?;
        clause(f, "LIMIT", self.limit)?;
        clause(f, "OFFSET", self.offset)?;
        each(f, &self.tail)
    }
}

impl Display for SemiJoin {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "SELECT {} FROM {}", self.select, self.from)?;
        alias(f, self.alias.as_ref())?;
        clause(f, "WHERE", self.filter.as_ref())?;
        order_by(f, &self.order_by)?;
        clause(f, "LIMIT", self.limit)
    }
}

impl Display for From {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.object)?;
        alias(f, self.alias.as_ref())?;
        for joined in &self.joined {
            write!(f, ", {}", joined.path)?;
            alias(f, joined.alias.as_ref())?;
        }
        Ok(())
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Field { path, alias: name } => {
                write!(f, "{path}")?;
                alias(f, name.as_ref())
            }
            Self::Function { call, alias: name } => {
                write!(f, "{call}")?;
                alias(f, name.as_ref())
            }
            Self::Fields(group) => write!(f, "FIELDS({group})"),
            Self::Child(query) => write!(f, "({query})"),
            Self::TypeOf(type_of) => write!(f, "{type_of}"),
        }
    }
}

impl Display for FieldGroup {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::All => "ALL",
            Self::Standard => "STANDARD",
            Self::Custom => "CUSTOM",
        })
    }
}

impl Display for TypeOf {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "TYPEOF {}", self.relationship)?;
        for when in &self.when {
            write!(f, " WHEN {} THEN {}", when.object, list(&when.fields))?;
        }
        clause(f, "ELSE", (!self.otherwise.is_empty()).then_some(list(&self.otherwise)))?;
        f.write_str(" END")
    }
}

impl Display for GroupBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.kind {
            GroupKind::Plain => write!(f, "{}", list(&self.items))?,
            GroupKind::Rollup => write!(f, "ROLLUP({})", list(&self.items))?,
            GroupKind::Cube => write!(f, "CUBE({})", list(&self.items))?,
        }
        clause(f, "HAVING", self.having.as_ref())
    }
}

impl Display for OrderItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.by)?;
        if self.direction == Direction::Descending {
            f.write_str(" DESC")?;
        }
        match self.nulls {
            Some(Nulls::First) => f.write_str(" NULLS FIRST"),
            Some(Nulls::Last) => f.write_str(" NULLS LAST"),
            None => Ok(()),
        }
    }
}

/// A condition as part of another one: in parentheses wherever the server asks for them, or the tree needs them.
struct Part<'a>(&'a Condition);

impl Display for Part<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Condition::And(_) | Condition::Or(_) | Condition::Not(_) => write!(f, "({})", self.0),
            simple => write!(f, "{simple}"),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::And(parts) => write!(f, "{}", Joined(&parts.iter().map(Part).collect::<Vec<_>>(), " AND ")),
            Self::Or(parts) => write!(f, "{}", Joined(&parts.iter().map(Part).collect::<Vec<_>>(), " OR ")),
            Self::Not(inner) => write!(f, "NOT {}", Part(inner)),
            Self::Compare { left, op, right } => write!(f, "{left} {op} {right}"),
            Self::Like { left, pattern } => write!(f, "{left} LIKE {pattern}"),
            Self::In { left, negated, set } => {
                write!(f, "{left} {}IN ({set})", if *negated { "NOT " } else { "" })
            }
            Self::Includes { left, negated, sets } => {
                write!(f, "{left} {} ({})", if *negated { "EXCLUDES" } else { "INCLUDES" }, list(sets))
            }
        }
    }
}

impl Display for Set {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Values(values) => write!(f, "{}", list(values)),
            Self::Query(query) => write!(f, "{query}"),
        }
    }
}

impl Display for CompareOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{text}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::DateTime(stamp) => f.write_str(&stamp.to_soql()),
            Self::Time(time) => write!(f, "{time}"),
            Self::DateLiteral(literal) => write!(f, "{literal}"),
            Self::Money(money) => write!(f, "{money}"),
        }
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Field(path) => write!(f, "{path}"),
            Self::Function(call) => write!(f, "{call}"),
        }
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Aggregate { function, arguments } => write!(f, "{}({})", function.as_str(), list(arguments)),
            Self::Date { function, field, in_user_zone: false } => write!(f, "{}({field})", function.as_str()),
            Self::Date { function, field, in_user_zone: true } => {
                write!(f, "{}(convertTimezone({field}))", function.as_str())
            }
            Self::Format(inner) => write!(f, "FORMAT({inner})"),
            Self::ToLabel(field) => write!(f, "toLabel({field})"),
            Self::ConvertCurrency(field) => write!(f, "convertCurrency({field})"),
            Self::Grouping(fields) => write!(f, "GROUPING({})", list::<FieldPath>(fields)),
            Self::Distance { from, to, unit } => write!(f, "DISTANCE({from}, {to}, '{unit}')"),
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Field(path) => write!(f, "{path}"),
            Self::Point { latitude, longitude } => write!(f, "GEOLOCATION({latitude}, {longitude})"),
        }
    }
}

impl Display for Unit {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Miles => "mi",
            Self::Kilometres => "km",
        })
    }
}

/// A pair of `WITH RecordVisibilityContext`.
struct Setting<'a>(&'a (Name, Value));

impl Display for Setting<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} = {}", self.0.0, self.0.1)
    }
}

impl Display for With {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::DataCategory(filters) => write!(f, "WITH DATA CATEGORY {}", Joined(filters, " AND ")),
            Self::SecurityEnforced => f.write_str("WITH SECURITY_ENFORCED"),
            Self::UserMode => f.write_str("WITH USER_MODE"),
            Self::SystemMode => f.write_str("WITH SYSTEM_MODE"),
            Self::Equals { name, value } => write!(f, "WITH {name} = {value}"),
            Self::RecordVisibility(settings) => {
                let settings: Vec<_> = settings.iter().map(Setting).collect();
                write!(f, "WITH RecordVisibilityContext ({})", list(&settings))
            }
        }
    }
}

impl Display for CategoryFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {} ", self.group, self.selector)?;
        match self.categories.as_slice() {
            [one] => write!(f, "{one}"),
            several => write!(f, "({})", list(several)),
        }
    }
}

impl Display for CategorySelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::At => "AT",
            Self::Above => "ABOVE",
            Self::Below => "BELOW",
            Self::AboveOrBelow => "ABOVE_OR_BELOW",
        })
    }
}

impl Display for Tail {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::ForView => "FOR VIEW",
            Self::ForReference => "FOR REFERENCE",
            Self::ForUpdate => "FOR UPDATE",
            Self::UpdateTracking => "UPDATE TRACKING",
            Self::UpdateViewStat => "UPDATE VIEWSTAT",
            Self::AllRows => "ALL ROWS",
        })
    }
}
