//! Text that is safe to print: no tokens, no values of a query, no values a key holds.

use std::borrow::Cow;

/// A path or URL without user, query values and fragment. An external id's value is left out too.
///
/// ```
/// use salesforce_http::redact;
///
/// assert_eq!(redact::url("query?q=SELECT+Id+FROM+Account&x"), "query?q=…&x");
/// assert_eq!(redact::url("sobjects/Contact/Email__c/ada@acme.example"), "sobjects/Contact/Email__c/…");
/// assert_eq!(redact::url("https://ada:pw@acme.my.salesforce.com/a#b"), "https://acme.my.salesforce.com/a");
/// ```
#[must_use]
pub fn url(text: &str) -> String {
    let text = text.split('#').next().unwrap_or_default();
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    let (origin, path) = match path.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            (format!("{scheme}://{host}"), path)
        }
        None => (String::new(), path),
    };
    let mut out = origin;
    out.push_str(&without_key(path));
    if let Some(query) = query {
        out.push('?');
        for (index, pair) in query.split('&').enumerate() {
            if index > 0 {
                out.push('&');
            }
            match pair.split_once('=') {
                Some((name, _)) => {
                    out.push_str(name);
                    out.push_str("=…");
                }
                None => out.push_str(pair),
            }
        }
    }
    secrets(&out).into_owned()
}

/// `sobjects/Object/Field__c/value` names a person as often as not.
fn without_key(path: &str) -> Cow<'_, str> {
    let segments: Vec<&str> = path.split('/').collect();
    let Some(at) = segments.iter().position(|segment| *segment == "sobjects") else { return path.into() };
    match segments.get(at + 2..) {
        Some([field, value, ..]) if !looks_like_an_id(field) && !value.is_empty() => {
            let kept = segments.get(..at + 3).unwrap_or_default();
            format!("{}/…", kept.join("/")).into()
        }
        _ => path.into(),
    }
}

fn looks_like_an_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().take(3).any(|byte| byte.is_ascii_digit())
}

/// Text of a server with everything blotted out that looks like a token, a consumer key's secret or a login URL.
///
/// ```
/// use salesforce_http::redact;
///
/// assert_eq!(redact::secrets("bad session 00D000000000001!AQCCFAKE.x."), "bad session [redacted]");
/// ```
#[must_use]
pub fn secrets(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    let mut last = ' ';
    while let Some(first) = rest.chars().next() {
        let length = if last.is_ascii_alphanumeric() { 0 } else { secret_at(rest) };
        let step = if length > 0 { length } else { first.len_utf8() };
        let (head, tail) = rest.split_at(step);
        out.push_str(if length > 0 { "[redacted]" } else { head });
        last = first;
        rest = tail;
    }
    if out == text { text.into() } else { out.into() }
}

/// How long the secret is that the text begins with, or 0.
fn secret_at(text: &str) -> usize {
    let run = |text: &str, more: &[u8]| {
        text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || more.contains(byte)).count()
    };
    if text.starts_with("00D") {
        let id = run(text, b"");
        match text.get(id..).and_then(|rest| rest.strip_prefix('!')) {
            Some(data) if (15..=18).contains(&id) => id + 1 + run(data, b"."),
            _ => 0,
        }
    } else if text.starts_with("eyJ") {
        let length = run(text, b"-.");
        let dots = text.bytes().take(length).filter(|byte| *byte == b'.').count();
        if dots >= 2 { length } else { 0 }
    } else if text.starts_with("force://") {
        text.find(char::is_whitespace).unwrap_or(text.len())
    } else if text.starts_with("5Aep") {
        run(text, b".")
    } else {
        0
    }
}

/// The beginning of a text, at most `most` bytes of it.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = text.char_indices().map(|(at, char)| at + char.len_utf8()).take_while(|end| *end <= most).last();
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_parts_of_an_object_stay_readable() {
        for plain in [
            "limits",
            "sobjects/Account/describe",
            "sobjects/Attachment/00P000000000001AAA/Body",
            "/services/data",
            "query/0r8xx-2000",
        ] {
            assert_eq!(url(plain), plain);
        }
    }

    #[test]
    fn every_token_format_is_blotted_out() {
        for secret in [
            "00D000000000001!AQCC_x.y",
            "00D000000000001EAA!x",
            "eyJhbGc.eyJpc3M.c2ln-_",
            "force://id:s:r@h",
            "5Aep861x",
        ] {
            let text = format!("é {secret}, {secret}");
            assert!(!secrets(&text).contains(&secret[..8]), "{}", secrets(&text));
        }
        for plain in ["00D000000000001EAA", "eyJustAWord", "x00D000000000001!", "é"] {
            assert_eq!(secrets(plain), plain);
        }
    }

    #[test]
    fn cutting_keeps_characters_whole() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 9), "aé");
    }
}
