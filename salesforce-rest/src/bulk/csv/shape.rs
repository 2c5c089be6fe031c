use super::rows::TextRow;

/// What the cells of a column are. CSV does not say it; the org's describe does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text whose empty cell is null.
    Text,
    /// Text that is never null: its empty cell is an empty text.
    FullText,
    Number,
    Bool,
    /// A date with a time: CSV writes it with `Z`, JSON with `+0000`.
    DateTime,
}

/// How the cells of a row lie in a row of JSON: which are whose fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(super) object: Box<str>,
    pub(super) nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) name: Box<str>,
    pub(super) part: Part,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Cell {
        column: usize,
        kind: Kind,
    },
    /// A parent: the columns whose names begin with its name and a dot.
    Parent(Shape),
}

/// What the org says of the columns: see [`Shape::new`].
pub(crate) trait Describe {
    /// What the cells of a column are.
    fn kind(&self, path: &str) -> Kind;

    /// The object whose rows these are, `""`, or that a parent is of, `Account.Owner`.
    fn object(&self, path: &str) -> &str;
}

impl Shape {
    /// The shape of rows with these columns.
    pub(crate) fn new<'n>(columns: impl Iterator<Item = &'n str>, describe: &dyn Describe) -> Self {
        let mut shape = Self { object: describe.object("").into(), nodes: Vec::new() };
        for (column, path) in columns.enumerate() {
            let part = Part::Cell { column, kind: describe.kind(path) };
            let mut below = &mut shape;
            let mut start = 0;
            while let Some(dot) = path[start..].find('.').map(|dot| start + dot) {
                below = below.parent(&path[start..dot], &path[..dot], describe);
                start = dot + 1;
            }
            below.nodes.push(Node { name: path[start..].into(), part });
        }
        shape
    }

    /// The shape of a parent, in the place of its first column.
    fn parent(&mut self, name: &str, path: &str, describe: &dyn Describe) -> &mut Self {
        let is_it = |node: &Node| *node.name == *name && matches!(node.part, Part::Parent(_));
        let at = self.nodes.iter().position(is_it).unwrap_or_else(|| {
            let part = Part::Parent(Self { object: describe.object(path).into(), nodes: Vec::new() });
            self.nodes.push(Node { name: name.into(), part });
            self.nodes.len() - 1
        });
        match &mut self.nodes[at].part {
            Part::Parent(shape) => shape,
            Part::Cell { .. } => unreachable!("the node was looked for, or made, as a parent"),
        }
    }

    /// Whether every cell of it is empty: then there is no such parent.
    pub(super) fn is_empty_in(&self, row: &TextRow<'_>) -> bool {
        self.nodes.iter().all(|node| match &node.part {
            Part::Cell { column, .. } => row.is_empty_at(*column),
            Part::Parent(shape) => shape.is_empty_in(row),
        })
    }
}
