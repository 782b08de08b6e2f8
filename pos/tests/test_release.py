"""The till's page, its workers, and the release they are of."""

import json
import re

import pytest

from pos import views

pytestmark = pytest.mark.django_db


def forget():
    for kept in (views._release, views._page, views._files, views._workers):
        kept.cache_clear()


@pytest.fixture
def bundle(settings, tmp_path):
    settings.BUNDLES = tmp_path
    for name, text in {
        "static/pos/app.js": "1",
        "static/pos/parts/more-AAAA.js": "2",
        "workers/search-worker.js": "3",
        "workers/mirror-worker.js": "4",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(text))
    forget()
    yield tmp_path
    forget()


def listed(client):
    text = client.get("/pos/sw.js").content.decode()
    return json.loads(re.search(r"const VERSION = (.+);", text)[1]), json.loads(re.search(r"const LIST = (.+);", text)[1])


def test_the_page_is_of_the_release_that_its_worker_keeps_and_names_its_workers(client, bundle):
    page = client.get("/pos/").content.decode()
    release, files = listed(client)
    assert f'data-release="{release}"' in page
    workers = re.findall(r'data-worker-\w+="([^"]+)"', page)
    assert len(workers) == 2
    assert set(workers) < set(files)
    assert {"/static/pos/app.js", "/static/pos/parts/more-AAAA.js"} < set(files)


@pytest.mark.parametrize("changed", ["static/pos/parts/more-BBBB.js", "workers/search-worker.js"])
def test_another_file_makes_another_release(client, bundle, changed):
    before, _ = listed(client)
    (bundle / changed).write_text("another")
    forget()
    assert listed(client)[0] != before


def test_a_policy_makes_another_release(client, bundle, monkeypatch):
    before, _ = listed(client)
    monkeypatch.setattr(views, "TILL_CSP", {**views.TILL_CSP, "img-src": ["'self'"]})
    forget()
    assert listed(client)[0] != before


def test_a_worker_is_served_below_the_till_for_good_and_with_its_policy(client, bundle):
    address = next(file for file in listed(client)[1] if "search-worker" in file)
    answer = client.get(address)
    assert (answer.status_code, answer.content) == (200, b"3")
    assert answer["Content-Type"] == "text/javascript"
    assert "immutable" in answer["Cache-Control"]
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "trusted-types lit-html till-sw" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["search-worker.js", "search-worker.0000000000000000.js", "app.js", "..%2Fsettings.py"])
def test_nothing_else_is_served_there(client, bundle, name):
    assert client.get(f"/pos/{name}").status_code == 404


def test_the_page_stands_where_nothing_was_bundled(client, settings, tmp_path):
    settings.BUNDLES = tmp_path / "none"
    forget()
    assert client.get("/pos/").status_code == 200
    assert client.get("/pos/sw.js").status_code == 200
    forget()
