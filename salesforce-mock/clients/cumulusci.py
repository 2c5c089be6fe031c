"""What the data steps of CumulusCI do in ordinary use: its login, rows by REST and by the Bulk API, queries both ways."""

import logging
import pathlib
import sys
import types

# This folder holds a file of the package's name.
sys.path.remove(str(pathlib.Path(__file__).parent))
from cumulusci.oauth.salesforce import jwt_session  # noqa: E402
from cumulusci.salesforce_api.utils import get_simple_salesforce_connection  # noqa: E402,F401: it has to load
from cumulusci.tasks.bulkdata import step as steps  # noqa: E402
from salesforce_bulk import SalesforceBulk  # noqa: E402
from simple_salesforce import Salesforce  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checks import ACCESS_TOKEN, CLIENT_ID, JWT_KEY, URL, USERNAME, check, end, equal, raises  # noqa: E402

HOST = URL.removeprefix("https://")
INSERT, UPDATE, UPSERT, DELETE = (steps.DataOperationType[name] for name in ("INSERT", "UPDATE", "UPSERT", "DELETE"))

with check("login: JWT bearer"):
    key = pathlib.Path(JWT_KEY).read_text()
    granted = jwt_session(CLIENT_ID, key, USERNAME, url=URL, auth_url=URL)
    assert granted["access_token"] and granted["instance_url"] == URL

context = types.SimpleNamespace(
    sf=Salesforce(session_id=ACCESS_TOKEN, instance_url=URL, version="60.0"),
    bulk=SalesforceBulk(host=HOST, sessionId=ACCESS_TOKEN, API_version="60.0"),
    logger=logging.getLogger("steps"),
)


def dml(kind, operation, fields, rows, **options):
    """The results of an operation: for each row its id, whether it went well, its error, and whether it is new."""
    step = kind(sobject="Specimen__c", operation=operation, api_options=options, context=context, fields=fields)
    with step:
        step.load_records(iter(rows))
    return list(step.get_results()), step.job_result


def query(kind, fields, soql):
    step = kind(sobject="Specimen__c", api_options={}, context=context, query=soql, **fields)
    with step:
        return list(step.get_results()), step.job_result


for name, write, read, fields in [
    ("REST", steps.RestApiDmlOperation, steps.RestApiQueryOperation, {"fields": ["Id", "Name", "Text__c"]}),
    ("Bulk", steps.BulkApiDmlOperation, steps.BulkApiQueryOperation, {}),
]:
    ids = []
    with check(f"{name}: insert, in batches"):
        rows = [[f"{name} {number}, é", f"{name}-{number}"] for number in range(250)]
        results, _ = dml(write, INSERT, ["Name", "Key__c"], rows, batch_size=100)
        ids = [result.id for result in results]
        assert len(ids) == 250 and all(result.success and result.created for result in results)
    with check(f"{name}: a row that is refused, and its error"):
        results, job = dml(write, INSERT, ["Name", "Key__c"], [["Twice", f"{name}-1"], ["Other", f"{name}-x"]])
        equal([result.success for result in results], [False, True])
        assert "DUPLICATE_VALUE" in results[0].error
        equal(job.total_row_errors, 1)
    with check(f"{name}: update"):
        results, _ = dml(write, UPDATE, ["Id", "Text__c"], [[id, "changed"] for id in ids[:3]])
        assert all(result.success for result in results)
    with check(f"{name}: upsert by external id"):
        results, _ = dml(write, UPSERT, ["Key__c", "Name"], [[f"{name}-2", "Old"], [f"{name}-new", "New"]],
                         update_key="Key__c")
        equal([(result.success, result.created) for result in results], [(True, False), (True, True)])
    with check(f"{name}: query"):
        rows, job = query(read, fields, f"SELECT Id, Name, Text__c FROM Specimen__c WHERE Key__c LIKE '{name}-%'")
        equal(len(rows), 252)
        by_id = {row[0]: row[1:] for row in rows}
        equal(by_id[ids[0]], [f"{name} 0, é", "changed"])
        equal(job.status, steps.DataOperationStatus.SUCCESS)
    with check(f"{name}: delete"):
        results, _ = dml(write, DELETE, ["Id"], [[id] for id in ids])
        assert len(results) == 250 and all(result.success for result in results)

with check("REST: more than 2,000 rows"):
    step = steps.RestApiQueryOperation(sobject="Contact", fields=["Id"], api_options={}, context=context,
                                       query="SELECT Id FROM Contact")
    with step:
        ids = [row[0] for row in step.get_results()]
    assert len(set(ids)) == len(ids) == step.job_result.records_processed > 2000
with check("Bulk: a query that is wrong fails its job"):
    step = steps.BulkApiQueryOperation(sobject="Contact", api_options={}, context=context,
                                       query="SELECT Nothing__c FROM Contact")
    with step:
        equal(step.job_result.status, steps.DataOperationStatus.JOB_FAILURE)
    assert "Nothing__c" in str(step.job_result.job_errors)
with check("Bulk: an object that is not there is refused"):
    with raises(Exception, "InvalidEntity"):
        context.bulk.create_query_job("Nothing__c", contentType="CSV")

end()
