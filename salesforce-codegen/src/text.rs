//! Text of an org in Rust code. Whoever may name a field there must not write code here.

/// The longest label kept; the org's own limit is 40 for most.
const LONGEST: usize = 200;

/// A label as one line of Markdown that says nothing but the text: no links, no HTML, no code, no list.
pub(crate) fn doc(label: &str, or: &str) -> String {
    let plain: String = label
        .chars()
        .map(|c| if c.is_control() || c.is_whitespace() || is_format(c) { ' ' } else { c })
        .take(LONGEST)
        .collect();
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return format!("`{or}`");
    }
    let words = words.join(" ");
    let mut text = String::with_capacity(words.len());
    for (at, c) in words.char_indices() {
        let is_harmless = match c {
            ',' | '\'' | '%' | '/' | '?' | ';' | '"' => true,
            // A list at the beginning; nothing within.
            '-' | '(' => at > 0,
            '.' | ')' => !words[..at].bytes().all(|byte| byte.is_ascii_digit()) || is_within_word(&words, at),
            ':' => !words[at + 1..].starts_with('/'),
            _ => false,
        };
        if c.is_ascii_punctuation() && !is_harmless {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// Whether a character of one byte is followed by more of its word.
fn is_within_word(words: &str, at: usize) -> bool {
    at > 0 && !words[at + 1..].is_empty() && !words[at + 1..].starts_with(' ')
}

/// Characters that change how the others are shown, which the compiler refuses in comments.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A literal that holds the text.
pub(crate) fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            c if c.is_ascii_graphic() || c == ' ' => literal.push(c),
            c if c.is_alphanumeric() => literal.push(c),
            c => literal.extend(c.escape_unicode()),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stays_text() {
        for (label, expected) in [
            ("Account ID", "Account ID"),
            ("a\n*/ fn main() {}\r\n", r"a \*/ fn main() \{\}"),
            ("[link](https://x.y) <b> `code` *", r"\[link\](https\://x.y) \<b\> \`code\` \*"),
            ("    indented", "indented"),
            ("# 1. head", r"\# 1. head"),
            ("1. Prospecting", r"1\. Prospecting"),
            ("10) Won", r"10\) Won"),
            ("2.", r"2\."),
            ("1.5 GB (max.)", "1.5 GB (max.)"),
            (".5", r"\.5"),
            ("\u{202e}gnirts", "gnirts"),
            (" \t", "`Name`"),
        ] {
            assert_eq!(doc(label, "Name"), expected, "{label}");
        }
    }

    #[test]
    fn a_literal_is_the_text_again() {
        assert_eq!(literal("a\"b\\\n\u{202e}ä"), r#""a\"b\\\u{a}\u{202e}ä""#);
    }
}
