"""What the acceptance scripts in Python share: one line for each check, and where the org is."""

import contextlib
import os
import sys
import traceback
import urllib.parse

# The org and who may log in, as the environment says.
URL = os.environ["SF_URL"]
CLIENT_ID = os.environ["SF_CLIENT_ID"]
CLIENT_SECRET = os.environ["SF_CLIENT_SECRET"]
USERNAME = os.environ["SF_USERNAME"]
PASSWORD = os.environ["SF_PASSWORD"]
SECURITY_TOKEN = os.environ["SF_SECURITY_TOKEN"]
ACCESS_TOKEN = os.environ["SF_ACCESS_TOKEN"]
REFRESH_TOKEN = os.environ["SF_REFRESH_TOKEN"]
JWT_KEY = os.environ["SF_JWT_KEY"]

failed = 0


@contextlib.contextmanager
def check(name):
    """Prints whether what stands in the block went well. A check that fails stops no other."""
    global failed
    try:
        yield
        print(f"ok   {name}", flush=True)
    except Exception as error:
        failed += 1
        place = traceback.extract_tb(error.__traceback__)[-1]
        print(f"FAIL {name}: {type(error).__name__} in line {place.lineno}: {error}"[:600], flush=True)


def equal(left, right):
    assert left == right, f"{left!r} is not {right!r}"


@contextlib.contextmanager
def raises(kind, *texts):
    """The block has to be refused, with all of these texts in the error."""
    try:
        yield
    except kind as error:
        missing = [text for text in texts if text not in str(error)]
        assert not missing, f"{missing} not in {error}"
    else:
        raise AssertionError("it was not refused")


def end():
    sys.exit(1 if failed else 0)


def at_the_org(session):
    """A session of `requests` that brings to the org what is meant for any host of Salesforce: for clients that build
    the names of hosts themselves, and take a session."""
    from requests.adapters import HTTPAdapter

    org = urllib.parse.urlsplit(URL)

    class Near(HTTPAdapter):
        def send(self, request, **options):
            parts = urllib.parse.urlsplit(request.url)
            if parts.hostname.endswith(".salesforce.com"):
                request.url = parts._replace(scheme=org.scheme, netloc=org.netloc).geturl()
            return super().send(request, **options)

    session.mount("https://", Near())
    return session
