"""Standing at a door: ask REST or GraphQL as a stranger, with a key, or as somebody of the staff."""

from contextlib import contextmanager

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org import services
from org.tests.cast import NOW


def key(channel, *scopes, kind="secret") -> str:
    return services.create_api_key(name="test", kind=kind, channel=channel, scopes=scopes, now=NOW)[1]


def client_of(*, key=None, user=None) -> Client:
    client = Client(headers={"X-API-Key": key} if key else {})
    if user:
        client.force_login(user)
    return client


def graphql(query, *, key=None, user=None, client=None, **variables):
    client = client or client_of(key=key, user=user)
    return client.post("/graphql/", {"query": query, "variables": variables}, content_type="application/json")


def rest(path, *, key=None, user=None, **query):
    return client_of(key=key, user=user).get(path, query)


def code_of(response) -> str:
    """The refusal's code, whichever door gave it; empty when it was no refusal."""
    body = response.json()
    if body.get("errors") and "code" not in body:
        return body["errors"][0]["extensions"]["code"]
    return body.get("code", "")


@contextmanager
def statements():
    """The SQL that ran meanwhile, sessions and logins left out: those are the test client's own."""
    seen: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield seen
    seen.extend(query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE")))
