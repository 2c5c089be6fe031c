//! Trees of every shape that the parser can give.

use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use salesforce_soql::ast::*;
use salesforce_types::{Date, TimeOfDay, Timestamp};

fn name() -> impl Strategy<Value = Name> {
    // The suffix keeps them from being keywords; the others are words that only look like some.
    prop_oneof![
        "[A-Za-z][A-Za-z0-9_]{0,6}__[cr]",
        select(vec!["Order", "Group", "Data", "End", "Typeof", "Account"]).prop_map(str::to_owned)
    ]
    .prop_map(|text| text.parse().expect("it is a name"))
}

fn alias() -> impl Strategy<Value = Option<Name>> {
    of("[a-z]{1,3}_[a-z0-9_]{0,3}".prop_map(|text| text.parse().expect("it is a name")))
}

fn path() -> impl Strategy<Value = FieldPath> {
    (prop::collection::vec(name(), 0..3), name()).prop_map(|(parents, name)| FieldPath::new(parents, name))
}

fn some<T: Strategy>(part: T) -> impl Strategy<Value = Vec<T::Value>> {
    prop::collection::vec(part, 1..3)
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        r"[-+]?[0-9]{1,12}(\.[0-9]{1,6})?(e-?[0-9]{1,3})?".prop_map(|text| text.parse().expect("it is a number")),
        any::<i64>().prop_map(Number::from),
    ]
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        any::<String>().prop_map(Text::from),
        r#"['\\%_\n\x01a"]{0,6}"#.prop_map(Text::from),
        r"[%_a'\\]{0,6}".prop_map(|text| Text::prefix(&text)),
        r"[%_a'\\]{0,6}".prop_map(|text| Text::containing(&text)),
    ]
}

fn date_literal() -> impl Strategy<Value = DateLiteral> {
    (select(DateUnit::ALL), any::<u32>(), 0..8).prop_map(|(unit, n, shape)| match shape {
        0 => DateLiteral::Last(unit),
        1 => DateLiteral::This(unit),
        2 => DateLiteral::Next(unit),
        3 => DateLiteral::LastN(unit, n),
        4 => DateLiteral::NextN(unit, n),
        5 => DateLiteral::NAgo(unit, n),
        6 => DateLiteral::Last90Days,
        _ => DateLiteral::Next90Days,
    })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        text().prop_map(Value::Text),
        number().prop_map(Value::Number),
        (1700i16..=4000, 1i8..=12, 1i8..=28)
            .prop_map(|(year, month, day)| Value::Date(Date::new(year, month, day).expect("every month has 28 days"))),
        (-8_520_336_000_000i64..64_000_000_000_000).prop_map(|millis| Value::DateTime(Timestamp::from_millis(millis))),
        (0u32..86_400_000).prop_map(|millis| Value::Time(TimeOfDay::from_millis(millis).expect("less than a day"))),
        date_literal().prop_map(Value::DateLiteral),
        r"[A-Za-z]{3}[0-9]{1,6}(\.[0-9]{1,3})?".prop_map(|text| Value::Money(Money::read(&text).expect("it is money"))),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        path().prop_map(Place::Field),
        (number(), number()).prop_map(|(latitude, longitude)| Place::Point { latitude, longitude }),
    ]
}

fn function() -> impl Strategy<Value = Function> {
    let argument = || {
        prop_oneof![
            path().prop_map(Operand::Field),
            path().prop_map(|field| Operand::Function(Box::new(Function::ConvertCurrency(field)))),
        ]
    };
    let flat = prop_oneof![
        (select(AggregateFunction::ALL), prop::collection::vec(argument(), 0..3))
            .prop_map(|(function, arguments)| Function::Aggregate { function, arguments }),
        date_function(),
        path().prop_map(Function::ToLabel),
        path().prop_map(Function::ConvertCurrency),
        some(path()).prop_map(Function::Grouping),
        (path(), place(), any::<bool>()).prop_map(|(from, to, miles)| {
            let unit = if miles { Unit::Miles } else { Unit::Kilometres };
            Function::Distance { from, to, unit }
        }),
    ];
    flat.prop_recursive(2, 4, 1, |inner| {
        prop_oneof![
            path().prop_map(|field| Function::Format(Operand::Field(field))),
            inner.prop_map(|inner| Function::Format(Operand::Function(Box::new(inner)))),
        ]
    })
}

fn date_function() -> impl Strategy<Value = Function> {
    (select(DateFunction::ALL), path(), any::<bool>()).prop_map(|(function, field, in_user_zone)| Function::Date {
        function,
        field,
        in_user_zone,
    })
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        3 => path().prop_map(Operand::Field),
        1 => function().prop_map(|call| Operand::Function(Box::new(call))),
    ]
}

fn compare_op() -> impl Strategy<Value = CompareOp> {
    use CompareOp::*;
    select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual])
}

fn condition() -> BoxedStrategy<Condition> {
    let flat = prop_oneof![
        (operand(), compare_op(), value()).prop_map(|(left, op, right)| Condition::Compare { left, op, right }),
        (operand(), text()).prop_map(|(left, pattern)| Condition::Like { left, pattern }),
        (operand(), any::<bool>(), some(value())).prop_map(|(left, negated, values)| Condition::In {
            left,
            negated,
            set: Set::Values(values)
        }),
        (operand(), any::<bool>(), some(text())).prop_map(|(left, negated, sets)| Condition::Includes {
            left,
            negated,
            sets
        }),
    ];
    let nested = flat.prop_recursive(4, 12, 3, |inner| {
        let join = (operand(), any::<bool>(), semi_join(inner.clone()))
            .prop_map(|(left, negated, join)| Condition::In { left, negated, set: Set::Query(Box::new(join)) });
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::Or),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
            join,
        ]
    });
    nested.boxed()
}

fn semi_join(filter: impl Strategy<Value = Condition>) -> impl Strategy<Value = SemiJoin> {
    let item = prop_oneof![
        path().prop_map(|path| SelectItem::Field { path, alias: None }),
        type_of().prop_map(SelectItem::TypeOf),
    ];
    (item, name(), alias(), of(filter), order_by(), of(any::<u64>())).prop_map(
        |(select, from, alias, filter, order_by, limit)| SemiJoin { select, from, alias, filter, order_by, limit },
    )
}

fn order_by() -> impl Strategy<Value = Vec<OrderItem>> {
    let direction = select(vec![Direction::Ascending, Direction::Descending]);
    let item = (operand(), direction, of(select(vec![Nulls::First, Nulls::Last])))
        .prop_map(|(by, direction, nulls)| OrderItem { by, direction, nulls });
    prop::collection::vec(item, 0..3)
}

fn type_of() -> impl Strategy<Value = TypeOf> {
    let when = (name(), some(path())).prop_map(|(object, fields)| When { object, fields });
    (name(), some(when), prop::collection::vec(path(), 0..2)).prop_map(|(relationship, when, otherwise)| TypeOf {
        relationship,
        when,
        otherwise,
    })
}

fn item() -> impl Strategy<Value = SelectItem> {
    prop_oneof![
        4 => (path(), alias()).prop_map(|(path, alias)| SelectItem::Field { path, alias }),
        1 => (function(), alias()).prop_map(|(call, alias)| SelectItem::Function { call, alias }),
        1 => select(vec![FieldGroup::All, FieldGroup::Standard, FieldGroup::Custom]).prop_map(SelectItem::Fields),
        1 => type_of().prop_map(SelectItem::TypeOf),
    ]
}

fn items() -> impl Strategy<Value = Vec<SelectItem>> {
    let with_children =
        item().prop_recursive(3, 6, 2, |inner| child_query(inner).prop_map(|query| SelectItem::Child(Box::new(query))));
    some(with_children)
}

fn child_query(item: impl Strategy<Value = SelectItem>) -> impl Strategy<Value = ChildQuery> {
    let head = (some(item), path(), alias(), of(condition()), with());
    let tail = prop::collection::vec(select(vec![Tail::ForView, Tail::ForReference, Tail::UpdateTracking]), 0..2);
    (head, order_by(), of(any::<u64>()), of(any::<u64>()), tail).prop_map(
        |((select, relationship, alias, filter, with), order_by, limit, offset, tail)| ChildQuery {
            select,
            relationship,
            alias,
            filter,
            with,
            order_by,
            limit,
            offset,
            tail,
        },
    )
}

fn with() -> impl Strategy<Value = Vec<With>> {
    use CategorySelector::*;
    let filter = (name(), select(vec![At, Above, Below, AboveOrBelow]), some(name()))
        .prop_map(|(group, selector, categories)| CategoryFilter { group, selector, categories });
    let clause = prop_oneof![
        some(filter).prop_map(With::DataCategory),
        select(vec![With::SecurityEnforced, With::UserMode, With::SystemMode]),
        (name(), text()).prop_map(|(name, value)| With::Equals { name, value }),
        some((name(), value())).prop_map(With::RecordVisibility),
    ];
    prop::collection::vec(clause, 0..2)
}

fn group_by() -> impl Strategy<Value = GroupBy> {
    let item = prop_oneof![
        path().prop_map(Operand::Field),
        date_function().prop_map(|call| Operand::Function(Box::new(call))),
    ];
    (select(vec![GroupKind::Plain, GroupKind::Rollup, GroupKind::Cube]), some(item), of(condition()))
        .prop_map(|(kind, items, having)| GroupBy { kind, items, having })
}

fn from() -> impl Strategy<Value = From> {
    let joined = (path(), alias()).prop_map(|(path, alias)| Joined { path, alias });
    (name(), alias(), prop::collection::vec(joined, 0..2)).prop_map(|(object, alias, joined)| From {
        object,
        alias,
        joined,
    })
}

/// A whole query.
pub(crate) fn query() -> impl Strategy<Value = Query> {
    use Tail::*;
    let tails = vec![ForView, ForReference, ForUpdate, UpdateTracking, UpdateViewStat, AllRows];
    let head = (items(), from(), of(name()), of(condition()), with());
    let tail = prop::collection::vec(select(tails), 0..3);
    (head, of(group_by()), order_by(), of(any::<u64>()), of(any::<u64>()), tail).prop_map(
        |((select, from, scope, filter, with), group_by, order_by, limit, offset, tail)| Query {
            select,
            from,
            scope,
            filter,
            with,
            group_by,
            order_by,
            limit,
            offset,
            tail,
        },
    )
}
