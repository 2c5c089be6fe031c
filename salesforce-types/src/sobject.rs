/// A caller's struct that stands for rows of one object: which object, and which fields a query has to ask for.
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
pub trait SObject {
    /// The object's API name.
    const NAME: &'static str;

    /// The API names of the fields, as a `SELECT` list writes them.
    fn fields() -> &'static [&'static str];
}
