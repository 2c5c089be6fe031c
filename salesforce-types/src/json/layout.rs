use std::borrow::Cow;
use std::slice;
use std::sync::Arc;

use super::{Quoted, Scanner, Unreadable};

type Result<T> = std::result::Result<T, Unreadable>;

/// The names that the rows of one result have in common, in their order, and those of the objects in them.
///
/// All rows of a result are alike. What one looks like is remembered; that another one has the same names in the same
/// order is then seen by comparing bytes, name by name. From the first one that differs on, an object is read as any
/// other is: a layout makes reading quicker, and never changes what is read.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    members: Vec<Known>,
    /// The names of those that a [`Record`](crate::Record) has as fields. Rows that are alike share them.
    fields: Arc<Vec<Box<str>>>,
    /// How many rows were strange.
    strange: u8,
}

/// A member that objects are thought to have.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    name: Box<str>,
    /// The name as it is written, with what is before and behind it: `,"Id":`; of the first one, `"Id":`.
    mark: Box<str>,
    /// Of the object that is its value, or of those in the list that it is.
    layout: Option<Layout>,
}

/// Rows nest by five at most.
const DEPTH: u8 = 16;

/// More names than this are not learnt; a query gives no more than a few hundred.
const NAMES: usize = 2000;

/// One strange row of so many is learnt, so that rows which take turns cost little.
const PATIENCE: u8 = 8;

impl Layout {
    /// What the row that is next looks like; without names when no object is next, or it has too many
    /// names, or some that are written with escapes.
    #[must_use]
    pub fn of(row: &Scanner<'_>) -> Self {
        Self::learn(&mut row.clone(), DEPTH, &mut { NAMES }).ok().flatten().unwrap_or_default()
    }

    /// Shows a row that was [strange](Scanner::is_strange): it may be what the next ones look like.
    pub fn note(&mut self, row: &str) {
        let strange = self.strange;
        if strange.is_multiple_of(PATIENCE) {
            *self = Self::of(&Scanner::new(row));
        }
        self.strange = strange.wrapping_add(1);
    }

    /// The names, in their order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.members.iter().map(|member| &*member.name)
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The number of a name; its case does not matter, unless it is that of another one.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let exact = self.members.iter().position(|member| *member.name == *name);
        exact.or_else(|| self.members.iter().position(|member| member.name.eq_ignore_ascii_case(name)))
    }

    /// The name of that number with what is before and behind it.
    pub(crate) fn mark(&self, at: usize) -> Option<&str> {
        self.members.get(at).map(|member| &*member.mark)
    }

    /// Shared by the records of all rows that look like this.
    pub(crate) fn fields(&self) -> &Arc<Vec<Box<str>>> {
        &self.fields
    }

    /// Passes over an object and gives its text. `places` gets the place of each value in it, a number for each name; of
    /// a row that looks otherwise, nothing.
    ///
    /// # Errors
    ///
    /// When no object is next, or it is not whole.
    pub fn row<'t>(&self, scanner: &mut Scanner<'t>, places: &mut Vec<u32>) -> Result<&'t str> {
        if scanner.peek() != Some(b'{') {
            return scanner.broken();
        }
        let before = places.len();
        if let Some(end) = self.alike(scanner.clone(), places) {
            let start = std::mem::replace(&mut scanner.at, end);
            return scanner.since(start);
        }
        places.truncate(before);
        scanner.skip()
    }

    /// The end of the object, if all is in its place.
    #[inline]
    fn alike<'l>(&'l self, mut row: Scanner<'l>, places: &mut Vec<u32>) -> Option<usize> {
        let (start, mut members) = (row.at, Members::new(Some(self)));
        row.at += 1;
        while let Some(known) = members.known(&mut row) {
            places.push(u32::try_from(row.at - start).ok()?);
            row.layout = known.layout.as_ref();
            row.value().ok()?;
        }
        let whole = members.expected.len() == 0 && !self.is_empty() && row.word("}").is_ok();
        whole.then_some(row.at)
    }

    /// Passes over a value and gives the layout of it, or of what is in it.
    fn learn(scanner: &mut Scanner<'_>, depth: u8, room: &mut usize) -> Result<Option<Self>> {
        let mut first = true;
        match scanner.peek() {
            Some(b'{') if depth > 0 => {
                scanner.eat(b'{')?;
                let (mut members, mut fields, mut plain) = (Vec::new(), Vec::new(), true);
                while let Some(name) = scanner.name(&mut first)? {
                    *room = room.checked_sub(1).ok_or(Unreadable)?;
                    plain &= name.plain().is_some();
                    let name = name.plain().unwrap_or_default();
                    if name != "attributes" || scanner.peek() != Some(b'{') {
                        fields.push(Box::from(name));
                    }
                    let comma = if members.is_empty() { "" } else { "," };
                    let mark = format!("{comma}\"{name}\":").into();
                    let layout = Self::learn(scanner, depth - 1, room)?;
                    members.push(Known { name: name.into(), mark, layout });
                }
                Ok(plain.then_some(Self { members, fields: Arc::new(fields), strange: 0 }))
            }
            Some(b'[') if depth > 0 => {
                scanner.eat(b'[')?;
                let mut layout = None;
                while scanner.element(&mut first)? {
                    match layout {
                        None => layout = Self::learn(scanner, depth - 1, room)?,
                        Some(_) => drop(scanner.skip()?),
                    }
                }
                Ok(layout)
            }
            _ => scanner.skip().map(|_| None),
        }
    }
}

/// Goes over the members of an object, from behind its opening brace.
pub(crate) struct Members<'t> {
    expected: slice::Iter<'t, Known>,
    first: bool,
}

/// A member whose value is next.
pub(crate) enum Member<'t> {
    Known(&'t Known),
    Other(Quoted<'t>),
}

impl<'t> Members<'t> {
    pub(crate) fn new(layout: Option<&'t Layout>) -> Self {
        Self { expected: layout.map(|layout| layout.members.iter()).unwrap_or_default(), first: true }
    }

    /// The next one, its name and colon passed; `None` behind the closing brace.
    #[inline]
    pub(crate) fn next(&mut self, scanner: &mut Scanner<'t>) -> Result<Option<Member<'t>>> {
        match self.known(scanner) {
            Some(known) => Ok(Some(Member::Known(known))),
            None if !self.first && scanner.follows(b"}") => Ok(None),
            None => self.other(scanner),
        }
    }

    /// The one that was expected, if it is there. If not, nothing is expected any more.
    #[inline]
    fn known(&mut self, scanner: &mut Scanner<'_>) -> Option<&'t Known> {
        let known = self.expected.next()?;
        if scanner.follows(known.mark.as_bytes()) {
            self.first = false;
            return Some(known);
        }
        scanner.strange = true;
        self.expected = [].iter();
        None
    }

    fn other(&mut self, scanner: &mut Scanner<'t>) -> Result<Option<Member<'t>>> {
        let name = scanner.name(&mut self.first)?;
        scanner.strange |= name.is_some();
        Ok(name.map(Member::Other))
    }
}

impl Known {
    #[inline]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl<'t> Member<'t> {
    pub(crate) fn name(&self) -> Result<Cow<'t, str>> {
        match self {
            Self::Known(known) => Ok(Cow::Borrowed(&known.name)),
            Self::Other(name) => name.decode(),
        }
    }

    /// What its value is thought to look like.
    #[inline]
    pub(crate) fn layout(&self) -> Option<&'t Layout> {
        match self {
            Self::Known(known) => known.layout.as_ref(),
            Self::Other(_) => None,
        }
    }
}
