use std::fs;
use std::path::{Path, PathBuf};

use salesforce_types::describe::FieldType;
use salesforce_types::{ApiVersion, RecordId};

use super::from_project;
use crate::rules::Draft;
use crate::store::Store;

/// The folder of a recorded app, or nothing where the fixtures are not there.
fn fixture(app: &str) -> Option<PathBuf> {
    // A relative path is meant from the root of the workspace, where the tests are started.
    let fixtures = std::env::var_os("SALESFORCE_FIXTURES").map_or_else(|| "../shared/fixtures".into(), PathBuf::from);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(fixtures);
    let folder = fixtures.join("orgs").join(app);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no fixtures");
    None
}

fn rows(store: &Store, object: &str) -> usize {
    store.table(store.schema().object(object).unwrap()).live()
}

/// What an answer shows in a field of the row with that name.
fn shown(store: &Store, object: &str, name: &str, field: &str) -> String {
    let object = store.schema().object(object).unwrap();
    let name_field = object.known.name.unwrap();
    let row = store.table(object).rows().find(|row| row.get(name_field).as_text() == Some(name)).unwrap();
    value(store, row.id(), field)
}

fn value(store: &Store, id: RecordId, field: &str) -> String {
    let (object, row) = store.find(id).unwrap();
    store.read(object, row, object.field(field).unwrap()).to_json().to_string()
}

fn data(folder: &Path, file: &str) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder.join("data").join(file)).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    file["records"].as_array().unwrap().clone()
}

/// Compares every value of every record of a file with the org.
fn all_there(store: &Store, folder: &Path, object: &str, file: &str) {
    let name_of = |record: &serde_json::Value| match record["Name"].as_str() {
        Some(name) => name.to_owned(),
        None => format!("{} {}", record["FirstName"].as_str().unwrap(), record["LastName"].as_str().unwrap()),
    };
    let records = data(folder, file);
    assert_eq!(rows(store, object), records.len());
    for record in &records {
        for (field, value) in record.as_object().unwrap().iter().filter(|(field, _)| *field != "attributes") {
            let answer: serde_json::Value =
                serde_json::from_str(&shown(store, object, &name_of(record), field)).unwrap();
            match value {
                serde_json::Value::Number(number) => assert_eq!(answer.as_f64(), number.as_f64(), "{field}"),
                serde_json::Value::String(text) if text.starts_with('@') => {
                    assert_eq!(answer.as_str().unwrap().len(), 18)
                }
                other => assert_eq!(&answer, other, "{field}"),
            }
        }
    }
}

#[test]
fn dreamhouse_is_loaded_completely() {
    let Some(folder) = fixture("dreamhouse") else { return };
    let store = from_project([&folder]).unwrap();
    all_there(&store, &folder, "Broker__c", "brokers-data.json");
    all_there(&store, &folder, "Property__c", "properties-data.json");
    all_there(&store, &folder, "Contact", "contacts-data.json");
    assert!(store.schema().permission_sets.contains_key("dreamhouse"));
    let property = store.schema().object("property__c").unwrap();
    for (field, kind) in [
        ("Location__c", FieldType::Location),
        ("Price__c", FieldType::Currency),
        ("Beds__c", FieldType::Double),
        ("Broker__c", FieldType::Reference),
        ("Status__c", FieldType::Picklist),
        ("Picture__c", FieldType::Url),
        ("Picture_IMG__c", FieldType::String),
        ("Description__c", FieldType::TextArea),
        ("Date_Listed__c", FieldType::Date),
    ] {
        assert_eq!(property.field(field).unwrap().kind, kind, "{field}");
    }
    assert_eq!(property.label, "Property");
    assert_eq!(property.plural, "Properties");
    let broker = property.field("Broker__c").unwrap().reference.as_ref().unwrap();
    assert_eq!((broker.parent.as_deref(), broker.children.as_deref()), (Some("Broker__r"), Some("Properties__r")));
    assert!(store.schema().object("Broker__c").unwrap().child("Properties__r").is_some());
    assert_eq!(
        shown(&store, "Property__c", "Stunning Victorian", "Location__c"),
        r#"{"latitude":42.35663,"longitude":-71.11095}"#
    );
    // The default is TODAY() - 10, and the formula counts from it.
    assert_eq!(shown(&store, "Property__c", "Stunning Victorian", "Days_On_Market__c"), "10.0");
    // What lies beyond the formulas that are evaluated reads as nothing, and is reported.
    assert_eq!(shown(&store, "Property__c", "Stunning Victorian", "Picture_IMG__c"), "null");
    let reported = store.not_evaluated();
    assert!(
        reported.contains("Property__c.Picture_IMG__c: formula not evaluated: the function IMAGE is not evaluated")
    );
    assert_eq!(reported.len(), 4, "{reported:?}");
    assert!(!store.problems.iter().any(|problem| problem.contains("not loaded")), "{:?}", store.problems);
    assert!(store.problems.contains(&"Property__c: listViews not taken over (1 files)".to_owned()));
    let describe = store.schema().describe(property, ApiVersion::DEFAULT, "https://x.my.salesforce.com");
    let price = describe.field("Price__c").unwrap();
    assert_eq!((price.precision, price.scale, price.label.as_str()), (8, 0, "Asking Price"));
}

#[test]
fn ebikes_is_loaded_completely() {
    let Some(folder) = fixture("ebikes") else { return };
    let mut store = from_project([&folder]).unwrap();
    all_there(&store, &folder, "Account", "Accounts.json");
    all_there(&store, &folder, "Product_Family__c", "Product_Family__cs.json");
    all_there(&store, &folder, "Product__c", "Product__cs.json");
    let schema = store.schema().clone();
    let event = schema.object("Manufacturing_Event__e").unwrap();
    assert!(!event.queryable && event.createable && event.field("Order_Id__c").is_some());
    let item = schema.object("Order_Item__c").unwrap();
    assert!(item.known.owner.is_none() && item.fields[item.known.name.unwrap()].auto_number.is_some());
    assert!(schema.object("Case").unwrap().field("Case_Category__c").unwrap().restricted);
    assert!(schema.object("Product__c").unwrap().child("Order_Items__r").is_some());
    assert!(!store.problems.iter().any(|problem| problem.contains("not loaded")), "{:?}", store.problems);
    // The app's own rules hold: a required account, a default, a numbered name, a master.
    let orders = schema.object("Order__c").unwrap();
    assert_eq!(store.create(orders, &Draft::new()).unwrap_err()[0].code, "REQUIRED_FIELD_MISSING");
    let accounts = schema.object("Account").unwrap();
    let account = store.table(accounts).rows().next().unwrap().id();
    let order = store.create(orders, &Draft::new().with("Account__c", account)).unwrap();
    let line = store.create(item, &Draft::new().with("Order__c", order)).unwrap();
    assert_eq!(value(&store, line, "Qty_M__c"), "1.0");
    assert_eq!(value(&store, order, "Status__c"), "\"Draft\"");
    assert_eq!(store.delete(account).unwrap_err().code, "DELETE_FAILED");
    assert_eq!(value(&store, line, "Name"), "\"OI-000001\"");
    store.delete(order).unwrap();
    assert!(store.find(line).unwrap().1.is_deleted());
}

#[test]
fn several_projects_share_an_org() {
    let (Some(one), Some(two)) = (fixture("dreamhouse"), fixture("ebikes")) else { return };
    let store = from_project([&one, &two]).unwrap();
    assert_eq!((rows(&store, "Property__c"), rows(&store, "Product__c"), rows(&store, "Account")), (12, 16, 3));
}

/// A project with these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn field(name: &str, rest: &str) -> (String, String) {
    let path = format!("force-app/objects/Thing__c/fields/{name}.field-meta.xml");
    (path, format!("<CustomField><fullName>{name}</fullName><label>L</label>{rest}</CustomField>"))
}

#[test]
fn every_type_of_field_is_mapped() {
    let value_set = "<valueSet><restricted>true</restricted><valueSetDefinition><value><fullName>A</fullName>\
                     <default>true</default><label>a</label></value><value><fullName>B</fullName></value>\
                     </valueSetDefinition></valueSet>";
    let dependent = "<type>Picklist</type><valueSet><controllingField>Pick__c</controllingField><valueSetDefinition>\
                     <value><fullName>X</fullName></value><value><fullName>Y</fullName></value></valueSetDefinition>\
                     <valueSettings><controllingFieldValue>B</controllingFieldValue><valueName>Y</valueName></valueSettings>\
                     </valueSet>";
    let summary = "<type>Summary</type><summarizedField>Part__c.Weight__c</summarizedField>\
                   <summaryForeignKey>Part__c.Thing__c</summaryForeignKey><summaryOperation>sum</summaryOperation>";
    let simple = [
        ("Text__c", "Text", "string"),
        ("Area__c", "TextArea", "textarea"),
        ("Long__c", "LongTextArea", "textarea"),
        ("Html__c", "Html", "textarea"),
        ("Secret__c", "EncryptedText", "encryptedstring"),
        ("Url__c", "Url", "url"),
        ("Phone__c", "Phone", "phone"),
        ("Email__c", "Email", "email"),
        ("Check__c", "Checkbox", "boolean"),
        ("Date__c", "Date", "date"),
        ("Moment__c", "DateTime", "datetime"),
        ("Time__c", "Time", "time"),
        ("Number__c", "Number", "double"),
        ("Currency__c", "Currency", "currency"),
        ("Percent__c", "Percent", "percent"),
        ("Auto__c", "AutoNumber", "string"),
        ("Place__c", "Location", "location"),
        ("Home__c", "Address", "address"),
    ];
    let mut files: Vec<(String, String)> =
        simple.iter().map(|(name, kind, _)| field(name, &format!("<type>{kind}</type>"))).collect();
    files.push(field("Pick__c", &format!("<type>Picklist</type>{value_set}")));
    files.push(field("Picks__c", &format!("<type>MultiselectPicklist</type>{value_set}")));
    files.push(field("Depends__c", dependent));
    files.push(field("Global__c", "<type>Picklist</type><valueSet><valueSetName>Sizes</valueSetName></valueSet>"));
    files.push(field("Sum__c", summary));
    files.push(field("Odd__c", "<type>Hologram</type>"));
    files.push(field(
        "Filter__c",
        "<type>Lookup</type><referenceTo>Nowhere__c</referenceTo><lookupFilter><active>true</active></lookupFilter>",
    ));
    files.push((
        "force-app/objects/Thing__c/Thing__c.object-meta.xml".into(),
        "<CustomObject><label>Thing</label><nameField><type>Text</type></nameField><enableHistory>true</enableHistory>\
         <sharingModel>Private</sharingModel><validationRules/></CustomObject>"
            .into(),
    ));
    for name in ["Small", "Big"] {
        files.push((
            format!("force-app/objects/Thing__c/recordTypes/{name}.recordType-meta.xml"),
            format!(
                "<RecordType><fullName>{name}</fullName><active>true</active><label>{name} one</label></RecordType>"
            ),
        ));
    }
    files.push((
        "force-app/objects/Part__c/fields/Thing__c.field-meta.xml".into(),
        "<CustomField><fullName>Thing__c</fullName><type>MasterDetail</type><referenceTo>Thing__c</referenceTo>\
         <relationshipName>Parts</relationshipName></CustomField>"
            .into(),
    ));
    files.push((
        "force-app/objects/Part__c/fields/Weight__c.field-meta.xml".into(),
        "<CustomField><fullName>Weight__c</fullName><type>Number</type><precision>9</precision><scale>3</scale></CustomField>".into(),
    ));
    files.push((
        "force-app/globalValueSets/Sizes.globalValueSet-meta.xml".into(),
        "<GlobalValueSet><customValue><fullName>S</fullName><default>false</default></customValue></GlobalValueSet>"
            .into(),
    ));
    files.push((
        "force-app/objects/Rate__mdt/fields/Rate__c.field-meta.xml".into(),
        "<CustomField><fullName>Rate__c</fullName><type>Number</type><precision>5</precision><scale>2</scale></CustomField>".into(),
    ));
    files.push((
        "force-app/customMetadata/Rate.Low.md-meta.xml".into(),
        "<CustomMetadata><label>Low one</label><values><field>Rate__c</field><value xsi:type=\"xsd:double\">1.5</value></values></CustomMetadata>"
            .into(),
    ));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let folder = project(&files);
    let mut store = from_project([folder.path()]).unwrap();
    let schema = store.schema().clone();
    let thing = schema.object("Thing__c").unwrap();
    for (name, _, kind) in simple {
        assert_eq!(thing.field(name).unwrap().kind.as_str(), kind, "{name}");
    }
    let choices = |name: &str| {
        thing.field(name).unwrap().choices.iter().map(|choice| choice.value.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        (choices("Pick__c"), choices("Global__c")),
        (vec!["A".to_owned(), "B".to_owned()], vec!["S".to_owned()])
    );
    let describe = schema.describe(thing, ApiVersion::DEFAULT, "https://x");
    let depends = describe.field("Depends__c").unwrap();
    let bits: Vec<_> = depends.picklist_values.iter().map(|value| value.valid_for.as_deref()).collect();
    assert_eq!((bits, depends.dependent_picklist), (vec![Some("AA=="), Some("QA==")], true));
    let sum = describe.field("Sum__c").unwrap();
    assert!(sum.calculated && sum.scale == 3);
    assert_eq!(describe.field("Pick__c").unwrap().default_value, Some("A".into()));
    assert!(!describe.field("Html__c").unwrap().filterable && describe.field("Html__c").unwrap().html_formatted);
    for companion in ["Thing__History", "Thing__Share", "Thing__ChangeEvent"] {
        assert_eq!(schema.object(companion).unwrap().associate.as_ref().unwrap().1.as_ref(), "Thing__c");
    }
    let types: Vec<_> =
        describe.record_type_infos.iter().map(|info| (&*info.name, info.record_type_id.clone())).collect();
    assert_eq!(types.iter().map(|known| known.0).collect::<Vec<_>>(), ["Big one", "Small one", "Master"]);
    assert_eq!(value(&store, types[0].1.parse().unwrap(), "DeveloperName"), "\"Big\"");
    let typed = store.create(thing, &Draft::new().with("RecordTypeId", &*types[1].1)).unwrap();
    assert_eq!(value(&store, typed, "RecordTypeId"), format!("\"{}\"", types[1].1));
    assert_eq!(shown(&store, "Rate__mdt", "Low one", "Rate__c"), "1.5");
    for problem in [
        "Thing__c.Odd__c: the type Hologram is not known",
        "Thing__c.Filter__c: lookupFilter not taken over",
        "Thing__c.Filter__c: points to Nowhere__c, which is not in the org",
        "Thing__c: validationRules not taken over",
    ] {
        assert!(store.problems.iter().any(|known| known == problem), "{problem}: {:?}", store.problems);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for (path, text) in [
        ("objects/A__c/A__c.object-meta.xml", "<CustomObject>"),
        ("objects/A__c/fields/B__c.field-meta.xml", "<!DOCTYPE x><CustomField/>"),
        ("data/a-plan.json", "{"),
        ("permissionsets/p.permissionset-meta.xml", "no"),
    ] {
        let folder = project(&[(path, text)]);
        let error = from_project([folder.path()]).unwrap_err();
        assert_eq!(error.file(), folder.path().join(path));
        assert!(error.to_string().contains(": "), "{error}");
    }
    assert!(from_project(["/nowhere/at/all"]).is_err());
}

#[test]
fn a_plan_reads_only_files_beside_it_and_says_what_it_leaves_out() {
    let plan = |file: &str| format!(r#"[{{"sobject":"Account","saveRefs":true,"files":["{file}"]}}]"#);
    for file in ["../x.json", "/etc/passwd"] {
        let folder = project(&[("data/a-plan.json", &plan(file))]);
        let error = from_project([folder.path()]).unwrap_err();
        assert!(error.to_string().contains("outside of the plan's folder"), "{error}");
    }
    let records = r#"{"records":[
        {"attributes":{"type":"Account","referenceId":"One"},"Name":"One"},
        {"attributes":{"type":"Account","referenceId":"Two"},"Name":"Two","ParentId":"@One"},
        {"attributes":{"type":"Account","referenceId":"Three"},"Name":"Three","ParentId":"@Nobody"},
        {"attributes":{"type":"Account","referenceId":"Four"},"Nam":"Four"},
        {"attributes":{"type":"Planet"},"Name":"Five"},
        {"Name":"@home"}]}"#;
    let folder = project(&[("data/a-plan.json", &plan("rows.json")), ("data/rows.json", records)]);
    let store = from_project([folder.path()]).unwrap();
    assert_eq!(rows(&store, "Account"), 3);
    assert_ne!(shown(&store, "Account", "Two", "ParentId"), "null");
    let left_out: Vec<_> = store.problems.iter().filter(|problem| problem.contains("not loaded")).collect();
    assert_eq!(left_out.len(), 3, "{left_out:?}");
    assert!(
        left_out[1].ends_with("record 4: not loaded: INVALID_FIELD: No such column 'Nam' on sobject of type Account")
    );
}

#[test]
fn a_folder_without_sources_is_no_project() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "hi").unwrap();
    let error = from_project([folder.path()]).unwrap_err();
    assert_eq!(error.file(), folder.path());
    assert!(error.to_string().contains("no project in source format"), "{error}");
}
