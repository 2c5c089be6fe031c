mod parse;

use std::sync::Arc;

use crate::value::Decimal;

/// A formula of a calculated field or of a default.
///
/// A small part of the language is evaluated: texts, numbers, checkboxes, fields of the row and of its parents, the
/// usual operators, and the functions of [`Function`]. What lies beyond is kept as text and reads as nothing; it is
/// never guessed.
#[derive(Clone, Debug)]
pub struct Formula {
    /// The text, as the describe shows it.
    pub text: Arc<str>,
    /// What is evaluated, or why it cannot be.
    pub expression: Result<Expression, String>,
    /// Whether an empty number counts as 0.
    pub blank_as_zero: bool,
}

/// A formula as a tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A text in quotes.
    Text(Arc<str>),
    /// A number.
    Number(Decimal),
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// `NULL`.
    Null,
    /// A field of the row, or of a parent: `Account.Name`.
    Field(Vec<Box<str>>),
    /// A function and its arguments.
    Call(Function, Vec<Self>),
    /// Two operands.
    Binary(Operator, Box<Self>, Box<Self>),
    /// `-x`
    Negate(Box<Self>),
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`: numbers, texts, a date and days
    Add,
    /// `-`: numbers, dates
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `&`
    Concat,
    /// `=` or `==`
    Equal,
    /// `<>` or `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
}

macro_rules! functions {
    ($($name:ident $text:literal $least:literal $most:literal $doc:literal,)*) => {
        /// The functions that are evaluated.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $(#[doc = $doc] $name,)* }

        impl Function {
            /// The function of that name, with how few and how many arguments it takes.
            fn find(name: &str) -> Option<(Self, usize, usize)> {
                match () {
                    $(() if name.eq_ignore_ascii_case($text) => Some((Self::$name, $least, $most)),)*
                    () => None,
                }
            }
        }
    };
}

functions! {
    If "IF" 3 3 "The second or the third argument, by the first.",
    IsBlank "ISBLANK" 1 1 "Whether there is nothing.",
    BlankValue "BLANKVALUE" 2 2 "The first argument, or the second when there is nothing.",
    Text "TEXT" 1 1 "A number, a picklist value or a date as text.",
    Today "TODAY" 0 0 "The day.",
    Now "NOW" 0 0 "The moment.",
    Year "YEAR" 1 1 "The year of a day.",
    Month "MONTH" 1 1 "The month of a day.",
    Day "DAY" 1 1 "The day of the month.",
    Round "ROUND" 2 2 "A number rounded to so many digits.",
    Abs "ABS" 1 1 "A number without its sign.",
    Max "MAX" 1 20 "The largest number.",
    Min "MIN" 1 20 "The smallest number.",
    Left "LEFT" 2 2 "The first characters.",
    Right "RIGHT" 2 2 "The last characters.",
    Upper "UPPER" 1 1 "In capitals.",
    Lower "LOWER" 1 1 "In small letters.",
    Trim "TRIM" 1 1 "Without blanks around.",
    Len "LEN" 1 1 "How many characters.",
    And "AND" 1 20 "Whether all are true.",
    Or "OR" 1 20 "Whether one is true.",
    Not "NOT" 1 1 "The opposite.",
    IsPickVal "ISPICKVAL" 2 2 "Whether a picklist has that value.",
}

impl Formula {
    /// Reads a formula. Never fails: what cannot be evaluated is kept with the reason.
    #[must_use]
    pub fn new(text: &str, blank_as_zero: bool) -> Self {
        Self { text: text.into(), expression: parse::parse(text), blank_as_zero }
    }
}
