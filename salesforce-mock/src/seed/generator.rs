use std::sync::Arc;

use salesforce_types::{RecordId, Timestamp};

use super::random::Random;
use super::{first_stamp, with_schema, words};
use crate::schema::{Object, Schema};
use crate::store::Store;
use crate::value::Value;

/// The objects that are generated. `Reading__c` is the main one, of 20 fields.
const OBJECTS: &str = "
object Meter__c a10 Meters : owner
  Name                  string(80) name required
  Account__c            ref(Account) parent=Account__r children=Meters__r clear
  Key__c                string(40) external unique
  Kind__c               picklist restricted = Water | Heat | Power
  Installed__c          date
object Reading__c a11 Readings : owner
  Name                  string(80) name auto=R-{00000000} \"Reading Number\"
  Meter__c              ref(Meter__c) parent=Meter__r children=Readings__r clear
  Contact__c            ref(Contact) parent=Contact__r children=Readings__r clear
  Before__c             ref(Reading__c) parent=Before__r children=After__r clear
  State__c              picklist restricted = Estimated | Read | Checked
  Region__c             string(60)
  Value__c              double(18,3)
  Cost__c               currency(16,2)
  Day__c                date
  Taken__c              datetime
  Final__c              bool
  Remark__c             string(255)
object Remark__c a12 Remarks
  Name                  string(80) name auto=N-{0000000} \"Remark Number\"
  Reading__c            ref(Reading__c) parent=Reading__r children=Remarks__r master=0
  Text__c               textarea(32768)
";

/// Texts and rows that many rows share.
struct Generator {
    store: Store,
    schema: Arc<Schema>,
    random: Random,
    stamp: Timestamp,
}

/// An org with about so many rows: 70 of 100 are readings, the others are what readings point to and what points to
/// them. The same numbers give the same org.
#[must_use]
pub fn generated(rows: usize, seed: u64) -> Store {
    let mut schema = Schema::standard();
    schema.add_table(OBJECTS).expect("a test reads the built-in table");
    let store = with_schema(schema);
    let schema = Arc::clone(store.schema());
    let mut generator = Generator { store, schema, random: Random::new(seed), stamp: first_stamp() };
    let share = |percent: usize| rows / 100 * percent + rows % 100 * percent / 100;
    let (accounts, contacts, meters, remarks) = (share(3), share(7), share(10), share(10));
    let accounts = generator.accounts(accounts);
    let contacts = generator.contacts(contacts, &accounts);
    let meters = generator.meters(meters, &accounts);
    let readings = rows.saturating_sub(accounts.len() + contacts.len() + meters.len() + remarks);
    let readings = generator.readings(readings, &meters, &contacts);
    generator.remarks(remarks, &readings);
    generator.store
}

/// Where the fields of a row stand, looked up once an object.
fn places<const N: usize>(object: &Object, names: [&str; N]) -> [usize; N] {
    names.map(|name| object.field(name).map_or(0, |field| field.index))
}

impl Generator {
    /// Loads rows of an object; `fill` sets the cells at the places of the names.
    fn rows<const N: usize>(
        &mut self,
        object: &str,
        count: usize,
        names: [&str; N],
        mut fill: impl FnMut(&mut Random, usize, &[RecordId], Timestamp) -> [Value; N],
    ) -> Vec<RecordId> {
        let schema = Arc::clone(&self.schema);
        let Some(object) = schema.object(object) else { return Vec::new() };
        let places = places(object, names);
        let mut ids = Vec::with_capacity(count);
        self.store.reserve(object, count);
        for row in 0..count {
            self.stamp = next_stamp(self.stamp, row);
            let mut cells = Vec::with_capacity(object.fields.len());
            cells.resize(object.fields.len(), Value::Null);
            for (place, value) in places.into_iter().zip(fill(&mut self.random, row, &ids, self.stamp)) {
                cells[place] = value;
            }
            ids.push(self.store.load(object, cells, self.stamp));
        }
        ids
    }

    fn accounts(&mut self, count: usize) -> Vec<RecordId> {
        let names = ["Name", "ParentId", "Industry", "BillingCity", "NumberOfEmployees", "AnnualRevenue"];
        let industries = texts(&["Energy", "Retail", "Government"]);
        let cities = words::CITIES.map(|city| Value::text(city.0));
        self.rows("Account", count, names, |random, _, ids, _| {
            let parent = if ids.is_empty() || random.percent(80) { None } else { Some(*random.one(ids)) };
            [
                words::company(random).as_str().into(),
                parent.into(),
                random.one(&industries).clone(),
                random.one(&cities).clone(),
                Value::Int(random.number(5000)),
                Value::number(random.number(1_000_000) * 1000, 0),
            ]
        })
    }

    fn contacts(&mut self, count: usize, accounts: &[RecordId]) -> Vec<RecordId> {
        let names = ["FirstName", "LastName", "Name", "AccountId", "Email", "HasOptedOutOfEmail", "DoNotCall"];
        let (first_names, last_names) = (texts(&words::FIRST_NAMES), texts(&words::LAST_NAMES));
        self.rows("Contact", count, names, |random, row, _, _| {
            let (first, last) = (random.below(first_names.len()), random.below(last_names.len()));
            let name = format!("{} {}", words::FIRST_NAMES[first], words::LAST_NAMES[last]);
            [
                first_names[first].clone(),
                last_names[last].clone(),
                name.as_str().into(),
                some(random, accounts).into(),
                format!("contact{row}@example.com").as_str().into(),
                Value::Bool(random.percent(5)),
                Value::Bool(false),
            ]
        })
    }

    fn meters(&mut self, count: usize, accounts: &[RecordId]) -> Vec<RecordId> {
        let names = ["Name", "Account__c", "Key__c", "Kind__c", "Installed__c"];
        let kinds = texts(&["Water", "Heat", "Power"]);
        self.rows("Meter__c", count, names, |random, row, _, stamp| {
            [
                format!("Meter {row}").as_str().into(),
                some(random, accounts).into(),
                format!("M-{row:08}").as_str().into(),
                random.one(&kinds).clone(),
                Value::Date(stamp.date()),
            ]
        })
    }

    fn readings(&mut self, count: usize, meters: &[RecordId], contacts: &[RecordId]) -> Vec<RecordId> {
        let names = [
            "Meter__c",
            "Contact__c",
            "Before__c",
            "State__c",
            "Region__c",
            "Value__c",
            "Cost__c",
            "Day__c",
            "Taken__c",
            "Final__c",
            "Remark__c",
        ];
        let states = texts(&["Estimated", "Read", "Checked"]);
        let regions = words::CITIES.map(|city| Value::text(&format!("{}, {}", city.0, city.2)));
        let remarks: Vec<Value> =
            (0..64).map(|seed| words::paragraph(&mut Random::new(seed)).as_str().into()).collect();
        let remarks: Vec<Value> =
            remarks.into_iter().filter(|text: &Value| text.as_text().is_some_and(short)).collect();
        self.rows("Reading__c", count, names, |random, _, ids, stamp| {
            let value = random.number(10_000_000);
            [
                some(random, meters).into(),
                if random.percent(30) { some(random, contacts).into() } else { Value::Null },
                ids.last().copied().filter(|_| random.percent(50)).into(),
                random.one(&states).clone(),
                random.one(&regions).clone(),
                Value::number(value, 3),
                Value::number(value / 7, 2),
                Value::Date(stamp.date()),
                Value::DateTime(stamp),
                Value::Bool(random.percent(50)),
                if random.percent(30) { random.one(&remarks).clone() } else { Value::Null },
            ]
        })
    }

    fn remarks(&mut self, count: usize, readings: &[RecordId]) {
        if readings.is_empty() {
            return;
        }
        self.rows("Remark__c", count, ["Reading__c", "Text__c"], |random, _, _, _| {
            [Value::Id(*random.one(readings)), words::paragraph(random).as_str().into()]
        });
    }
}

fn short(text: &str) -> bool {
    text.chars().count() <= 255
}

fn texts(of: &[&str]) -> Vec<Value> {
    of.iter().map(|text| Value::text(text)).collect()
}

fn some(random: &mut Random, of: &[RecordId]) -> Option<RecordId> {
    if of.is_empty() { None } else { Some(*random.one(of)) }
}

/// Stamps run on, several rows to a second as a load makes them.
fn next_stamp(stamp: Timestamp, row: usize) -> Timestamp {
    if row.is_multiple_of(20) { stamp.saturating_add(std::time::Duration::from_secs(60)) } else { stamp }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_org_has_so_many_rows_and_is_the_same_again() {
        let count =
            |store: &Store| store.schema().objects().iter().map(|object| store.table(object).len()).sum::<usize>();
        let base = count(&generated(0, 1));
        for rows in [1, 7, 1000, 12_345] {
            assert_eq!(count(&generated(rows, 1)) - base, rows);
        }
        let rows = |seed| {
            let store = generated(500, seed);
            let object = store.schema().object("Reading__c").unwrap();
            store.table(object).rows().map(|row| format!("{row:?}")).collect::<Vec<_>>()
        };
        assert_eq!(rows(3), rows(3));
        assert_ne!(rows(3), rows(4));
    }

    #[test]
    fn the_main_object_has_about_twenty_fields() {
        let store = generated(100, 1);
        assert_eq!(store.schema().object("Reading__c").unwrap().fields.len(), 20);
    }

    #[test]
    fn all_rows_lie_in_the_past() {
        let store = generated(20_000, 1);
        let object = store.schema().object("Reading__c").unwrap();
        let last = store.table(object).rows().next_back().unwrap().get(object.known.stamp.unwrap()).clone();
        let Value::DateTime(last) = last else { panic!("{last:?}") };
        assert!(last < "2026-01-01T00:00:00Z".parse().unwrap());
    }
}
