//! Rows as JSON, straight into bytes.

use std::fmt::Write as _;
use std::sync::Arc;

use salesforce_types::{RecordId, Timestamp};

use super::cursor::{Cursor, Cursors};
use super::rows;
use super::scope::View;
use super::select::{Children, From, Shape};
use crate::schema::Object;
use crate::store::Row;
use crate::value::Value;
use salesforce_types::ApiVersion;

/// What pages of one query have in common.
#[derive(Debug)]
pub(super) struct Renderer<'r, 'o> {
    pub(super) view: View<'o>,
    pub(super) version: ApiVersion,
    /// The most rows of a page, the children of a row counted by themselves.
    pub(super) batch: usize,
    pub(super) text: &'r Arc<str>,
    /// Where further pages are kept.
    pub(super) cursors: &'r mut Cursors,
    /// The places of child queries on the way from the outer query.
    pub(super) place: Vec<usize>,
}

impl<'o> Renderer<'_, 'o> {
    /// The page of `slots` that begins at `from`. Further pages are under `locator`, if there is one; else a cursor is
    /// made when the rows are more than a page.
    pub(super) fn page(
        &mut self,
        out: &mut Vec<u8>,
        shape: &Shape<'o>,
        slots: &Arc<[u32]>,
        from: usize,
        locator: Option<&str>,
    ) {
        let to = slots.len().min(from.saturating_add(self.batch));
        let _ = write!(Text(out), "{{\"totalSize\":{},\"done\":{},", slots.len(), to == slots.len());
        if to < slots.len() {
            let locator = locator.map_or_else(|| self.keep(shape.object, slots), str::to_owned);
            let _ = write!(Text(out), "\"nextRecordsUrl\":\"/services/data/v{}/query/{locator}-{to}\",", self.version);
        }
        out.extend_from_slice(b"\"records\":[");
        let table = self.view.store.table(shape.object);
        let mut first = true;
        for row in slots.get(from..to).unwrap_or_default().iter().filter_map(|&slot| table.at(slot)) {
            // A row that was deleted after the query ran is missing from its page.
            if !self.view.sees(row) {
                continue;
            }
            if !first {
                out.push(b',');
            }
            first = false;
            self.row(out, shape, row);
        }
        out.extend_from_slice(b"]}");
    }

    fn keep(&mut self, object: &Object, slots: &Arc<[u32]>) -> String {
        self.cursors.open(Cursor {
            text: Arc::clone(self.text),
            place: self.place.as_slice().into(),
            object: object.index,
            slots: Arc::clone(slots),
            all_rows: self.view.all_rows,
            batch: self.batch,
            opened: self.view.store.clock.now(),
        })
    }

    /// One row.
    pub(super) fn row(&mut self, out: &mut Vec<u8>, shape: &Shape<'o>, row: &'o Row) {
        out.extend_from_slice(&shape.head);
        out.extend_from_slice(&row.id().to_18());
        out.extend_from_slice(b"\"}");
        let object = shape.object;
        for item in &shape.items {
            out.push(b',');
            out.extend_from_slice(&item.key);
            match &item.from {
                From::Cell(field) => write_value(out, row.get(field.index)),
                From::Blob(field) => {
                    let id: RecordId = row.id();
                    if row.get(field.index).is_null() {
                        out.extend_from_slice(b"null");
                    } else {
                        let (version, object) = (self.version, &object.name);
                        let _ =
                            write!(Text(out), "\"/services/data/v{version}/sobjects/{object}/{id}/{}\"", field.name);
                    }
                }
                From::Made(reading) => write_value(out, &reading.read(self.view, object, row)),
                From::ObjectName => crate::value::write_json_text(out, &object.name),
                From::Nothing => out.extend_from_slice(b"null"),
                From::Parent { via, shapes } => {
                    let parent = self.view.parent(row, via).and_then(|(object, parent)| {
                        Some((shapes.iter().find(|shape| shape.object.index == object.index)?, parent))
                    });
                    match parent {
                        Some((shape, parent)) => self.row(out, shape, parent),
                        None => out.extend_from_slice(b"null"),
                    }
                }
                From::Children { children, place } => self.children(out, children, *place, row),
            }
        }
        out.push(b'}');
    }

    fn children(&mut self, out: &mut Vec<u8>, children: &Children<'o>, place: usize, parent: &'o Row) {
        let object = children.shape.object;
        let view = self.view;
        let table = view.store.table(object);
        let found = table.pointing(children.field.index, parent.id()).filter(|row| view.sees(row)).filter(|row| {
            children.filter.as_ref().is_none_or(|filter| filter.holds(&|reading| reading.read(view, object, row)))
        });
        let found = found.filter_map(|row| Some((table.slot_of(row.id())?, row)));
        let slots = rows::arrange(view, object, found, &children.order, children.limit, children.offset);
        if slots.is_empty() {
            out.extend_from_slice(b"null");
            return;
        }
        self.place.push(place);
        self.page(out, &children.shape, &slots.into(), 0, None);
        self.place.pop();
    }
}

/// Writes a value. Moments are by far the most frequent value that is slow to write, so they have a way of their own.
pub(crate) fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::DateTime(moment) => write_moment(out, *moment),
        other => other.write_json(out),
    }
}

fn write_moment(out: &mut Vec<u8>, moment: Timestamp) {
    const DAY: i64 = 86_400_000;
    let millis = moment.as_millis();
    let (days, in_day) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    // The civil calendar in eras of 400 years that begin on 1 March, after Howard Hinnant.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if !(0..=9999).contains(&year) {
        Value::DateTime(moment).write_json(out);
        return;
    }
    let mut text = *b"\"0000-00-00T00:00:00.000+0000\"";
    let mut put = |at: usize, digits: usize, mut number: i64| {
        for place in text.iter_mut().skip(at).take(digits).rev() {
            *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
    };
    put(1, 4, year);
    put(6, 2, month);
    put(9, 2, day);
    put(12, 2, in_day / 3_600_000);
    put(15, 2, in_day / 60_000 % 60);
    put(18, 2, in_day / 1000 % 60);
    put(21, 3, in_day % 1000);
    out.extend_from_slice(&text);
}

/// Bytes that take text.
pub(crate) struct Text<'a>(pub(crate) &'a mut Vec<u8>);

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn moments_are_written_as_they_print(millis in -100_000_000_000_000i64..300_000_000_000_000) {
            let moment = Timestamp::from_millis(millis);
            let mut out = Vec::new();
            write_moment(&mut out, moment);
            proptest::prop_assert_eq!(String::from_utf8(out).unwrap(), format!("\"{moment}\""));
        }
    }
}
