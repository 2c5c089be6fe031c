//! The text of a request: operations, fields, arguments. Fragments and directives are not read.

use serde_json::{Map, Value};

use super::Problem;

/// How deep braces and brackets may stand in each other.
const DEEPEST: usize = 32;

/// The longest text, in bytes.
const LONGEST: usize = 100_000;

/// The most bytes of variables that are put in, each as often as it is used.
const MOST_PUT_IN: usize = 10_000_000;

/// One operation of a document.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) kind: String,
    pub(super) name: Option<String>,
    pub(super) fields: Vec<Field>,
}

/// A field that is asked for, with its arguments and what is asked of it.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) name: String,
    /// With the variables put in.
    pub(super) arguments: Map<String, Value>,
    pub(super) fields: Vec<Self>,
    /// The place in the document, in bytes.
    pub(super) at: usize,
}

pub(super) fn parse(text: &str, variables: &Map<String, Value>) -> Result<Vec<Operation>, Problem> {
    if text.len() > LONGEST {
        return Err(Problem::syntax(0, "the document is too long"));
    }
    let mut reader = Reader { text, at: 0, given: variables, defaults: Map::new(), constant: false, room: MOST_PUT_IN };
    let mut operations = Vec::new();
    while !reader.rest().is_empty() {
        reader.defaults.clear();
        operations.push(reader.operation()?);
    }
    Ok(operations)
}

/// The line and the column of a place.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    (line, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        _ => 0,
    };
    size_of::<Value>() + inside
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The variables of the request, and what those of the operation are without them.
    given: &'t Map<String, Value>,
    defaults: Map<String, Value>,
    /// Whether no variable may stand here.
    constant: bool,
    /// How many bytes of variables may still be put in.
    room: usize,
}

impl<'t> Reader<'t> {
    /// What is still to be read, from the next character that means something.
    fn rest(&mut self) -> &'t str {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let trimmed = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ',');
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return trimmed;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// Where the next character stands that means something.
    fn here(&mut self) -> usize {
        self.rest();
        self.at
    }

    fn unexpected(&mut self) -> Problem {
        let found = self.rest().chars().next().map_or("<EOF>".to_owned(), String::from);
        let (line, column) = place(self.text, self.at);
        let text = format!("Invalid syntax : offending token '{found}' at line {line} column {column}");
        Problem::syntax(self.at, &text)
    }

    fn takes(&mut self, sign: char) -> bool {
        let here = self.rest().starts_with(sign);
        if here {
            self.at += sign.len_utf8();
        }
        here
    }

    fn needs(&mut self, sign: char) -> Result<(), Problem> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let name =
            rest.get(..end).filter(|name| !name.is_empty() && !name.starts_with(|one: char| one.is_ascii_digit()));
        self.at += name.map_or(0, str::len);
        name
    }

    fn needs_name(&mut self) -> Result<String, Problem> {
        self.name().map(str::to_owned).ok_or_else(|| self.unexpected())
    }

    fn operation(&mut self) -> Result<Operation, Problem> {
        let mut operation = Operation { kind: "query".into(), name: None, fields: Vec::new() };
        if !self.rest().starts_with('{') {
            operation.kind = self.needs_name()?;
            operation.name = self.name().map(str::to_owned);
            if self.takes('(') {
                while !self.takes(')') {
                    self.variable()?;
                }
            }
        }
        operation.fields = self.fields(0)?;
        Ok(operation)
    }

    /// `$name: [String!] = "default"`
    fn variable(&mut self) -> Result<(), Problem> {
        self.needs('$')?;
        let name = self.needs_name()?;
        self.needs(':')?;
        let mut lists = 0;
        while self.takes('[') {
            lists += 1;
        }
        self.needs_name()?;
        self.takes('!');
        for _ in 0..lists {
            self.needs(']')?;
            self.takes('!');
        }
        let mut default = Value::Null;
        if self.takes('=') {
            self.constant = true;
            default = self.value(0)?;
            self.constant = false;
        }
        self.defaults.entry(name).or_insert(default);
        Ok(())
    }

    fn fields(&mut self, depth: usize) -> Result<Vec<Field>, Problem> {
        self.needs('{')?;
        if depth > DEEPEST {
            return Err(Problem::syntax(self.here(), "the document is too deep"));
        }
        let mut fields = Vec::new();
        while !self.takes('}') {
            let at = self.here();
            let mut name = self.needs_name()?;
            let key = name.clone();
            if self.takes(':') {
                name = self.needs_name()?;
            }
            let mut arguments = Map::new();
            if self.takes('(') {
                while !self.takes(')') {
                    let name = self.needs_name()?;
                    self.needs(':')?;
                    arguments.insert(name, self.value(0)?);
                }
            }
            let fields_of_it = if self.rest().starts_with('{') { self.fields(depth + 1)? } else { Vec::new() };
            fields.push(Field { key, name, arguments, fields: fields_of_it, at });
        }
        Ok(fields)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Problem> {
        if depth > DEEPEST {
            return Err(Problem::syntax(self.here(), "the document is too deep"));
        }
        if !self.constant && self.takes('$') {
            let at = self.here();
            let name = self.needs_name()?;
            let value = self.given.get(&name).or_else(|| self.defaults.get(&name));
            let value = value.ok_or_else(|| Problem::invalid(at, "", &format!("Undefined variable '{name}'")))?;
            let left = self.room.checked_sub(weight(value));
            self.room = left.ok_or_else(|| Problem::invalid(at, "", "The variables are too large"))?;
            return Ok(value.clone());
        }
        if self.takes('[') {
            let mut items = Vec::new();
            while !self.takes(']') {
                items.push(self.value(depth + 1)?);
            }
            return Ok(Value::Array(items));
        }
        if self.takes('{') {
            let mut members = Map::new();
            while !self.takes('}') {
                let name = self.needs_name()?;
                self.needs(':')?;
                members.insert(name, self.value(depth + 1)?);
            }
            return Ok(Value::Object(members));
        }
        if self.rest().starts_with('"') {
            return self.text();
        }
        if let Some(name) = self.name() {
            return Ok(match name {
                "true" => true.into(),
                "false" => false.into(),
                "null" => Value::Null,
                // The name of a choice.
                name => name.into(),
            });
        }
        let rest = self.rest();
        let end = rest.find(|letter: char| !matches!(letter, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        let number = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let value: serde_json::Number = serde_json::from_str(number).map_err(|_| self.unexpected())?;
        self.at += number.len();
        Ok(Value::Number(value))
    }

    /// A text in quotes. Its escapes are those of JSON.
    fn text(&mut self) -> Result<Value, Problem> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|&(_, letter)| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        let text = end.and_then(|(end, _)| rest.get(..=end)).ok_or_else(|| self.unexpected())?;
        let value: String = serde_json::from_str(text).map_err(|_| self.unexpected())?;
        self.at += text.len();
        Ok(value.into())
    }
}
