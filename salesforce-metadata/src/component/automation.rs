//! What runs when records are written, and can be switched off.

use super::shape::component;

component! {
    /// A rule that refuses records.
    ///
    /// ```
    /// use salesforce_metadata::component::{Component, ValidationRule};
    ///
    /// let file = br#"<ValidationRule xmlns="http://soap.sforce.com/2006/04/metadata"><fullName>Positive</fullName>
    ///     <active>true</active><errorConditionFormula>Amount &lt; 0</errorConditionFormula>
    ///     <errorMessage>It must be positive.</errorMessage></ValidationRule>"#;
    /// let mut rule = ValidationRule::from_file(file)?;
    /// rule.active = false;
    /// assert!(rule.to_file().contains("<active>false</active>"));
    /// # Ok::<(), salesforce_metadata::XmlError>(())
    /// ```
    pub struct ValidationRule {
        /// Whether it is in force.
        active: bool = "active",
        /// What it is for.
        description: Option<String> = "description",
        /// Records for which this is true are refused.
        error_condition_formula: String = "errorConditionFormula",
        /// The field that the message stands beside.
        error_display_field: Option<String> = "errorDisplayField",
        /// What users are told.
        error_message: String = "errorMessage",
    }
}

component! {
    /// A flow, or a process. Its graph is in `others`.
    pub struct Flow {
        /// The API version that it runs with.
        api_version: Option<String> = "apiVersion",
        /// What it is for.
        description: Option<String> = "description",
        /// What its interviews are called.
        interview_label: Option<String> = "interviewLabel",
        /// Its label.
        label: Option<String> = "label",
        /// `AutoLaunchedFlow`, `Flow`, `Workflow` and others.
        process_type: Option<String> = "processType",
        /// `Active`, `Obsolete`, `Draft`, `InvalidDraft`. Deployed as `Draft` or `Obsolete`, it no longer runs.
        status: Option<String> = "status",
        /// Where it stands among the flows of the same trigger.
        trigger_order: Option<i32> = "triggerOrder",
    }
}

component! {
    /// Which version of a flow is active.
    pub struct FlowDefinition {
        /// The version's number; 0 switches the flow off.
        active_version_number: Option<i32> = "activeVersionNumber",
        /// What it is for.
        description: Option<String> = "description",
        /// Its label.
        master_label: Option<String> = "masterLabel",
    }
}
