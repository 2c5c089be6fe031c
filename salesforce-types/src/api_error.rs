use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::describe::null_is_default;

/// One entry of the wire's error list: `{"errorCode": …, "message": …, "fields": […]}`.
///
/// Answers to many records at once write `statusCode` for `errorCode` and leave `fields` out or null; all are read.
///
/// ```
/// use salesforce_types::{ApiError, ErrorCode};
///
/// let error: ApiError = serde_json::from_str(
///     r#"{"message": "Required fields are missing: [Name]", "errorCode": "REQUIRED_FIELD_MISSING", "fields": ["Name"]}"#,
/// )?;
/// assert_eq!(error.code, ErrorCode::RequiredFieldMissing);
/// assert_eq!(error.to_string(), "REQUIRED_FIELD_MISSING: Required fields are missing: [Name] (Name)");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// What kind of refusal it is.
    #[serde(rename = "errorCode", alias = "statusCode")]
    pub code: ErrorCode,
    /// The server's words. They may quote the refused value: not for a log that must not hold field values.
    #[serde(default, deserialize_with = "null_is_default")]
    pub message: String,
    /// The fields it is about, if the server says so.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

impl ApiError {
    /// An entry without fields.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: Vec::new() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message.trim())?;
        if !self.fields.is_empty() {
            write!(f, " ({})", self.fields.join(", "))?;
        }
        Ok(())
    }
}

macro_rules! codes {
    ($($name:ident $text:literal,)*) => {
        /// The server's word for a refusal. Open: a code that is not listed is kept in [`ErrorCode::Other`].
        ///
        /// The texts are those of the SOAP guide's ExceptionCode and StatusCode; which kind of error and whether to
        /// try again follows from them in the pipeline, not here.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $text, "`")] $name,)*
            /// A code this version of the crate has no name for.
            Other(Box<str>),
        }

        impl ErrorCode {
            /// The code as the server writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }

            /// The codes that have a name here.
            pub const KNOWN: &[Self] = &[$(Self::$name),*];
        }

        impl From<&str> for ErrorCode {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)*
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

codes! {
    AllOrNoneOperationRolledBack "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    AlreadyInProcess "ALREADY_IN_PROCESS",
    ApexDataAccessRestriction "APEX_DATA_ACCESS_RESTRICTION",
    ApexError "APEX_ERROR",
    ApexRestServicesDisabled "APEX_REST_SERVICES_DISABLED",
    ApiCurrentlyDisabled "API_CURRENTLY_DISABLED",
    ApiDisabledForOrg "API_DISABLED_FOR_ORG",
    BadCustomEntityParentDomain "BAD_CUSTOM_ENTITY_PARENT_DOMAIN",
    BatchProcessingHalted "BATCH_PROCESSING_HALTED",
    BigObjectUnsupportedOperation "BIG_OBJECT_UNSUPPORTED_OPERATION",
    CannotCascadeProductActive "CANNOT_CASCADE_PRODUCT_ACTIVE",
    CannotDeleteManagedObject "CANNOT_DELETE_MANAGED_OBJECT",
    CannotExecuteFlowTrigger "CANNOT_EXECUTE_FLOW_TRIGGER",
    CannotInsertUpdateActivateEntity "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    CannotModifyManagedObject "CANNOT_MODIFY_MANAGED_OBJECT",
    CannotReparentRecord "CANNOT_REPARENT_RECORD",
    CannotUpdateConvertedLead "CANNOT_UPDATE_CONVERTED_LEAD",
    ChildShareFailsParent "CHILD_SHARE_FAILS_PARENT",
    CircularDependency "CIRCULAR_DEPENDENCY",
    CircularObjectGraph "CIRCULAR_OBJECT_GRAPH",
    ClientNotAccessibleForUser "CLIENT_NOT_ACCESSIBLE_FOR_USER",
    ClientRequireUpdateForUser "CLIENT_REQUIRE_UPDATE_FOR_USER",
    Conflict "CONFLICT",
    ContentHubTimeoutException "CONTENT_HUB_TIMEOUT_EXCEPTION",
    CustomClobFieldLimitExceeded "CUSTOM_CLOB_FIELD_LIMIT_EXCEEDED",
    DatacloudApiDisabledException "DATACLOUD_API_DISABLED_EXCEPTION",
    DeleteFailed "DELETE_FAILED",
    DeleteRequiredOnCascade "DELETE_REQUIRED_ON_CASCADE",
    DependencyExists "DEPENDENCY_EXISTS",
    DuplicatesDetected "DUPLICATES_DETECTED",
    DuplicateDeveloperName "DUPLICATE_DEVELOPER_NAME",
    DuplicateExternalId "DUPLICATE_EXTERNAL_ID",
    DuplicateMasterLabel "DUPLICATE_MASTER_LABEL",
    DuplicateUsername "DUPLICATE_USERNAME",
    DuplicateValue "DUPLICATE_VALUE",
    EntityFailedIflastmodifiedOnUpdate "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
    EntityIsArchived "ENTITY_IS_ARCHIVED",
    EntityIsDeleted "ENTITY_IS_DELETED",
    EntityIsLocked "ENTITY_IS_LOCKED",
    EntityNotQueryable "ENTITY_NOT_QUERYABLE",
    ExceededIdLimit "EXCEEDED_ID_LIMIT",
    ExceededMaxSemijoinSubselects "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS",
    ExceededMaxSizeRequest "EXCEEDED_MAX_SIZE_REQUEST",
    ExceededMaxTypesLimit "EXCEEDED_MAX_TYPES_LIMIT",
    ExceededQuota "EXCEEDED_QUOTA",
    ExternalObjectException "EXTERNAL_OBJECT_EXCEPTION",
    ExternalObjectUnsupportedException "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
    FieldCustomValidationException "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    FieldFilterValidationException "FIELD_FILTER_VALIDATION_EXCEPTION",
    FieldIntegrityException "FIELD_INTEGRITY_EXCEPTION",
    FileExtensionNotAllowed "FILE_EXTENSION_NOT_ALLOWED",
    FileSizeLimitExceeded "FILE_SIZE_LIMIT_EXCEEDED",
    FlowException "FLOW_EXCEPTION",
    FunctionalityNotEnabled "FUNCTIONALITY_NOT_ENABLED",
    Gone "GONE",
    HtmlFileUploadNotAllowed "HTML_FILE_UPLOAD_NOT_ALLOWED",
    IasTimeoutException "IAS_TIMEOUT_EXCEPTION",
    IdempotencyFeatureNotEnabled "IDEMPOTENCY_FEATURE_NOT_ENABLED",
    IdempotencyNotSupported "IDEMPOTENCY_NOT_SUPPORTED",
    IdRequired "ID_REQUIRED",
    ImageTooLarge "IMAGE_TOO_LARGE",
    InactiveOwnerOrUser "INACTIVE_OWNER_OR_USER",
    InsertUpdateDeleteNotAllowedDuringMaintenance "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
    InsufficientAccess "INSUFFICIENT_ACCESS",
    InsufficientAccessOnCrossReferenceEntity "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    InsufficientAccessOrReadonly "INSUFFICIENT_ACCESS_OR_READONLY",
    InternalError "INTERNAL_ERROR",
    InvalidAccessToken "INVALID_ACCESS_TOKEN",
    InvalidArgumentType "INVALID_ARGUMENT_TYPE",
    InvalidAssignmentRule "INVALID_ASSIGNMENT_RULE",
    InvalidAuthHeader "INVALID_AUTH_HEADER",
    InvalidBatchRequest "INVALID_BATCH_REQUEST",
    InvalidBatchSize "INVALID_BATCH_SIZE",
    InvalidContentType "INVALID_CONTENT_TYPE",
    InvalidCrossReferenceKey "INVALID_CROSS_REFERENCE_KEY",
    InvalidCrossReferenceTypeForField "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
    InvalidCurrencyIso "INVALID_CURRENCY_ISO",
    InvalidEmailAddress "INVALID_EMAIL_ADDRESS",
    InvalidEmptyKeyOwner "INVALID_EMPTY_KEY_OWNER",
    InvalidEntityForUpsert "INVALID_ENTITY_FOR_UPSERT",
    InvalidExternalIdFieldName "INVALID_EXTERNAL_ID_FIELD_NAME",
    InvalidField "INVALID_FIELD",
    InvalidFieldForInsertUpdate "INVALID_FIELD_FOR_INSERT_UPDATE",
    InvalidFilterValue "INVALID_FILTER_VALUE",
    InvalidHeaderType "INVALID_HEADER_TYPE",
    InvalidId "INVALID_ID",
    InvalidIdempotencyKey "INVALID_IDEMPOTENCY_KEY",
    InvalidIdField "INVALID_ID_FIELD",
    InvalidLocator "INVALID_LOCATOR",
    InvalidLogin "INVALID_LOGIN",
    InvalidOperation "INVALID_OPERATION",
    InvalidOperationWithExpiredPassword "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
    InvalidOrNullForRestrictedPicklist "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    InvalidPersonAccountOperation "INVALID_PERSON_ACCOUNT_OPERATION",
    InvalidQueryFilterOperator "INVALID_QUERY_FILTER_OPERATOR",
    InvalidQueryKey "INVALID_QUERY_KEY",
    InvalidQueryLocator "INVALID_QUERY_LOCATOR",
    InvalidQueryScope "INVALID_QUERY_SCOPE",
    InvalidQueryValue "INVALID_QUERY_VALUE",
    InvalidReadOnlyUserDml "INVALID_READ_ONLY_USER_DML",
    InvalidRecordType "INVALID_RECORD_TYPE",
    InvalidReplicationDate "INVALID_REPLICATION_DATE",
    InvalidSearch "INVALID_SEARCH",
    InvalidSearchScope "INVALID_SEARCH_SCOPE",
    InvalidServerError "INVALID_SERVER_ERROR",
    InvalidSessionId "INVALID_SESSION_ID",
    InvalidSetupOwner "INVALID_SETUP_OWNER",
    InvalidStatus "INVALID_STATUS",
    InvalidType "INVALID_TYPE",
    InvalidTypeForOperation "INVALID_TYPE_FOR_OPERATION",
    InvalidTypeOnFieldInRecord "INVALID_TYPE_ON_FIELD_IN_RECORD",
    InvalidVersion "INVALID_VERSION",
    JsonParserError "JSON_PARSER_ERROR",
    KeyHasBeenDestroyed "KEY_HAS_BEEN_DESTROYED",
    LicenseLimitExceeded "LICENSE_LIMIT_EXCEEDED",
    LimitExceeded "LIMIT_EXCEEDED",
    LoginChallengeIssued "LOGIN_CHALLENGE_ISSUED",
    LoginChallengePending "LOGIN_CHALLENGE_PENDING",
    LoginDuringRestrictedDomain "LOGIN_DURING_RESTRICTED_DOMAIN",
    LoginDuringRestrictedTime "LOGIN_DURING_RESTRICTED_TIME",
    LoginMustUseSecurityToken "LOGIN_MUST_USE_SECURITY_TOKEN",
    MalformedId "MALFORMED_ID",
    MalformedQuery "MALFORMED_QUERY",
    MalformedSearch "MALFORMED_SEARCH",
    MatchPreconditionFailed "MATCH_PRECONDITION_FAILED",
    MatchPreconditionRequired "MATCH_PRECONDITION_REQUIRED",
    MaximumHierarchyChildrenReached "MAXIMUM_HIERARCHY_CHILDREN_REACHED",
    MaximumHierarchyLevelsReached "MAXIMUM_HIERARCHY_LEVELS_REACHED",
    MaximumSizeOfAttachment "MAXIMUM_SIZE_OF_ATTACHMENT",
    MaximumSizeOfDocument "MAXIMUM_SIZE_OF_DOCUMENT",
    MaxStatementSize "MAX_STATEMENT_SIZE",
    MergeFailed "MERGE_FAILED",
    MethodNotAllowed "METHOD_NOT_ALLOWED",
    MissingArgument "MISSING_ARGUMENT",
    MixedDmlOperation "MIXED_DML_OPERATION",
    Modified "MODIFIED",
    MultipleRecordsFound "MULTIPLE_RECORDS_FOUND",
    NotAcceptable "NOT_ACCEPTABLE",
    NotFound "NOT_FOUND",
    NotModified "NOT_MODIFIED",
    NumberOutsideValidRange "NUMBER_OUTSIDE_VALID_RANGE",
    OperationEnqueued "OPERATION_ENQUEUED",
    OperationTooLarge "OPERATION_TOO_LARGE",
    OpWithInvalidUserTypeException "OP_WITH_INVALID_USER_TYPE_EXCEPTION",
    OrgLocked "ORG_LOCKED",
    OrgNotOwnedByInstance "ORG_NOT_OWNED_BY_INSTANCE",
    PackageLicenseRequired "PACKAGE_LICENSE_REQUIRED",
    ParameterTooLarge "PARAMETER_TOO_LARGE",
    PasswordLockout "PASSWORD_LOCKOUT",
    PlatformEventPublishingUnavailable "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE",
    PlatformEventPublishFailed "PLATFORM_EVENT_PUBLISH_FAILED",
    PortalUserAlreadyExistsForContact "PORTAL_USER_ALREADY_EXISTS_FOR_CONTACT",
    PrivateContactOnAsset "PRIVATE_CONTACT_ON_ASSET",
    ProcessingHalted "PROCESSING_HALTED",
    QueryTimeout "QUERY_TIMEOUT",
    QueryTooComplicated "QUERY_TOO_COMPLICATED",
    RecordInUseByWorkflow "RECORD_IN_USE_BY_WORKFLOW",
    RecordNotFound "RECORD_NOT_FOUND",
    RequestHeaderFieldsTooLarge "REQUEST_HEADER_FIELDS_TOO_LARGE",
    RequestLimitExceeded "REQUEST_LIMIT_EXCEEDED",
    RequestRunningTooLong "REQUEST_RUNNING_TOO_LONG",
    RequiredFieldMissing "REQUIRED_FIELD_MISSING",
    SelfReferenceFromTrigger "SELF_REFERENCE_FROM_TRIGGER",
    ServerUnavailable "SERVER_UNAVAILABLE",
    ShareNeededForChildOwner "SHARE_NEEDED_FOR_CHILD_OWNER",
    SsoServiceDown "SSO_SERVICE_DOWN",
    StandardPriceNotDefined "STANDARD_PRICE_NOT_DEFINED",
    StorageLimitExceeded "STORAGE_LIMIT_EXCEEDED",
    StringTooLong "STRING_TOO_LONG",
    TemporaryQueryMoreFailure "TEMPORARY_QUERY_MORE_FAILURE",
    TerritoryRealignInProgress "TERRITORY_REALIGN_IN_PROGRESS",
    TextDataOutsideSupportedCharset "TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET",
    TooManyApexRequests "TOO_MANY_APEX_REQUESTS",
    TooManyEnumValue "TOO_MANY_ENUM_VALUE",
    TooManyJobs "TOO_MANY_JOBS",
    TransferRequiresRead "TRANSFER_REQUIRES_READ",
    TrialExpired "TRIAL_EXPIRED",
    TxnSecurityApexError "TXN_SECURITY_APEX_ERROR",
    TxnSecurityMeteringError "TXN_SECURITY_METERING_ERROR",
    TxnSecurityNoAccess "TXN_SECURITY_NO_ACCESS",
    TxnSecurityRuntimeError "TXN_SECURITY_RUNTIME_ERROR",
    UnableToLockRow "UNABLE_TO_LOCK_ROW",
    UnavailableRecordtypeException "UNAVAILABLE_RECORDTYPE_EXCEPTION",
    UnavailableRef "UNAVAILABLE_REF",
    UndeleteFailed "UNDELETE_FAILED",
    UnknownException "UNKNOWN_EXCEPTION",
    UnprocessableRequest "UNPROCESSABLE_REQUEST",
    UnsupportedApiVersion "UNSUPPORTED_API_VERSION",
    UnsupportedClient "UNSUPPORTED_CLIENT",
    UnsupportedDml "UNSUPPORTED_DML",
    UnsupportedQuery "UNSUPPORTED_QUERY",
    UriTooLong "URI_TOO_LONG",
    WeblinkUrlInvalid "WEBLINK_URL_INVALID",
    XmlParserError "XML_PARSER_ERROR",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(&*Cow::<str>::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_reads_what_it_writes() {
        for code in ErrorCode::KNOWN {
            assert_eq!(ErrorCode::from(code.as_str()), *code);
        }
        assert_eq!(ErrorCode::from("NEW_CODE").as_str(), "NEW_CODE");
    }

    #[test]
    fn an_item_of_a_save_result_is_read_too() {
        let error: ApiError =
            serde_json::from_str(r#"{"statusCode":"DUPLICATE_VALUE","message":null,"fields":null,"x":1}"#).unwrap();
        assert_eq!(error, ApiError::new(ErrorCode::DuplicateValue, ""));
    }
}
