use salesforce_http::{Error, ErrorKind, Request, Result};

/// The largest body that an org reads (REST reference 1.4), read as the smaller of the two things that "50 MB" may mean.
pub(crate) const LIMIT: usize = 50_000_000;

/// A larger body would be sent for nothing. Bodies that are made while they are sent are files, which have limits of
/// their own.
pub(crate) fn check(request: &Request) -> Result<()> {
    let bytes = request.content().as_bytes().map_or(0, |bytes| bytes.len());
    if bytes <= LIMIT {
        return Ok(());
    }
    let message = format!(
        "nothing was sent: its body would have {bytes} bytes and an org reads {LIMIT}; send fewer records at once, and \
         files as files"
    );
    Err(Error::new(ErrorKind::Invalid, message).with_call(request.call()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_that_fits_is_sent_and_one_more_is_not() {
        let request = |bytes| Request::post("composite").body("application/json", vec![b'x'; bytes]);
        assert!(check(&request(LIMIT)).is_ok());
        assert_eq!(check(&request(LIMIT + 1)).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
