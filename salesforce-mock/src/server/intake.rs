use http::request::Parts;

use crate::Org;
use crate::call::MAX_BODY;
use crate::route::{Bulk, Resource, Route};

/// How much of a request's body is held until it is answered. A client hears no answer before it has sent its body;
/// what nobody reads is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intake {
    /// A row, which may come with files; of them at most that many bytes are held.
    Row { keep: usize },
    /// At most that many bytes, and a piece more that shows that there were too many.
    Bytes(usize),
}

impl Intake {
    /// How much of the body of a request is held.
    pub(super) fn of(org: &Org, head: &Parts) -> Self {
        match Route::of(head.uri.path()) {
            // It is refused before its body is looked at.
            Route::Data { .. } if org.user_of(&head.headers).is_none() => Self::Bytes(0),
            Route::Data { resource, .. } => match resource {
                Resource::Sobject(_) | Resource::Row { .. } | Resource::Keyed { .. } | Resource::Related { .. } => {
                    Self::Row { keep: org.store.files.keep }
                }
                Resource::Bulk(Bulk::Batches(_)) => Self::Bytes(org.bulk.most_bytes()),
                _ => Self::Bytes(MAX_BODY),
            },
            _ => Self::Bytes(MAX_BODY),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn what_is_held_of_a_body_goes_by_the_place_and_the_token() {
        let mut org = Org::empty();
        (org.bulk.most_upload, org.store.files.keep) = (400, 7);
        let token = org.issue_token();
        let intake = |path: &str, token: &str| {
            let request = Request::post(path).header(AUTHORIZATION, format!("Bearer {token}")).body(());
            Intake::of(&org, &request.unwrap().into_parts().0)
        };
        let data = |place: &str| format!("/services/data/v68.0/{place}");
        for place in ["sobjects/Attachment", "sobjects/Attachment/00P", "sobjects/Attachment/Key__c/1"] {
            assert_eq!(intake(&data(place), &token), Intake::Row { keep: 7 }, "{place}");
            assert_eq!(intake(&data(place), "other"), Intake::Bytes(0), "{place}");
        }
        assert_eq!(intake(&data("jobs/ingest/750/batches"), &token), Intake::Bytes(300));
        assert_eq!(intake(&data("jobs/ingest"), &token), Intake::Bytes(MAX_BODY));
        assert_eq!(intake(&data("composite/sobjects/Attachment"), &token), Intake::Bytes(MAX_BODY));
        assert_eq!(intake("/services/oauth2/token", "none"), Intake::Bytes(MAX_BODY));
    }
}
