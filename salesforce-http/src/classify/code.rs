//! The tables: error code or status to kind and retry.

use ErrorKind::{Auth, Busy, Config, Conflict, Denied, Invalid, Limit, NotFound, Other, Timeout};
use Retry::{Few, Never, NotRun, Renew, Repeatable};
use http::StatusCode;
use salesforce_types::{ApiError, ErrorCode};

use super::{Retry, not_for_rest};
use crate::ErrorKind;

/// What a code means, if it is known. The message decides where one code stands for several things.
pub(super) fn by_code(error: &ApiError) -> Option<(ErrorKind, Retry)> {
    use ErrorCode as C;
    let says = |word: &str| error.message.to_ascii_lowercase().contains(word);
    Some(match &error.code {
        C::InvalidSessionId | C::InvalidAccessToken if not_for_rest(error) => (Auth, Never),
        C::InvalidSessionId | C::InvalidAccessToken => (Auth, Renew),
        C::InvalidAuthHeader
        | C::InvalidHeaderType
        | C::InvalidLogin
        | C::InvalidOperationWithExpiredPassword
        | C::LoginChallengeIssued
        | C::LoginChallengePending
        | C::LoginDuringRestrictedDomain
        | C::LoginDuringRestrictedTime
        | C::LoginMustUseSecurityToken
        | C::PasswordLockout => (Auth, Never),

        // The org took the call and gave it back before it ran.
        C::UnableToLockRow | C::ServerUnavailable => (Busy, NotRun),
        C::RequestLimitExceeded if says("concurrent") => (Busy, NotRun),

        C::ApiCurrentlyDisabled if says("for this user") => (Denied, Never),
        C::FunctionalityNotEnabled if says("temporarily") => (Busy, Repeatable),
        C::ApiCurrentlyDisabled
        | C::Conflict
        | C::ContentHubTimeoutException
        | C::IasTimeoutException
        | C::PlatformEventPublishFailed
        | C::PlatformEventPublishingUnavailable
        | C::RequestRunningTooLong
        | C::SsoServiceDown
        | C::TemporaryQueryMoreFailure
        | C::TerritoryRealignInProgress
        | C::TooManyApexRequests
        | C::TxnSecurityMeteringError => (Busy, Repeatable),
        C::InternalError | C::InvalidServerError | C::UnknownException => (Busy, Few),
        // Minutes to hours: not for a call to wait for.
        C::InsertUpdateDeleteNotAllowedDuringMaintenance | C::InvalidReadOnlyUserDml => (Busy, Never),

        C::ExceededQuota
        | C::LicenseLimitExceeded
        | C::LimitExceeded
        | C::RequestLimitExceeded
        | C::StorageLimitExceeded
        | C::TooManyJobs => (Limit, Never),

        C::ClientRequireUpdateForUser
        | C::Gone
        | C::InvalidVersion
        | C::OrgNotOwnedByInstance
        | C::UnsupportedApiVersion
        | C::UnsupportedClient => (Config, Never),
        C::Other(code) if &**code == "URL_NOT_RESET" => (Config, Never),

        C::EntityIsArchived | C::EntityIsDeleted | C::NotFound | C::RecordNotFound => (NotFound, Never),

        C::ApexDataAccessRestriction
        | C::ApexRestServicesDisabled
        | C::ApiDisabledForOrg
        | C::CannotDeleteManagedObject
        | C::CannotModifyManagedObject
        | C::ClientNotAccessibleForUser
        | C::DatacloudApiDisabledException
        | C::FunctionalityNotEnabled
        | C::IdempotencyFeatureNotEnabled
        | C::InsufficientAccess
        | C::InsufficientAccessOnCrossReferenceEntity
        | C::InsufficientAccessOrReadonly
        | C::InvalidFieldForInsertUpdate
        | C::KeyHasBeenDestroyed
        | C::OrgLocked
        | C::PackageLicenseRequired
        | C::TransferRequiresRead
        | C::TrialExpired
        | C::TxnSecurityApexError
        | C::TxnSecurityNoAccess
        | C::TxnSecurityRuntimeError => (Denied, Never),

        C::AlreadyInProcess
        | C::DeleteFailed
        | C::DependencyExists
        | C::DuplicateDeveloperName
        | C::DuplicateExternalId
        | C::DuplicateMasterLabel
        | C::DuplicateUsername
        | C::DuplicateValue
        | C::DuplicatesDetected
        | C::EntityFailedIflastmodifiedOnUpdate
        | C::EntityIsLocked
        | C::InvalidOperation
        | C::MatchPreconditionFailed
        | C::Modified
        | C::MultipleRecordsFound
        | C::PortalUserAlreadyExistsForContact
        | C::RecordInUseByWorkflow => (Conflict, Never),

        C::QueryTimeout => (Timeout, Never),

        C::ApexError | C::CannotExecuteFlowTrigger | C::CannotInsertUpdateActivateEntity | C::FlowException => {
            (Other, Never)
        }
        C::AllOrNoneOperationRolledBack
        | C::BatchProcessingHalted
        | C::NotModified
        | C::OperationEnqueued
        | C::ProcessingHalted => (Other, Never),

        // SOAP's own words, of a fault that has no code of Salesforce.
        C::Other(code) if matches!(&**code, "Client" | "MustUnderstand" | "VersionMismatch") => (Invalid, Never),
        C::Other(code) if &**code == "Server" => (Busy, Few),

        C::Other(_) => return None,
        // What is left says that the call, a field or a value is wrong.
        _ => (Invalid, Never),
    })
}

/// What a status means where no known code says more. `by_api`: the body is the API's own error list.
pub(super) fn by_status(status: StatusCode, by_api: bool) -> (ErrorKind, Retry) {
    match status.as_u16() {
        // Several records where one was named.
        300 => (Conflict, Never),
        401 => (Auth, Renew),
        403 => (Denied, Never),
        404 => (NotFound, Never),
        406 if !by_api => (Busy, Repeatable),
        408 => (Timeout, Repeatable),
        409 | 412 | 428 => (Conflict, Never),
        410 => (Config, Never),
        420 => (Busy, Repeatable),
        429 => (Busy, NotRun),
        400..=499 => (Invalid, Never),
        500 if by_api => (Busy, Few),
        500..=599 => (Busy, Repeatable),
        _ => (Other, Never),
    }
}
