#[doc(hidden)]
pub mod derive;

use derive::Shape;

/// A caller's struct that stands for rows of one object: which object, and what a query has to ask for.
///
/// Derive it (feature `derive`). The names are those that serde reads, so what is asked for and what is decoded are the
/// same list:
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use salesforce_types::{RecordId, SObject};
///
/// #[derive(serde::Deserialize, SObject)]
/// #[salesforce(object = "Contact")]
/// #[serde(rename_all = "PascalCase")]
/// struct Person {
///     id: RecordId,
///     last_name: String,
///     #[serde(rename = "Level__c")]
///     level: Option<String>,
///     account: Option<Employer>, // a parent: a struct that is a row itself
/// }
///
/// #[derive(serde::Deserialize, SObject)]
/// #[serde(rename_all = "PascalCase")]
/// struct Employer {
///     name: String,
/// }
///
/// assert_eq!(Person::NAME, "Contact");
/// assert_eq!(Person::fields(), ["Id", "LastName", "Level__c", "Account.Name"]);
/// # }
/// ```
///
/// Or write it by hand:
///
/// ```
/// use salesforce_types::SObject;
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Account {
///     id: salesforce_types::RecordId,
///     name: String,
/// }
///
/// impl SObject for Account {
///     const NAME: &'static str = "Account";
///
///     fn fields() -> &'static [&'static str] {
///         &["Id", "Name"]
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which object and which fields it stands for",
    label = "expected a row, which implements `SObject`",
    note = "put `#[derive(serde::Deserialize, SObject)]` on the struct; the derive needs the feature `derive`",
    note = "rows whose shape is known only at run time are of type `Record`"
)]
pub trait SObject {
    /// The object's API name.
    const NAME: &'static str;

    /// What nests in the rows; the derive knows it.
    #[doc(hidden)]
    const SHAPE: Shape = Shape::FIELDS;

    /// The items of a `SELECT` list, each as the list writes it: `Name`, `Account.Name`, `(SELECT Id FROM Contacts)`,
    /// `TYPEOF Owner WHEN User THEN Username ELSE Id END`.
    fn fields() -> &'static [&'static str];
}

impl<T: SObject> SObject for Box<T> {
    const NAME: &'static str = T::NAME;
    const SHAPE: Shape = T::SHAPE;

    fn fields() -> &'static [&'static str] {
        T::fields()
    }
}
