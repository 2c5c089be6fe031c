use super::{Expression, Function, Operator};
use crate::value::Decimal;

/// How deep a formula may nest.
const DEEPEST: usize = 40;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Number(Decimal),
    Name(String),
    Sign(&'static str),
}

/// Reads a formula; the error says what is not evaluated.
pub(super) fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0 };
    let expression = parser.binary(0, 0)?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(format!("{} is not expected", show(token))),
    }
}

fn show(token: &Token) -> String {
    match token {
        Token::Text(text) => format!("the text '{text}'"),
        Token::Number(number) => format!("the number {number}"),
        Token::Name(name) => format!("`{name}`"),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}

const SIGNS: [&str; 19] =
    ["<>", "!=", "==", "<=", ">=", "&&", "||", "(", ")", ",", "+", "-", "*", "/", "&", "=", "<", ">", "!"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '/' if rest.starts_with("/*") => {
                let (_, after) = rest.split_once("*/").ok_or("a comment has no end")?;
                rest = after.trim_start();
                continue;
            }
            '"' | '\'' => quoted(rest, first)?,
            '0'..='9' | '.' => {
                let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
                let (number, after) = rest.split_at(end);
                (Token::Number(number.parse().map_err(|_| format!("`{number}` is no number"))?), after)
            }
            'a'..='z' | 'A'..='Z' | '_' | '$' => {
                let inside = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '$');
                let end = rest.find(|letter| !inside(letter)).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                (Token::Name(name.to_owned()), after)
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| format!("`{first}` is not known"))?;
                (Token::Sign(sign), rest.split_at(sign.len()).1)
            }
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn quoted(text: &str, quote: char) -> Result<(Token, &str), String> {
    let mut inside = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, 'n')) => inside.push('\n'),
                Some((_, other)) => inside.push(other),
                None => break,
            },
            _ if letter == quote => return Ok((Token::Text(inside), text.split_at(at + 1).1)),
            _ => inside.push(letter),
        }
    }
    Err("a text has no end".into())
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.next += usize::from(found);
        found
    }

    /// The operators that bind at least as strongly as `least`.
    fn binary(&mut self, least: u8, depth: usize) -> Result<Expression, String> {
        if depth > DEEPEST {
            return Err(format!("it nests deeper than {DEEPEST}"));
        }
        let mut left = self.operand(depth)?;
        while let Some(Token::Sign(sign)) = self.peek() {
            let Some((operator, strength)) = operator(sign) else { break };
            if strength < least {
                break;
            }
            self.next += 1;
            let right = self.binary(strength + 1, depth + 1)?;
            left = Expression::Binary(operator, left.into(), right.into());
        }
        Ok(left)
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, String> {
        let token = self.peek().cloned().ok_or("it ends too early")?;
        self.next += 1;
        match token {
            Token::Text(text) => Ok(Expression::Text(text.into())),
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Sign("-") => Ok(Expression::Negate(self.binary(9, depth + 1)?.into())),
            Token::Sign("!") => Ok(Expression::Call(Function::Not, vec![self.binary(9, depth + 1)?])),
            Token::Sign("(") => {
                let inside = self.binary(0, depth + 1)?;
                if self.take(")") { Ok(inside) } else { Err("a `)` is missing".into()) }
            }
            Token::Sign(sign) => Err(format!("`{sign}` is not expected")),
            Token::Name(name) if self.take("(") => self.call(&name, depth),
            Token::Name(name) if name.eq_ignore_ascii_case("true") => Ok(Expression::Bool(true)),
            Token::Name(name) if name.eq_ignore_ascii_case("false") => Ok(Expression::Bool(false)),
            Token::Name(name) if name.eq_ignore_ascii_case("null") => Ok(Expression::Null),
            Token::Name(name) if name.starts_with('$') => Err(format!("`{name}` is not evaluated")),
            Token::Name(name) => Ok(Expression::Field(name.split('.').map(Into::into).collect())),
        }
    }

    fn call(&mut self, name: &str, depth: usize) -> Result<Expression, String> {
        let (function, least, most) =
            Function::find(name).ok_or_else(|| format!("the function {name} is not evaluated"))?;
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.binary(0, depth + 1)?);
                if self.take(")") {
                    break;
                }
                if !self.take(",") {
                    return Err(format!("a `,` or `)` is missing in {name}"));
                }
            }
        }
        if (least..=most).contains(&arguments.len()) {
            Ok(Expression::Call(function, arguments))
        } else {
            Err(format!("{name} does not take {} arguments", arguments.len()))
        }
    }
}

fn operator(sign: &str) -> Option<(Operator, u8)> {
    Some(match sign {
        "||" => (Operator::Or, 1),
        "&&" => (Operator::And, 2),
        "=" | "==" => (Operator::Equal, 3),
        "<>" | "!=" => (Operator::NotEqual, 3),
        "<" => (Operator::Less, 4),
        "<=" => (Operator::LessOrEqual, 4),
        ">" => (Operator::Greater, 4),
        ">=" => (Operator::GreaterOrEqual, 4),
        "&" => (Operator::Concat, 5),
        "+" => (Operator::Add, 6),
        "-" => (Operator::Subtract, 6),
        "*" => (Operator::Multiply, 7),
        "/" => (Operator::Divide, 7),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_bind_as_usual() {
        let shown = |text: &str| format!("{:?}", parse(text).unwrap());
        assert_eq!(shown("1 + 2 * 3"), shown("1 + (2 * 3)"));
        assert_eq!(shown("1 - 2 - 3"), shown("(1 - 2) - 3"));
        assert_eq!(shown("-A * B"), shown("(-A) * B"));
        assert_eq!(shown("A = 1 && B <> 'x' || !C"), shown("((A = 1) && (B <> \"x\")) || NOT(C)"));
        assert_eq!(
            shown("if(ISBLANK(Account.Name), '', /* no */ TODAY() - 1)"),
            shown("IF(ISBLANK(Account.Name),'',TODAY()-1)")
        );
    }

    #[test]
    fn what_is_not_evaluated_is_named() {
        for (text, reason) in [
            ("IMAGE(Picture__c, 'x')", "the function IMAGE is not evaluated"),
            ("LEFT($Api.Session_ID, 3)", "`$Api.Session_ID` is not evaluated"),
            ("IF(1, 2)", "IF does not take 2 arguments"),
            ("1 +", "it ends too early"),
            ("'x", "a text has no end"),
            ("1 2", "the number 2.0 is not expected"),
            ("a ? b", "`?` is not known"),
        ] {
            assert_eq!(parse(text).unwrap_err(), reason, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"-".repeat(100_000)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}", signs in "[-(),+*/&|<>=!'\"A1. ]{0,60}") {
            let _ = (parse(&text), parse(&signs));
        }
    }
}
