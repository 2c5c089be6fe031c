use http::{HeaderMap, HeaderValue};
use salesforce_types::Timestamp;

use super::*;
use crate::clock::ManualClock;

use ErrorKind as K;
use Retry as R;

/// The catalogue, one row per kind and verdict, written down a second time and by text.
const TABLE: &[(K, R, &str)] = &[
    (K::Auth, R::Renew, "INVALID_SESSION_ID INVALID_ACCESS_TOKEN"),
    (
        K::Auth,
        R::Never,
        "INVALID_AUTH_HEADER INVALID_HEADER_TYPE INVALID_LOGIN INVALID_OPERATION_WITH_EXPIRED_PASSWORD \
         LOGIN_CHALLENGE_ISSUED LOGIN_CHALLENGE_PENDING LOGIN_DURING_RESTRICTED_DOMAIN LOGIN_DURING_RESTRICTED_TIME \
         LOGIN_MUST_USE_SECURITY_TOKEN PASSWORD_LOCKOUT",
    ),
    (K::Busy, R::NotRun, "UNABLE_TO_LOCK_ROW SERVER_UNAVAILABLE"),
    (
        K::Busy,
        R::Repeatable,
        "API_CURRENTLY_DISABLED TOO_MANY_APEX_REQUESTS TEMPORARY_QUERY_MORE_FAILURE REQUEST_RUNNING_TOO_LONG CONFLICT \
         PLATFORM_EVENT_PUBLISHING_UNAVAILABLE PLATFORM_EVENT_PUBLISH_FAILED TERRITORY_REALIGN_IN_PROGRESS \
         CONTENT_HUB_TIMEOUT_EXCEPTION IAS_TIMEOUT_EXCEPTION SSO_SERVICE_DOWN TXN_SECURITY_METERING_ERROR",
    ),
    (K::Busy, R::Few, "UNKNOWN_EXCEPTION INTERNAL_ERROR INVALID_SERVER_ERROR"),
    (K::Busy, R::Never, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE INVALID_READ_ONLY_USER_DML"),
    (
        K::Limit,
        R::Never,
        "REQUEST_LIMIT_EXCEEDED LIMIT_EXCEEDED EXCEEDED_QUOTA TOO_MANY_JOBS STORAGE_LIMIT_EXCEEDED LICENSE_LIMIT_EXCEEDED",
    ),
    (
        K::Config,
        R::Never,
        "GONE UNSUPPORTED_API_VERSION INVALID_VERSION UNSUPPORTED_CLIENT CLIENT_REQUIRE_UPDATE_FOR_USER \
         ORG_NOT_OWNED_BY_INSTANCE URL_NOT_RESET",
    ),
    (K::NotFound, R::Never, "NOT_FOUND RECORD_NOT_FOUND ENTITY_IS_DELETED ENTITY_IS_ARCHIVED"),
    (K::Timeout, R::Never, "QUERY_TIMEOUT"),
    (
        K::Denied,
        R::Never,
        "API_DISABLED_FOR_ORG INSUFFICIENT_ACCESS INSUFFICIENT_ACCESS_OR_READONLY \
         INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY CLIENT_NOT_ACCESSIBLE_FOR_USER TXN_SECURITY_NO_ACCESS \
         TXN_SECURITY_APEX_ERROR TXN_SECURITY_RUNTIME_ERROR APEX_REST_SERVICES_DISABLED APEX_DATA_ACCESS_RESTRICTION \
         FUNCTIONALITY_NOT_ENABLED IDEMPOTENCY_FEATURE_NOT_ENABLED DATACLOUD_API_DISABLED_EXCEPTION TRIAL_EXPIRED \
         ORG_LOCKED CANNOT_DELETE_MANAGED_OBJECT CANNOT_MODIFY_MANAGED_OBJECT PACKAGE_LICENSE_REQUIRED \
         TRANSFER_REQUIRES_READ KEY_HAS_BEEN_DESTROYED INVALID_FIELD_FOR_INSERT_UPDATE",
    ),
    (
        K::Conflict,
        R::Never,
        "ALREADY_IN_PROCESS DELETE_FAILED DEPENDENCY_EXISTS DUPLICATES_DETECTED DUPLICATE_DEVELOPER_NAME \
         DUPLICATE_EXTERNAL_ID DUPLICATE_MASTER_LABEL DUPLICATE_USERNAME DUPLICATE_VALUE \
         ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE ENTITY_IS_LOCKED INVALID_OPERATION MATCH_PRECONDITION_FAILED MODIFIED \
         MULTIPLE_RECORDS_FOUND PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT RECORD_IN_USE_BY_WORKFLOW",
    ),
    (
        K::Other,
        R::Never,
        "APEX_ERROR CANNOT_EXECUTE_FLOW_TRIGGER CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY FLOW_EXCEPTION \
         ALL_OR_NONE_OPERATION_ROLLED_BACK BATCH_PROCESSING_HALTED PROCESSING_HALTED NOT_MODIFIED OPERATION_ENQUEUED",
    ),
    (
        K::Invalid,
        R::Never,
        "BAD_CUSTOM_ENTITY_PARENT_DOMAIN BIG_OBJECT_UNSUPPORTED_OPERATION CANNOT_CASCADE_PRODUCT_ACTIVE \
         CANNOT_REPARENT_RECORD CANNOT_UPDATE_CONVERTED_LEAD CHILD_SHARE_FAILS_PARENT CIRCULAR_DEPENDENCY \
         CIRCULAR_OBJECT_GRAPH CUSTOM_CLOB_FIELD_LIMIT_EXCEEDED DELETE_REQUIRED_ON_CASCADE ENTITY_NOT_QUERYABLE \
         EXCEEDED_ID_LIMIT EXCEEDED_MAX_SEMIJOIN_SUBSELECTS EXCEEDED_MAX_SIZE_REQUEST EXCEEDED_MAX_TYPES_LIMIT \
         EXTERNAL_OBJECT_EXCEPTION EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION FIELD_CUSTOM_VALIDATION_EXCEPTION \
         FIELD_FILTER_VALIDATION_EXCEPTION FIELD_INTEGRITY_EXCEPTION FILE_EXTENSION_NOT_ALLOWED \
         FILE_SIZE_LIMIT_EXCEEDED HTML_FILE_UPLOAD_NOT_ALLOWED IDEMPOTENCY_NOT_SUPPORTED ID_REQUIRED IMAGE_TOO_LARGE \
         INACTIVE_OWNER_OR_USER INVALID_ARGUMENT_TYPE INVALID_ASSIGNMENT_RULE INVALID_BATCH_REQUEST INVALID_BATCH_SIZE \
         INVALID_CONTENT_TYPE INVALID_CROSS_REFERENCE_KEY INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD INVALID_CURRENCY_ISO \
         INVALID_EMAIL_ADDRESS INVALID_EMPTY_KEY_OWNER INVALID_ENTITY_FOR_UPSERT INVALID_EXTERNAL_ID_FIELD_NAME \
         INVALID_FIELD INVALID_FILTER_VALUE INVALID_ID INVALID_IDEMPOTENCY_KEY INVALID_ID_FIELD INVALID_LOCATOR \
         INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST INVALID_PERSON_ACCOUNT_OPERATION INVALID_QUERY_FILTER_OPERATOR \
         INVALID_QUERY_KEY INVALID_QUERY_LOCATOR INVALID_QUERY_SCOPE INVALID_QUERY_VALUE INVALID_RECORD_TYPE \
         INVALID_REPLICATION_DATE INVALID_SEARCH INVALID_SEARCH_SCOPE INVALID_SETUP_OWNER INVALID_STATUS INVALID_TYPE \
         INVALID_TYPE_FOR_OPERATION INVALID_TYPE_ON_FIELD_IN_RECORD JSON_PARSER_ERROR MALFORMED_ID MALFORMED_QUERY \
         MALFORMED_SEARCH MATCH_PRECONDITION_REQUIRED MAXIMUM_HIERARCHY_CHILDREN_REACHED \
         MAXIMUM_HIERARCHY_LEVELS_REACHED MAXIMUM_SIZE_OF_ATTACHMENT MAXIMUM_SIZE_OF_DOCUMENT MAX_STATEMENT_SIZE \
         MERGE_FAILED METHOD_NOT_ALLOWED MISSING_ARGUMENT MIXED_DML_OPERATION NOT_ACCEPTABLE \
         NUMBER_OUTSIDE_VALID_RANGE OPERATION_TOO_LARGE OP_WITH_INVALID_USER_TYPE_EXCEPTION PARAMETER_TOO_LARGE \
         PRIVATE_CONTACT_ON_ASSET QUERY_TOO_COMPLICATED REQUEST_HEADER_FIELDS_TOO_LARGE REQUIRED_FIELD_MISSING \
         SELF_REFERENCE_FROM_TRIGGER SHARE_NEEDED_FOR_CHILD_OWNER STANDARD_PRICE_NOT_DEFINED STRING_TOO_LONG \
         TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET TOO_MANY_ENUM_VALUE UNAVAILABLE_RECORDTYPE_EXCEPTION UNAVAILABLE_REF \
         UNDELETE_FAILED UNPROCESSABLE_REQUEST UNSUPPORTED_DML UNSUPPORTED_QUERY URI_TOO_LONG WEBLINK_URL_INVALID \
         XML_PARSER_ERROR",
    ),
];

fn class(code: &str, message: &str) -> Option<(K, R)> {
    by_code(&ApiError::new(code.into(), message))
}

#[test]
fn every_code_of_the_catalogue_has_its_kind_and_verdict() {
    for (kind, retry, codes) in TABLE {
        for code in codes.split_whitespace() {
            assert_eq!(class(code, ""), Some((*kind, *retry)), "{code}");
        }
    }
    let listed =
        |code: &ErrorCode| TABLE.iter().any(|(_, _, codes)| codes.split_whitespace().any(|c| c == code.as_str()));
    let missing: Vec<_> = ErrorCode::KNOWN.iter().filter(|code| !listed(code)).collect();
    assert!(missing.is_empty(), "codes without a row: {missing:?}");
    assert_eq!(class("SOMETHING_NEW", ""), None);
}

#[test]
fn the_message_decides_where_a_code_has_several_meanings() {
    for (code, message, expected) in [
        ("INVALID_SESSION_ID", "Session expired or invalid", (K::Auth, R::Renew)),
        ("INVALID_SESSION_ID", "This session is not valid for use with the REST API", (K::Auth, R::Never)),
        ("INVALID_SESSION_ID", "Connected app is not attached to Agent", (K::Auth, R::Never)),
        ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", (K::Limit, R::Never)),
        (
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            (K::Busy, R::NotRun),
        ),
        ("API_CURRENTLY_DISABLED", "API is disabled for this User", (K::Denied, R::Never)),
        ("FUNCTIONALITY_NOT_ENABLED", "This is temporarily disabled", (K::Busy, R::Repeatable)),
    ] {
        assert_eq!(class(code, message), Some(expected), "{code} {message}");
    }
}

#[test]
fn every_status_has_its_kind_and_verdict_where_no_code_says_more() {
    for (status, by_api, expected) in [
        (400, true, (K::Invalid, R::Never)),
        (401, false, (K::Auth, R::Renew)),
        (403, false, (K::Denied, R::Never)),
        (404, false, (K::NotFound, R::Never)),
        (405, false, (K::Invalid, R::Never)),
        (406, false, (K::Busy, R::Repeatable)),
        (406, true, (K::Invalid, R::Never)),
        (408, false, (K::Timeout, R::Repeatable)),
        (409, false, (K::Conflict, R::Never)),
        (410, false, (K::Config, R::Never)),
        (412, false, (K::Conflict, R::Never)),
        (414, false, (K::Invalid, R::Never)),
        (415, false, (K::Invalid, R::Never)),
        (420, false, (K::Busy, R::Repeatable)),
        (428, false, (K::Conflict, R::Never)),
        (429, false, (K::Busy, R::NotRun)),
        (431, false, (K::Invalid, R::Never)),
        (500, false, (K::Busy, R::Repeatable)),
        (500, true, (K::Busy, R::Few)),
        (502, false, (K::Busy, R::Repeatable)),
        (503, false, (K::Busy, R::Repeatable)),
        (504, false, (K::Busy, R::Repeatable)),
        (302, false, (K::Other, R::Never)),
    ] {
        assert_eq!(by_status(StatusCode::from_u16(status).unwrap(), by_api), expected, "{status} {by_api}");
    }
}

fn head(status: u16, headers: &[(&'static str, &str)]) -> Head {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    Head { call: "GET limits".into(), status: StatusCode::from_u16(status).unwrap(), headers: map }
}

fn refuse(status: u16, headers: &[(&'static str, &str)], body: &str) -> Failure {
    let url = Url::parse("https://acme.my.salesforce.com/services/data/v68.0/limits").unwrap();
    refusal(&head(status, headers), &url, body.as_bytes(), 2048, &ManualClock::new(Timestamp::EPOCH))
}

#[test]
fn the_error_list_is_read_in_every_shape_it_comes_in() {
    for (body, code) in [
        (
            r#"[{"message":"m","errorCode":"INVALID_FIELD","fields":[]},{"errorCode":"X","message":""}]"#,
            "INVALID_FIELD",
        ),
        (r#"{"fields":["F"],"message":"m","errorCode":"INVALID_FIELD"}"#, "INVALID_FIELD"),
        (r#"[{"statusCode":"INVALID_FIELD","message":"m","fields":null}]"#, "INVALID_FIELD"),
        (r#"[{"errorCode":"A","message":"m","extendedErrorDetails":[{"extendedErrorCode":"x"}]}]"#, "A"),
        (r#"{"error":"invalid_grant","error_description":"d"}"#, "invalid_grant"),
        ("Bad_OAuth_Token", "INVALID_SESSION_ID"),
    ] {
        assert_eq!(api_errors(body.as_bytes())[0].code.as_str(), code, "{body}");
    }
    for body in ["", "[]", "{}", "null", "<html>", "[1]", "[{\"x\":1}]"] {
        assert!(api_errors(body.as_bytes()).is_empty(), "{body}");
    }
}

#[test]
fn an_error_is_one_sentence_with_call_status_code_and_message() {
    let body = r#"[{"message":"\nSELECT Nam\n       ^\nNo such column 'Nam'","errorCode":"INVALID_FIELD"}]"#;
    let error = refuse(400, &[("x-request-id", "abc")], body).error;
    assert_eq!(error.to_string(), "GET limits failed with 400: INVALID_FIELD: SELECT Nam ^ No such column 'Nam'");
    assert_eq!((error.request_id(), error.kind()), (Some("abc"), K::Invalid));
    assert!(error.api_errors()[0].message.starts_with('\n'));
}

#[test]
fn pages_for_people_say_what_they_mean() {
    for (status, page, says) in [
        (503, "<html><body><table><tr><td>We are down for maintenance.</td></tr></table>", "down for maintenance"),
        (503, "<!DOCTYPE html><p>Sorry for the inconvenience. We'll be back shortly.", "down for maintenance"),
        (503, "<HTML><TITLE>Service Not Available", "HTML page"),
        (502, "", "not available now"),
        (404, "<html>", "HTML page"),
        (420, "<html>", "HTML page"),
        (414, "", "16,384"),
        (431, "", "16,384"),
    ] {
        let text = refuse(status, &[], page).error.to_string();
        assert!(text.contains(says) && !text.contains('<'), "{text}");
    }
}

#[test]
fn what_is_no_error_list_is_kept_without_its_tokens() {
    let body = format!("<p>00D000000000001!canary{}", "é".repeat(3000));
    let error = refuse(503, &[], &body).error;
    let kept = error.body().unwrap();
    assert!(kept.starts_with("<p>[redacted]é") && kept.len() <= 2048, "{kept}");
    assert!(refuse(400, &[], r#"[{"errorCode":"A","message":"00D000000000001!canary"}]"#).error.body().is_none());
}

#[test]
fn messages_of_the_org_are_rid_of_session_ids() {
    let error = refuse(400, &[], r#"[{"errorCode":"A","message":"bad 00D000000000001!canary"}]"#).error;
    assert!(!format!("{error} {error:?} {:?}", error.api_errors()).contains("canary"));
}

#[test]
fn a_redirect_names_the_host_it_would_have_led_to() {
    let error = refuse(302, &[("location", "https://attacker.test/login?sid=canary")], "").error;
    assert_eq!(error.kind(), K::ForeignHost);
    let text = error.to_string();
    assert!(text.contains("https://attacker.test") && !text.contains("canary"), "{text}");
    assert_eq!(refuse(301, &[("location", "/elsewhere")], "").error.kind(), K::Other);
    assert_eq!(refuse(307, &[], "").error.kind(), K::Other);
    assert_eq!(refuse(302, &[("location", "http://acme.my.salesforce.com/")], "").error.kind(), K::ForeignHost);
}

#[test]
fn an_external_id_of_several_records_is_a_conflict_that_lists_them() {
    let error = refuse(300, &[], r#"["/services/data/v68.0/sobjects/A/001000000000001AAA","/x"]"#).error;
    assert_eq!(error.kind(), K::Conflict);
    assert!(error.to_string().contains("2 records: /services/data/v68.0/sobjects/A/001000000000001AAA, /x"));
}

#[test]
fn retry_after_is_read_as_seconds_and_as_a_date() {
    let after = |headers: &[(&'static str, &str)]| refuse(503, headers, "").error.retry_after();
    assert_eq!(after(&[("retry-after", "120")]), Some(Duration::from_secs(120)));
    let date = ("date", "Sun, 01 Mar 2026 17:49:01 GMT");
    assert_eq!(after(&[("retry-after", "Sun, 01 Mar 2026 17:50:01 GMT"), date]), Some(Duration::from_secs(60)));
    assert_eq!(after(&[("retry-after", "Sun, 01 Mar 2026 17:00:00 GMT"), date]), Some(Duration::ZERO));
    assert_eq!(after(&[("retry-after", "Thu, 01 Jan 1970 00:00:07 GMT")]), Some(Duration::from_secs(7)));
    assert_eq!(after(&[("retry-after", "soon")]), None);
}

#[test]
fn a_call_limit_is_waited_for_only_when_the_org_says_how_long() {
    let body = r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]"#;
    assert_eq!(refuse(403, &[], body).retry, R::Never);
    assert_eq!(refuse(403, &[("retry-after", "5")], body).retry, R::NotRun);
    let storage = r#"[{"errorCode":"STORAGE_LIMIT_EXCEEDED","message":""}]"#;
    assert_eq!(refuse(403, &[("retry-after", "5")], storage).retry, R::Never);
}

#[test]
fn only_the_apis_own_refusal_is_surely_no_success() {
    let body = r#"[{"errorCode":"UNKNOWN_EXCEPTION","message":""}]"#;
    assert!(!refuse(500, &[], body).lost && !refuse(400, &[], "").lost && !refuse(429, &[], "").lost);
    assert!(refuse(500, &[], "").lost && refuse(502, &[], "<html>").lost && refuse(408, &[], "").lost);
}

#[test]
fn a_200_may_hold_a_refusal() {
    let ok = |body: &str, kind: &str| {
        disguised(
            &head(200, &[("content-type", kind)]),
            &Url::parse("https://acme.my.salesforce.com/limits").unwrap(),
            body.as_bytes(),
        )
    };
    let json = "application/json;charset=UTF-8";
    let failure = ok(r#" [{"message":"Server too busy","errorCode":"SERVER_UNAVAILABLE","fields":[]}]"#, json).unwrap();
    assert_eq!((failure.error.kind(), failure.retry), (K::Busy, R::NotRun));
    assert!(ok("<html>We are down for maintenance.", json).is_some());
    assert!(ok("<p>hello", "text/html; charset=UTF-8").is_some());
    for answer in [
        "[]",
        "{}",
        "",
        r#"[{"id":"001","success":false,"errors":[{"statusCode":"A","message":"","fields":[]}]}]"#,
        r#"[{"errorCode":"A","message":"m","Id":"001"}]"#,
        r#"[{"statusCode":"A","message":"m"}]"#,
        r#"{"errorCode":"A","message":"m"}"#,
        "[1,2]",
    ] {
        assert!(ok(answer, json).is_none(), "{answer}");
    }
}
