//! Times as HTTP headers write them.

use http::HeaderValue;
use salesforce_types::Timestamp;

/// `Tue, 03 Feb 2026 10:00:00 GMT`
pub(crate) fn write(time: Timestamp) -> HeaderValue {
    let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or_default();
    HeaderValue::from_str(&time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Reads what [`write`] writes; nothing when it is something else.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let time = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(Timestamp::from_millis(time.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_is_written() {
        let time: Timestamp = "2026-02-03T10:00:00Z".parse().unwrap();
        assert_eq!(write(time), "Tue, 03 Feb 2026 10:00:00 GMT");
        assert_eq!(read("Tue, 03 Feb 2026 10:00:00 GMT"), Some(time));
        assert_eq!(read("yesterday"), None);
    }
}
