use super::*;
use crate::archive::Cap;
use crate::compare::compare;

fn file(root: &str, inner: &str) -> String {
    format!(r#"<{root} xmlns="http://soap.sforce.com/2006/04/metadata">{inner}</{root}>"#)
}

fn archive(files: &[(&str, &str)]) -> Archive {
    let mut archive = Archive::new();
    files.iter().for_each(|(path, content)| archive.add(path, content.to_string()).unwrap());
    archive
}

fn paths(archive: &Archive) -> Vec<&str> {
    archive.files().map(|(path, _)| path.as_str()).collect()
}

#[test]
fn an_object_is_put_together_and_taken_apart_again() {
    let rule = file("ValidationRule", "<fullName>R</fullName><active>true</active>");
    let field = |name: &str| file("CustomField", &format!("<fullName>{name}</fullName><type>Text</type>"));
    let project = archive(&[
        ("objects/A__c/A__c.object-meta.xml", &file("CustomObject", "<label>A</label>")),
        ("objects/A__c/fields/X__c.field-meta.xml", &field("X__c")),
        ("objects/A__c/fields/Y__c.field-meta.xml", &field("Y__c")),
        ("objects/A__c/validationRules/R.validationRule-meta.xml", &rule),
        ("objects/Case/fields/Z__c.field-meta.xml", &field("Z__c")),
        (
            "objectTranslations/A__c-de/A__c-de.objectTranslation-meta.xml",
            &file("CustomObjectTranslation", "<gender>Neuter</gender>"),
        ),
        (
            "objectTranslations/A__c-de/X__c.fieldTranslation-meta.xml",
            &file("CustomFieldTranslation", "<label>X</label><name>X__c</name>"),
        ),
    ]);
    let there = to_metadata(&project).unwrap();
    assert_eq!(
        paths(&there.archive),
        ["objectTranslations/A__c-de.objectTranslation", "objects/A__c.object", "objects/Case.object"]
    );
    assert!(there.left_out.is_empty() && there.manifest.len() == 3, "{there:?}");
    assert!(there.manifest.contains("CustomObjectTranslation", "A__c-de"));
    let back = from_metadata(&there.archive).unwrap();
    assert_eq!(compare(&project, &back.archive), []);
}

#[test]
fn other_files_have_another_end_of_their_names_or_none() {
    let project = archive(&[
        ("app/classes/Ping.cls", "public"),
        ("app/classes/Ping.cls-meta.xml", "<ApexClass/>"),
        ("app/labels/CustomLabels.labels-meta.xml", "<CustomLabels/>"),
        ("app/lwc/ping/ping.js", "js"),
        ("app/lwc/ping/ping.js-meta.xml", "<x/>"),
        ("app/permissionsets/A.permissionset-meta.xml", "<x/>"),
        ("app/reports/Sales/Pipe.report-meta.xml", "<x/>"),
        ("app/reports/Sales.reportFolder-meta.xml", "<x/>"),
        ("app/staticresources/Logo.png", "png"),
        ("app/staticresources/Logo.resource-meta.xml", "<x/>"),
    ]);
    let there = to_metadata(&project).unwrap();
    assert_eq!(
        paths(&there.archive),
        [
            "classes/Ping.cls",
            "classes/Ping.cls-meta.xml",
            "labels/CustomLabels.labels",
            "lwc/ping/ping.js",
            "lwc/ping/ping.js-meta.xml",
            "permissionsets/A.permissionset",
            "reports/Sales.reportFolder-meta.xml",
            "reports/Sales/Pipe.report",
            "staticresources/Logo.resource",
            "staticresources/Logo.resource-meta.xml",
        ]
    );
    let components: Vec<_> = there.manifest.components().collect();
    assert_eq!(
        components,
        [
            ("ApexClass", "Ping"),
            ("CustomLabels", "CustomLabels"),
            ("LightningComponentBundle", "ping"),
            ("PermissionSet", "A"),
            ("Report", "Sales"),
            ("Report", "Sales/Pipe"),
            ("StaticResource", "Logo"),
        ]
    );
    let back = from_metadata(&there.archive).unwrap();
    assert!(back.archive.get("permissionsets/A.permissionset-meta.xml").is_some());
    assert!(back.archive.get("reports/Sales.reportFolder-meta.xml").is_some());
}

#[test]
fn what_has_no_place_is_named() {
    let project = archive(&[
        ("README.md", ""),
        ("objects/A__c/odd/X.field-meta.xml", ""),
        ("classes/notes.txt", ""),
        ("lwc/a/__tests__/a.test.js", ""),
        ("staticresources/site/index.html", ""),
    ]);
    let there = to_metadata(&project).unwrap();
    assert_eq!((there.archive.len(), there.left_out.len()), (0, 5), "{there:?}");
    let back =
        from_metadata(&archive(&[("package.xml", ""), ("objects/A__c.object", &file("CustomObject", ""))])).unwrap();
    assert_eq!((back.left_out.len(), paths(&back.archive)), (1, vec!["objects/A__c/A__c.object-meta.xml"]));
}

#[test]
fn a_part_that_is_something_else_is_an_error_with_its_path() {
    let broken =
        |content: &str| to_metadata(&archive(&[("objects/A__c/fields/X__c.field-meta.xml", content)])).unwrap_err();
    assert!(broken("<html>").to_string().contains("objects/A__c/fields/X__c.field-meta.xml"));
    assert!(broken(&file("ListView", "")).to_string().contains("not a `CustomField`"));
    let nameless = archive(&[("objects/A__c.object", &file("CustomObject", "<fields><label>x</label></fields>"))]);
    assert!(from_metadata(&nameless).is_err());
    let evil =
        archive(&[("objects/A__c.object", &file("CustomObject", "<fields><fullName>../../x</fullName></fields>"))]);
    assert!(from_metadata(&evil).is_err(), "a name leads nowhere else");
}

#[test]
fn real_projects_come_back_as_they_were() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let fixtures =
        fixtures.join(std::env::var_os("SALESFORCE_FIXTURES").unwrap_or_else(|| "../shared/fixtures".into()));
    for app in ["dreamhouse", "ebikes"] {
        let folder = fixtures.join("orgs").join(app).join("force-app/main/default");
        if !folder.exists() {
            eprintln!("skipped: no fixtures for {app}");
            continue;
        }
        let project = Archive::from_folder(&folder, Cap::default()).unwrap();
        let there = to_metadata(&project).unwrap();
        let back = from_metadata(&there.archive).unwrap();
        let left_out: Vec<_> = there.left_out.iter().map(|left| left.path.as_str()).collect();
        assert!(left_out.iter().all(|path| path.contains("__utam__")), "{left_out:?}");
        let differences = compare(&project, &back.archive);
        assert!(differences.iter().all(|found| left_out.contains(&found.path.as_str())), "{differences:?}");
        assert_eq!(differences.len(), left_out.len());
    }
}
