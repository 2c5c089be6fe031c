use bytes::Bytes;
use proptest::prelude::*;
use salesforce_types::{Record, Timestamp, Value};
use serde::Deserialize;

use super::*;

const CAP: usize = 1 << 20;

/// All rows of a text that comes in pieces of a size.
fn read(text: &[u8], piece: usize) -> Result<(Vec<String>, Vec<Vec<String>>), MalformedCsv> {
    let mut reader = Reader::new(b',', CAP);
    let mut table = Vec::new();
    let mut take = |reader: &mut Reader| {
        while let Some(rows) = reader.next()? {
            assert!(!rows.is_empty());
            for row in rows.iter() {
                table.push(row.cells()?.map(Into::into).collect());
            }
        }
        Ok::<_, MalformedCsv>(())
    };
    for piece in text.chunks(piece) {
        reader.push(Bytes::copy_from_slice(piece));
        take(&mut reader)?;
    }
    reader.finish();
    take(&mut reader)?;
    let columns = reader.columns().map(|columns| columns.names().map(str::to_owned).collect()).unwrap_or_default();
    assert_eq!(reader.rows(), table.len() as u64);
    Ok((columns, table))
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let whole = read(text.as_bytes(), usize::MAX).unwrap();
    for piece in 1..8 {
        assert_eq!(read(text.as_bytes(), piece).as_ref(), Ok(&whole), "in pieces of {piece}");
    }
    whole.1
}

fn error(text: &[u8]) -> String {
    let whole = read(text, usize::MAX).unwrap_err().to_string();
    for piece in 1..8 {
        assert_eq!(read(text, piece).unwrap_err().to_string(), whole, "in pieces of {piece}");
    }
    whole
}

/// What the `csv` crate makes of it.
fn peer(text: &[u8]) -> Result<Vec<Vec<String>>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    reader.records().map(|row| row.map(|row| row.iter().map(str::to_owned).collect())).collect()
}

#[test]
fn salesforces_own_form_is_read() {
    let text = "\"Id\",\"Name\",\"Owner.Email\"\n\"001\",\"Sample \"\"Co\"\", Ltd\",\"\"\n\"002\",\"two\nlines\",\"a@b.example\"\n";
    assert_eq!(rows(text), [["001", "Sample \"Co\", Ltd", ""], ["002", "two\nlines", "a@b.example"]]);
    assert_eq!(rows(&text.replace('\n', "\r\n"))[0], ["001", "Sample \"Co\", Ltd", ""]);
}

#[test]
fn other_forms_are_read_by_the_rules() {
    assert_eq!(rows("\u{feff}Id,Name\n1, a\n2,"), [["1", " a"], ["2", ""]]);
    assert_eq!(rows("\u{feff}\"Id\",Name\r1,a\r\"2\",\"b\"\r"), [["1", "a"], ["2", "b"]]);
    assert_eq!(rows("\"sf__Id\",\"sf__Error\",Name\n\"\",\"A:b:--\",\"x\"\n"), [["", "A:b:--", "x"]]);
    assert_eq!(rows("Id\n\"\"\n\"1\"\n"), [[""], ["1"]]);
    assert_eq!(rows("Id,Name\n\"1\",\"nul \0 inside\"\n"), [["1", "nul \0 inside"]]);
}

#[test]
fn no_rows_are_a_header_alone_or_nothing_at_all() {
    for text in ["", "\n", "\u{feff}", "\"Id\"", "\"Id\"\n", "Id,Name\r\n"] {
        assert_eq!(rows(text), Vec::<Vec<String>>::new(), "{text:?}");
    }
}

#[test]
fn what_is_no_csv_is_told_with_its_place() {
    assert_eq!(
        error(b"Id,Name\n1,a\n2,b\"c\n"),
        "row 2 of the CSV, at byte 12, cannot be read: a quote stands in the middle of a cell"
    );
    assert!(error(b"Id,Name\n\"1\",\"a\" ,\n").contains("row 1 of the CSV, at byte 8"));
    assert!(error(b"Id,Name\n\"1\",\"a\n\"2\"").contains("quote"));
    assert_eq!(
        error(b"\"Id\",\"Name\"\n\"1\",\"a\"\n\"2\"\n"),
        "row 2 of the CSV, at byte 20, cannot be read: it has 1 cells and the header has 2"
    );
    assert_eq!(
        error(b"\"Id\",\"Name\"\n\"1\",\"a"),
        "row 1 of the CSV, at byte 12, cannot be read: it ends within quotes"
    );
    assert_eq!(
        error(b"\"Id\"\n\"1\"\n\"a\xff\"\n\"3\"\n"),
        "row 2 of the CSV, at byte 9, cannot be read: it is no UTF-8"
    );
    assert_eq!(error(b"Id,id,Id\n"), "the header line of the CSV cannot be read: the column `id` is there twice");
}

#[test]
fn a_row_longer_than_the_cap_is_an_error_and_no_memory() {
    let mut reader = Reader::new(b',', 100);
    reader.push(Bytes::from_static(b"\"Id\"\n\""));
    let error = (0..).find_map(|_| {
        let error = reader.next().err();
        reader.push(Bytes::from_static(&[b'x'; 30]));
        error
    });
    let error = error.unwrap();
    assert_eq!(
        error.to_string(),
        "row 1 of the CSV, at byte 5, cannot be read: it is longer than the 100 bytes that a row may have"
    );
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Contact {
    id: String,
    last_name: String,
    #[serde(default)]
    nick_name: String,
    email: Option<String>,
    amount: Option<f64>,
    employees: Option<i32>,
    is_deleted: bool,
    created_date: Timestamp,
    account: Option<Account>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: Option<String>,
    owner: Option<Owner>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Owner {
    name: String,
}

const HEADER: &str =
    "Id,LastName,Email,Amount,Employees,IsDeleted,CreatedDate,Account.Name,NickName,Account.Owner.Name\n";

struct Org;

impl Describe for Org {
    fn kind(&self, path: &str) -> Kind {
        match path {
            "Amount" | "Employees" => Kind::Number,
            "IsDeleted" => Kind::Bool,
            "CreatedDate" => Kind::DateTime,
            "NickName" => Kind::FullText,
            _ => Kind::Text,
        }
    }

    fn object(&self, path: &str) -> &str {
        match path {
            "" => "Contact",
            "Account.Owner" => "User",
            _ => "Account",
        }
    }
}

fn decoded<T: serde::de::DeserializeOwned>(line: &str) -> Result<T, String> {
    let mut reader = Reader::new(b',', CAP);
    reader.push(format!("{HEADER}{line}\n").into());
    let rows = reader.next().unwrap().unwrap();
    let shape = Shape::new(rows.columns().names(), &Org);
    decode(&shape, rows.iter().next().unwrap())
}

/// The same row as a query answers it.
fn json(amount: &str) -> String {
    format!(
        r#"{{"attributes":{{"type":"Contact"}},"Id":"1","LastName":"Doe","Email":null,"Amount":{amount},"Employees":3,"IsDeleted":false,"CreatedDate":"2026-03-01T17:49:01.000+0000","Account":{{"attributes":{{"type":"Account"}},"Name":"Sample & Co","Owner":{{"attributes":{{"type":"User"}},"Name":"Ada"}}}},"NickName":""}}"#
    )
}

#[test]
fn a_row_is_the_same_as_over_json() {
    for amount in ["1234.5", "9.12260031E8", "-0.1", "0", "1e400", "123456789012345678901234567890.123"] {
        let line = format!("1,Doe,,{amount},3,false,2026-03-01T17:49:01.000Z,Sample & Co,,Ada");
        let over_json = serde_json::from_str::<Contact>(&json(amount)).map_err(drop);
        assert_eq!(decoded::<Contact>(&line).map_err(drop), over_json, "{amount}");
        let record: Record = decoded(&line).unwrap();
        assert_eq!(record, serde_json::from_str::<Record>(&json(amount)).unwrap(), "{amount}");
        assert_eq!(record.get_path("Account.Owner.Name").and_then(Value::as_str), Some("Ada"));
    }
}

#[test]
fn a_parent_without_any_text_is_none() {
    let contact: Contact = decoded("1,Doe,,,,true,2026-03-01T17:49:01.000Z,,,").unwrap();
    assert_eq!((contact.account, contact.amount, contact.is_deleted), (None, None, true));
    let contact: Contact = decoded("1,Doe,,,,true,2026-03-01T17:49:01.000Z,Acme,,").unwrap();
    assert_eq!(contact.account, Some(Account { name: Some("Acme".into()), owner: None }));
}

#[test]
fn a_cell_that_is_not_what_the_field_is_cannot_be_decoded() {
    for line in [
        "1,Doe,,12 ,,true,2026-03-01T17:49:01.000Z,,,",
        "1,Doe,,NaN,,true,2026-03-01T17:49:01.000Z,,,",
        "1,Doe,,\"1,2\",,true,2026-03-01T17:49:01.000Z,,,",
        "1,Doe,,,1.5,true,2026-03-01T17:49:01.000Z,,,",
        "1,Doe,,,,1,2026-03-01T17:49:01.000Z,,,",
        "1,Doe,,,,,2026-03-01T17:49:01.000Z,,,",
        "1,Doe,,,,true,yesterday,,,",
        ",Doe,,,,true,2026-03-01T17:49:01.000Z,,,",
    ] {
        assert!(decoded::<Contact>(line).is_err(), "{line}");
    }
    for line in ["1,Doe,,x,,true,,,,", "1,Doe,,\"1,\"\"a\"\":2\",,true,,,,", "1,Doe,,,,yes,,,,"] {
        assert!(decoded::<Record>(line).is_err(), "{line}");
    }
}

/// Texts with everything that matters to CSV.
fn hostile() -> impl Strategy<Value = String> {
    "[a,\"\r\n;ä\u{feff} ]{0,300}"
}

proptest! {
    #[test]
    fn the_quick_way_and_the_peer_agree_on_every_table(table in prop::collection::vec(prop::collection::vec("[a\",\r\nä]{0,9}", 3), 1..40), crlf: bool, piece in 1_usize..200) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut text = format!("\"A\",\"B\",\"C\"{end}");
        for row in &table {
            let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            text.push_str(&cells.join(","));
            text.push_str(end);
        }
        let (columns, rows) = read(text.as_bytes(), piece).unwrap();
        prop_assert_eq!(columns, ["A", "B", "C"]);
        prop_assert_eq!(&rows, &table);
        prop_assert_eq!(&peer(text.as_bytes()).unwrap(), &table);
    }

    #[test]
    fn what_is_read_of_hostile_text_is_what_the_peer_reads(text in hostile(), piece in 1_usize..80) {
        let whole = read(text.as_bytes(), usize::MAX);
        prop_assert_eq!(&read(text.as_bytes(), piece).map_err(drop), &whole.clone().map_err(drop));
        // Column names that are there twice, and a header line in lines that are empty, are ours to refuse.
        if let Ok((_, rows)) = whole {
            prop_assert_eq!(rows, peer(text.as_bytes()).unwrap());
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(prop::sample::select(b"a\",\r\n\xef\xbb\xbf\xff\0".to_vec()), 0..300), piece in 1_usize..80) {
        let _ = read(&bytes, piece);
    }
}
