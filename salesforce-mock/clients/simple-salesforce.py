"""What simple-salesforce does in ordinary use: logins, rows, queries, both Bulk APIs, files, and what is refused."""

import csv
import io
import pathlib
import tempfile
from datetime import datetime, timedelta, timezone

import requests
from simple_salesforce import (
    Salesforce,
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.exceptions import SalesforceGeneralError, SalesforceOperationError

from checks import (
    ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, JWT_KEY, PASSWORD, SECURITY_TOKEN, URL, USERNAME,
    at_the_org, check, end, equal, raises,
)


def login(**credentials):
    return Salesforce(session=at_the_org(requests.Session()), **credentials)


WITH_TOKEN = {"username": USERNAME, "password": PASSWORD, "security_token": SECURITY_TOKEN}
OF_APP = {"consumer_key": CLIENT_ID, "consumer_secret": CLIENT_SECRET}

for name, credentials in {
    "password and security token, over SOAP": WITH_TOKEN,
    "password and app": {"username": USERNAME, "password": PASSWORD + SECURITY_TOKEN, **OF_APP},
    "client credentials": {"domain": "sample.my", **OF_APP},
    "JWT bearer": {"username": USERNAME, "consumer_key": CLIENT_ID, "privatekey_file": JWT_KEY},
    "a session that is there": {"session_id": ACCESS_TOKEN, "instance_url": URL},
}.items():
    with check(f"login: {name}"):
        equal(login(**credentials).query("SELECT count() FROM User")["done"], True)

with check("login: a wrong password is refused"):
    with raises(SalesforceAuthenticationFailed, "INVALID_LOGIN"):
        login(**(WITH_TOKEN | {"password": "wrong"}))
with check("login: a wrong secret is refused"):
    with raises(SalesforceAuthenticationFailed, "invalid_client"):
        login(consumer_key=CLIENT_ID, consumer_secret="wrong", domain="sample.my")
with check("login: a key that is not the certificate's is refused"):
    import cryptography.hazmat.primitives.asymmetric.rsa as rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    other = rsa.generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with raises(SalesforceAuthenticationFailed, "invalid_grant"):
        login(username=USERNAME, consumer_key=CLIENT_ID, privatekey=pem)

sf = login(**WITH_TOKEN)

with check("a session that is over is renewed on the way"):
    renewed = login(**WITH_TOKEN)
    renewed.session_id = "gone"
    renewed._generate_headers()
    equal(renewed.query("SELECT Id FROM Organization")["totalSize"], 1)
with check("a session that is over and cannot be renewed is refused"):
    with raises(SalesforceExpiredSession, "INVALID_SESSION_ID"):
        login(session_id="gone", instance_url=URL).query("SELECT Id FROM User")

with check("describe: the org"):
    names = [each["name"] for each in sf.describe()["sobjects"]]
    assert {"Account", "Contact", "Invoice__c", "User"} <= set(names)
with check("describe: an object"):
    fields = {field["name"]: field for field in sf.Account.describe()["fields"]}
    equal((fields["Name"]["type"], fields["Name"]["nillable"]), ("string", False))
with check("describe: its basic information"):
    equal(sf.Account.metadata()["objectDescribe"]["keyPrefix"], "001")
with check("limits, and the calls of the day"):
    assert sf.limits()["DailyApiRequests"]["Remaining"] > 0
    assert sf.api_usage["api-usage"].used > 0
with check("whether it is a sandbox"):
    assert sf.is_sandbox() in (True, False)
with check("user info of OAuth"):
    equal(sf.oauth2("userinfo")["preferred_username"], USERNAME)

begun = datetime.now(timezone.utc) - timedelta(minutes=5)
account = None
with check("create"):
    created = sf.Account.create({"Name": "Acme & Söhne", "NumberOfEmployees": 12})
    equal((created["success"], created["errors"]), (True, []))
    account = created["id"]
with check("read"):
    equal(sf.Account.get(account)["Name"], "Acme & Söhne")
with check("update"):
    equal(sf.Account.update(account, {"Phone": "+49 1"}), 204)
    equal(sf.Account.get(account)["Phone"], "+49 1")
with check("upsert by external id: new, then old"):
    equal(sf.Specimen__c.upsert("Key__c/K 1+2", {"Name": "One"}), 201)
    equal(sf.Specimen__c.upsert("Key__c/K 1+2", {"Name": "Two"}), 200)
with check("read by external id"):
    equal(sf.Specimen__c.upsert("Key__c/Own-3", {"Name": "Three"}), 201)
    equal(sf.Specimen__c.get_by_custom_id("Key__c", "Own-3")["Name"], "Three")
with check("getUpdated"):
    updated = sf.Account.updated(begun, datetime.now(timezone.utc) + timedelta(minutes=1))
    assert account in updated["ids"] and updated["latestDateCovered"]
with check("delete, and a second time"):
    gone = sf.Account.create({"Name": "Gone"})["id"]
    equal(sf.Account.delete(gone), 204)
    with raises(SalesforceResourceNotFound, "ENTITY_IS_DELETED"):
        sf.Account.delete(gone)
with check("getDeleted"):
    deleted = sf.Account.deleted(begun, datetime.now(timezone.utc) + timedelta(minutes=1))
    assert gone in [record["id"] for record in deleted["deletedRecords"]]
with check("queryAll sees what was deleted, query does not"):
    soql = f"SELECT Id, IsDeleted FROM Account WHERE Id = '{gone}'"
    equal(sf.query(soql)["totalSize"], 0)
    equal(sf.query(soql, include_deleted=True)["records"][0]["IsDeleted"], True)

with check("a query of more than 2,000 rows goes on by its URL"):
    page = sf.query("SELECT Id FROM Contact")
    assert page["totalSize"] > 2000 and not page["done"]
    more = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    assert more["records"][0]["Id"] != page["records"][0]["Id"]
with check("a query of more than 2,000 rows goes on by its identifier"):
    more = sf.query_more(page["nextRecordsUrl"].rsplit("/", 1)[1])
    equal(len(more["records"]), min(2000, page["totalSize"] - 2000))
with check("all rows of a query come once"):
    rows = sf.query_all("SELECT Id FROM Contact")
    equal((rows["totalSize"], len({row["Id"] for row in rows["records"]})), (page["totalSize"], page["totalSize"]))
with check("parents and children of a query"):
    row = sf.query("SELECT Account.Name, Account.Owner.Name FROM Contact WHERE AccountId != null LIMIT 1")["records"][0]
    assert row["Account"]["Name"] and row["Account"]["Owner"]["Name"]
    row = sf.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) "
                   "LIMIT 1")["records"][0]
    equal(row["Contacts"]["done"], True)
with check("search"):
    found = sf.search("FIND {Söhne} IN NAME FIELDS RETURNING Account(Id, Name)")["searchRecords"]
    assert account in [row["Id"] for row in found]
    assert sf.quick_search("Söhne")["searchRecords"]
with check("tooling query"):
    found = sf.toolingexecute("query/?q=SELECT+QualifiedApiName+FROM+EntityDefinition+WHERE+QualifiedApiName='Account'")
    equal(found["records"][0]["QualifiedApiName"], "Account")

with check("collections: three rows at once, and one that is refused"):
    rows = [{"attributes": {"type": "Account"}, "Name": name} for name in ("A", "B")]
    rows.append({"attributes": {"type": "Account"}})
    outcomes = sf.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": rows})
    equal([outcome["success"] for outcome in outcomes], [True, True, False])
    equal(outcomes[2]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING")
with check("composite with a reference"):
    answer = sf.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": [
        {"method": "POST", "url": f"/services/data/v{sf.sf_version}/sobjects/Account", "referenceId": "it",
         "body": {"Name": "Composite"}},
        {"method": "POST", "url": f"/services/data/v{sf.sf_version}/sobjects/Contact", "referenceId": "child",
         "body": {"LastName": "Of it", "AccountId": "@{it.id}"}},
    ]})
    equal([part["httpStatusCode"] for part in answer["compositeResponse"]], [201, 201])

DATA = [{"Name": f"Bulk {number}", "Key__c": f"B-{number}", "Number__c": number} for number in range(250)]
with check("Bulk 1.0: insert, in the order of the upload"):
    results = sf.bulk.Specimen__c.insert(DATA, batch_size=100)
    equal(len(results), 250)
    assert all(result["success"] and result["created"] and result["errors"] == [] for result in results)
    first = sf.Specimen__c.get(results[0]["id"])
    equal(first["Name"], "Bulk 0")
with check("Bulk 1.0: upsert by external id"):
    results = sf.bulk.Specimen__c.upsert([{"Key__c": "B-1", "Name": "Changed"}, {"Key__c": "N-1", "Name": "New"}],
                                         "Key__c", batch_size=10)
    equal([result["created"] for result in results], [False, True])
with check("Bulk 1.0: update, and a row that is refused"):
    ids = [row["Id"] for row in sf.query("SELECT Id FROM Specimen__c WHERE Key__c IN ('B-2', 'B-3') ORDER BY Key__c")
           ["records"]]
    results = sf.bulk.Specimen__c.update([{"Id": ids[0], "Number__c": 7}, {"Id": ids[1], "Name": None}])
    equal([result["success"] for result in results], [True, False])
    equal(results[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING")
with check("Bulk 1.0: what was sent comes back beside the results"):
    results = sf.bulk.Specimen__c.insert([{"Name": "Detailed"}], include_detailed_results=True)
    equal((results[0]["Name"], results[0]["success"]), ("Detailed", True))
with check("Bulk 1.0: query, with datetimes in milliseconds"):
    rows = sf.bulk.Specimen__c.query("SELECT Id, Name, CreatedDate, Owner.Name, Lookup__r.Name FROM Specimen__c "
                                     "WHERE Key__c LIKE 'B-%'")
    equal(len(rows), 250)
    assert isinstance(rows[0]["CreatedDate"], int) and rows[0]["Owner"]["Name"] and rows[0]["Lookup__r"] is None
    equal(rows[0]["attributes"]["type"], "Specimen__c")
with check("Bulk 1.0: delete, and queryAll"):
    results = sf.bulk.Specimen__c.delete([{"Id": id} for id in ids])
    equal([result["success"] for result in results], [True, True])
    rows = sf.bulk.Specimen__c.query_all(f"SELECT Id, IsDeleted FROM Specimen__c WHERE Id = '{ids[0]}'")
    equal(rows[0]["IsDeleted"], True)
with check("Bulk 1.0: a query that is wrong fails its batch"):
    with raises(SalesforceGeneralError, "InvalidBatch : Failed to process query"):
        sf.bulk.Specimen__c.query("SELECT Nothing__c FROM Specimen__c")
with check("Bulk 1.0: an object that is not there is refused"):
    with raises(SalesforceMalformedRequest, "InvalidEntity"):
        sf.bulk.Nothing__c.insert([{"Name": "x"}])
with check("Bulk 1.0: hard delete needs its permission"):
    with raises(SalesforceMalformedRequest, "FeatureNotEnabled"):
        sf.bulk.Specimen__c.hard_delete([{"Id": ids[0]}])


# A job of the org is done when it is first looked at: nothing waits.
def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


with check("Bulk 2.0: insert, with one row that is refused"):
    records = [{"Name": f"Two {number}", "Key__c": f"T-{number}"} for number in range(30)]
    records.append({"Name": "Twice", "Key__c": "T-1"})
    job = sf.bulk2.Specimen__c.insert(records=records, wait=0)[0]
    equal((job["numberRecordsTotal"], job["numberRecordsProcessed"], job["numberRecordsFailed"]), (31, 31, 1))
    done = rows_of(sf.bulk2.Specimen__c.get_successful_records(job["job_id"]))
    failed = rows_of(sf.bulk2.Specimen__c.get_failed_records(job["job_id"]))
    equal((len(done), len(failed)), (30, 1))
    assert "DUPLICATE_VALUE" in failed[0]["sf__Error"] and failed[0]["Key__c"] == "T-1"
    equal(rows_of(sf.bulk2.Specimen__c.get_unprocessed_records(job["job_id"])), [])
with check("Bulk 2.0: upsert, update and delete"):
    job = sf.bulk2.Specimen__c.upsert(records=[{"Key__c": "T-2", "Name": "x"}, {"Key__c": "T-99", "Name": "y"}],
                                      external_id_field="Key__c", wait=0)[0]
    equal(job["numberRecordsFailed"], 0)
    ids = [row["Id"] for row in sf.query("SELECT Id FROM Specimen__c WHERE Key__c LIKE 'T-%'")["records"]]
    job = sf.bulk2.Specimen__c.update(records=[{"Id": id, "Text__c": "z"} for id in ids], wait=0)[0]
    equal((job["numberRecordsProcessed"], job["numberRecordsFailed"]), (len(ids), 0))
    equal(sf.bulk2.Specimen__c.delete(records=[{"Id": ids[0]}], wait=0)[0]["numberRecordsFailed"], 0)
with check("Bulk 2.0: query in pages"):
    pages = list(sf.bulk2.Contact.query("SELECT Id, Name FROM Contact", max_records=2000, wait=0))
    rows = [row["Id"] for page in pages for row in rows_of(page)]
    assert len(pages) > 1
    equal(len(set(rows)), sf.query("SELECT count() FROM Contact")["totalSize"])
with check("Bulk 2.0: queryAll, and a download into files"):
    rows = rows_of("".join(sf.bulk2.Account.query_all(f"SELECT Id FROM Account WHERE Id = '{gone}'", wait=0)))
    equal(len(rows), 1)
    with tempfile.TemporaryDirectory() as folder:
        files = sf.bulk2.Account.download("SELECT Id FROM Account", path=folder, wait=0)
        equal(sum(file["number_of_records"] for file in files), sf.query("SELECT count() FROM Account")["totalSize"])
with check("Bulk 2.0: a query that is wrong is refused"):
    with raises((SalesforceMalformedRequest, SalesforceOperationError), "Nothing__c"):
        list(sf.bulk2.Account.query("SELECT Nothing__c FROM Account", wait=0))

with check("files: up and down"):
    content = bytes(range(256)) * 500
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "bytes.bin")
        file.write_bytes(content)
        attached = sf.Attachment.create({"Name": "bytes.bin", "ParentId": account, "Body": "YQ=="})["id"]
        equal(sf.Attachment.update_base64(attached, str(file)), 204)
    equal(sf.Attachment.get_base64(attached), content)
with check("files: a version and its bytes"):
    import base64

    version = sf.ContentVersion.create({"Title": "a", "PathOnClient": "a.bin",
                                        "VersionData": base64.b64encode(content).decode()})["id"]
    equal(sf.ContentVersion.get_base64(version, "VersionData"), content)

with check("refused: a query that cannot be read"):
    with raises(SalesforceMalformedRequest, "MALFORMED_QUERY"):
        sf.query("SELEKT Id FROM Account")
with check("refused: a column that is not there"):
    with raises(SalesforceMalformedRequest, "INVALID_FIELD", "No such column 'Nothing__c'"):
        sf.query("SELECT Nothing__c FROM Account")
with check("refused: a required field that is missing"):
    with raises(SalesforceMalformedRequest, "REQUIRED_FIELD_MISSING", "LastName"):
        sf.Contact.create({"FirstName": "x"})
with check("refused: a field that is not there"):
    with raises(SalesforceMalformedRequest, "INVALID_FIELD"):
        sf.Contact.create({"LastName": "x", "Nothing__c": 1})
with check("refused: a row and an object that are not there"):
    with raises(SalesforceResourceNotFound, "NOT_FOUND"):
        sf.Account.get("001000000000000AAA")
    with raises(SalesforceResourceNotFound, "NOT_FOUND"):
        sf.Nothing__c.describe()

end()
