use super::{Scanner, Unreadable};

/// The names that the rows of one result have in common, in their order.
///
/// All rows of a result are alike. What the first one looks like is remembered; that another one has the same names at
/// the expected places is seen by comparing bytes, and then the places of its values are known too. A row that differs
/// is passed over as any value is.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    names: Vec<Box<str>>,
    /// The names as they are written, with what is before and behind them: `{"Id":`, then `,"Name":`.
    marks: Vec<Box<str>>,
    /// Whether the first row was seen. Later ones teach nothing: each row has as many places as there are names.
    learnt: bool,
}

impl Layout {
    /// The names, in their order; none before the first row.
    #[must_use]
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// Passes over an object and gives its text. `places` gets the place of each value in it, a number for each name; of
    /// a row that is different from the first one, zeros.
    ///
    /// # Errors
    ///
    /// When no object is next, or it is not whole.
    pub fn row<'t>(&mut self, scanner: &mut Scanner<'t>, places: &mut Vec<u32>) -> Result<&'t str, Unreadable> {
        if scanner.peek() != Some(b'{') {
            return scanner.broken();
        }
        if !std::mem::replace(&mut self.learnt, true) {
            self.learn(scanner.clone());
        }
        let (before, behind) = (places.len(), places.len() + self.marks.len());
        let mut row = scanner.clone();
        if let (true, Some(text)) = (self.alike(&mut row, places), scanner.until(&row)) {
            *scanner = row;
            return Ok(text);
        }
        places.truncate(before);
        places.resize(behind, 0);
        scanner.skip()
    }

    #[inline]
    fn alike(&self, row: &mut Scanner<'_>, places: &mut Vec<u32>) -> bool {
        let start = row.place();
        for mark in &self.marks {
            let Ok(()) = row.word(mark) else { return false };
            let Ok(place) = u32::try_from(row.place() - start) else { return false };
            places.push(place);
            if row.value().is_err() {
                return false;
            }
        }
        !self.marks.is_empty() && row.word("}").is_ok()
    }

    fn learn(&mut self, mut row: Scanner<'_>) {
        let mut first = true;
        let mut names = Vec::new();
        if row.eat(b'{').is_err() {
            return;
        }
        while let Ok(Some(name)) = row.name(&mut first) {
            match name.plain() {
                Some(name) if row.skip().is_ok() => names.push(name),
                _ => return,
            }
        }
        let mark = |(at, name)| format!("{}\"{name}\":", if at == 0 { '{' } else { ',' }).into();
        self.marks = names.iter().enumerate().map(mark).collect();
        self.names = names.into_iter().map(Box::from).collect();
    }
}
