use salesforce_soql::ast::{AggregateFunction, DateFunction, FieldGroup};
use salesforce_soql::builder::{Filter, Select, aggregate, all, any, ascending, date_part, descending, field, not};
use salesforce_soql::{BindError, IntoSoql, parse, parse_strict};

fn text(select: Select) -> String {
    let text = select.into_soql().text().expect("the parts fit").into_owned();
    assert!(parse_strict(&text).is_ok(), "{text}");
    text
}

fn filtered(filter: Filter) -> String {
    text(Select::from("A").fields(["Id"]).filter(filter))["SELECT Id FROM A WHERE ".len()..].to_owned()
}

fn b(value: i32) -> Filter {
    field("B").eq(value)
}

#[test]
fn the_snippet_of_the_manual_gives_what_it_says() {
    let select =
        Select::from("Account").fields(["Id", "Name"]).filter(field("Name").eq("Ac'me")).order_by("Name").limit(10);
    assert_eq!(text(select), r"SELECT Id, Name FROM Account WHERE Name = 'Ac\'me' ORDER BY Name LIMIT 10");
}

#[test]
fn parentheses_are_where_the_server_wants_them() {
    for (filter, expected) in [
        (b(1).and(b(2)).and(b(3)), "B = 1 AND B = 2 AND B = 3"),
        (b(1).and(b(2)).or(b(3)), "(B = 1 AND B = 2) OR B = 3"),
        (b(1).or(b(2)).and(b(3)), "(B = 1 OR B = 2) AND B = 3"),
        (b(1).and(b(2).or(b(3))), "B = 1 AND (B = 2 OR B = 3)"),
        (not(b(1)), "NOT B = 1"),
        (not(b(1)).and(b(2)), "(NOT B = 1) AND B = 2"),
        (not(b(1).or(b(2))), "NOT (B = 1 OR B = 2)"),
        (not(not(b(1))), "NOT (NOT B = 1)"),
        (all([b(1)]), "B = 1"),
        (any([all([b(1), b(2)]), any([b(3), b(4)])]), "(B = 1 AND B = 2) OR B = 3 OR B = 4"),
    ] {
        assert_eq!(filtered(filter), expected);
    }
    let twice = Select::from("A").fields(["Id"]).filter(b(1).or(b(2))).filter(b(3));
    assert_eq!(text(twice), "SELECT Id FROM A WHERE (B = 1 OR B = 2) AND B = 3");
}

#[test]
fn every_operator_can_be_built() {
    let contacts = || Select::from("Contact").fields(["AccountId"]).filter(field("LastName").eq("x"));
    for (filter, expected) in [
        (field("B").ne("x"), "B != 'x'"),
        (field("B").lt(1), "B < 1"),
        (field("B").le(1), "B <= 1"),
        (field("B").gt(1), "B > 1"),
        (field("B").ge(1), "B >= 1"),
        (field("B").is_null(), "B = null"),
        (field("A.B").is_not_null(), "A.B != null"),
        (field("B").like("a_%"), "B LIKE 'a_%'"),
        (field("B").starts_with("_"), r"B LIKE '\_%'"),
        (field("B").ends_with("%"), r"B LIKE '%\%'"),
        (field("B").contains("'"), r"B LIKE '%\'%'"),
        (field("B").is_in(["a", "b"]), "B IN ('a', 'b')"),
        (field("B").not_in(vec![1, 2]), "B NOT IN (1, 2)"),
        (field("Id").in_query(contacts()), "Id IN (SELECT AccountId FROM Contact WHERE LastName = 'x')"),
        (field("Id").not_in_query(contacts()), "Id NOT IN (SELECT AccountId FROM Contact WHERE LastName = 'x')"),
        (field("B").includes(["a;b", "c"]), "B INCLUDES ('a;b', 'c')"),
        (field("B").excludes(["a"]), "B EXCLUDES ('a')"),
        (date_part(DateFunction::CalendarYear, "D").eq(2026), "CALENDAR_YEAR(D) = 2026"),
    ] {
        assert_eq!(filtered(filter), expected);
    }
}

#[test]
fn every_clause_can_be_built() {
    let total = || aggregate(AggregateFunction::Sum, "Amount");
    let select = Select::from("Opportunity")
        .fields(["StageName"])
        .named(total(), "total")
        .scope("mine")
        .group_by(field("StageName"))
        .having(total().gt(5))
        .order_by(salesforce_soql::builder::Sort::from(total()).descending())
        .order_by(ascending("StageName").nulls_last())
        .limit(10)
        .offset(5);
    assert_eq!(
        text(select),
        "SELECT StageName, SUM(Amount) total FROM Opportunity USING SCOPE mine GROUP BY StageName HAVING SUM(Amount) > 5 \
         ORDER BY SUM(Amount) DESC, StageName NULLS LAST LIMIT 10 OFFSET 5"
    );
    assert_eq!(text(Select::from("A").count()), "SELECT COUNT() FROM A");
    assert_eq!(text(Select::from("A").group_of_fields(FieldGroup::Standard)), "SELECT FIELDS(STANDARD) FROM A");
    let child = Select::from("Contacts").fields(["Id"]).order_by(descending("Name").nulls_first()).limit(1);
    assert_eq!(
        text(Select::from("A").fields(["Id"]).child(child)),
        "SELECT Id, (SELECT Id FROM Contacts ORDER BY Name DESC NULLS FIRST LIMIT 1) FROM A"
    );
}

#[test]
fn no_query_text_comes_in_through_a_name() {
    let evil = "Id FROM User WHERE Name != 'x'";
    let a = || Select::from("A").fields(["Id"]);
    for select in [
        Select::from(evil).fields(["Id"]),
        Select::from("A b").fields(["Id"]),
        a().fields([evil]),
        a().fields(["Name n"]),
        a().fields([""]),
        a().filter(field(evil).eq(1)),
        a().filter(aggregate(AggregateFunction::Sum, evil).eq(1)),
        a().filter(b(1).and(not(field("x = 1 OR y").eq(1)))),
        a().order_by("Name DESC"),
        a().scope("mine WHERE"),
        a().named(field("B"), "c, d"),
        a().group_by(field("B HAVING")),
        a().child(Select::from("B").fields([evil])),
        a().filter(field("Id").in_query(Select::from("B").fields([evil]))),
    ] {
        assert!(matches!(select.clone().build(), Err(BindError::Name(_))), "{select:?}");
        assert!(matches!(select.into_soql().text(), Err(BindError::Name(_))));
    }
}

#[test]
fn what_makes_no_query_is_refused() {
    let a = || Select::from("A").fields(["Id"]);
    assert!(matches!(Select::from("A").build(), Err(BindError::NotSoql(_))));
    assert!(matches!(a().fields(["From"]).build(), Err(BindError::NotSoql(_))));
    assert!(matches!(a().filter(field("B").is_in(Vec::<i32>::new())).build(), Err(BindError::EmptyList { .. })));
    assert!(matches!(a().filter(field("B").includes([])).build(), Err(BindError::EmptyList { .. })));
    assert!(matches!(a().filter(any([])).build(), Err(BindError::EmptyList { .. })));
    assert!(matches!(a().filter(field("B").eq(f64::NAN)).build(), Err(BindError::NotFinite { .. })));
    assert!(matches!(a().filter(field("B").eq(vec![1])).build(), Err(BindError::WrongPlace { .. })));
    assert!(matches!(a().having(b(1)).build(), Err(BindError::WrongPlace { .. })));
    assert!(matches!(a().child(a().scope("mine")).build(), Err(BindError::WrongPlace { .. })));
    assert!(matches!(a().filter(field("B").in_query(a().fields(["B"]))).build(), Err(BindError::WrongPlace { .. })));
}

#[test]
fn endless_nesting_is_refused_and_long_lists_are_not() {
    let mut nots = b(1);
    let mut joins = b(1);
    let mut children = Select::from("A").fields(["Id"]);
    let mut ors = b(0);
    for n in 1..20_000 {
        nots = not(nots);
        joins = field("B").in_query(Select::from("A").fields(["B"]).filter(joins));
        children = Select::from("A").child(children);
        ors = if n < 5_000 { b(n).or(ors) } else { ors };
    }
    let a = || Select::from("A").fields(["Id"]);
    assert!(matches!(a().filter(nots).build(), Err(BindError::TooDeep)));
    assert!(matches!(a().filter(joins).build(), Err(BindError::TooDeep)));
    assert!(matches!(children.build(), Err(BindError::TooDeep)));
    let long = a().filter(ors).build().unwrap();
    assert!(parse(&long.text().unwrap()).is_ok());
}

#[test]
fn items_are_taken_as_a_select_list_writes_them() {
    let items = ["Id", "Owner.Name", "(SELECT Id FROM Contacts)", "TYPEOF What WHEN Account THEN Phone ELSE Id END"];
    assert_eq!(
        text(Select::from("Task").items(&items).filter(b(1))),
        "SELECT Id, Owner.Name, (SELECT Id FROM Contacts), TYPEOF What WHEN Account THEN Phone ELSE Id END FROM Task \
         WHERE B = 1"
    );
    for bad in ["", "Id FROM Account", "Id WHERE", "Id LIMIT 1"] {
        assert!(Select::from("A").items(&[bad]).build().is_err(), "{bad}");
    }
}
