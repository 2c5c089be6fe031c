"""What tap-salesforce, a source of Singer, does in ordinary use: discovers, then reads everything and what is new, by
REST and by the Bulk API, going on from its state."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile

import requests

from checks import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, URL, at_the_org, check, end, equal, raises

# The tap knows its login hosts by name and makes its sessions itself.
made = requests.Session.__init__


def session_at_the_org(self, *arguments, **options):
    made(self, *arguments, **options)
    at_the_org(self)


requests.Session.__init__ = session_at_the_org

import tap_salesforce  # noqa: E402: after the sessions were changed

folder = pathlib.Path(tempfile.mkdtemp())
config = folder / "config.json"
config.write_text(json.dumps({
    "refresh_token": REFRESH_TOKEN, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
    "start_date": "2000-01-01T00:00:00Z", "api_type": "REST", "select_fields_by_default": True,
}))
STREAMS = ["Account", "Contact", "Specimen__c"]


def tap(api, *arguments):
    """What the tap prints. The configuration keeps the refresh token, which the tap replaces there at each login."""
    config.write_text(json.dumps(json.loads(config.read_text()) | {"api_type": api}))
    sys.argv = ["tap-salesforce", "--config", str(config), *map(str, arguments)]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        tap_salesforce.main_impl()
    return out.getvalue()


def saved(name, value):
    file = folder / name
    file.write_text(json.dumps(value))
    return file


def rest(method, path, **options):
    headers = {"Authorization": f"Bearer {ACCESS_TOKEN}"}
    answer = requests.request(method, f"{URL}/services/data/v61.0/{path}", headers=headers, **options)
    answer.raise_for_status()
    return answer.json()


def count(stream):
    return rest("GET", "query", params={"q": f"SELECT count() FROM {stream}"})["totalSize"]


def synced(api, catalog, *arguments):
    """The ids of the rows of each stream, and the state at the end."""
    ids, state = {stream: [] for stream in STREAMS}, None
    for line in tap(api, "--properties", catalog, *arguments).splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            ids[message["stream"]].append(message["record"]["Id"])
        elif message["type"] == "STATE":
            state = message["value"]
    return ids, state


catalogs = {}
for api in ("REST", "BULK"):
    with check(f"{api}: discovery"):
        catalog = json.loads(tap(api, "--discover"))
        streams = {stream["tap_stream_id"]: stream for stream in catalog["streams"]}
        assert set(STREAMS) <= set(streams)
        chosen = [streams[name] for name in STREAMS]
        for stream in chosen:
            of_all = next(each for each in stream["metadata"] if each["breadcrumb"] == [])["metadata"]
            equal(of_all["table-key-properties"], ["Id"])
            key = of_all["valid-replication-keys"][0]
            equal(key, "SystemModstamp")
            of_all |= {"selected": True, "replication-method": "INCREMENTAL", "replication-key": key}
        catalogs[api] = saved(f"{api}.json", {"streams": chosen})

for api, catalog in catalogs.items():
    state = None
    with check(f"{api}: a full run reads each row, some of them deleted"):
        ids, state = synced(api, catalog)
        for stream in STREAMS:
            assert len(set(ids[stream])) >= count(stream) > 0, f"{stream}: {len(ids[stream])} of {count(stream)}"
        assert state["bookmarks"]["Account"]["SystemModstamp"]
    with check(f"{api}: the next run goes on from its state and finds what is new"):
        new = rest("POST", "sobjects/Account", json={"Name": f"New to {api}"})["id"]
        later, _ = synced(api, catalog, "--state", saved("state.json", state))
        assert new in later["Account"] and len(later["Account"]) < len(ids["Account"])

with check("refused: a secret that is wrong"):
    right = config.read_text()
    config.write_text(json.dumps(json.loads(right) | {"client_secret": "wrong"}))
    with raises(Exception, "invalid_client"):
        tap("REST", "--discover")

end()
