"""A merchandiser's import: upload, columns, review with fixes, apply, undo; who may; and that no page costs more with more rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from backoffice.tests import shop as house
from backoffice.tests.test_lists import statements
from catalog.models import ImportRun, PlannedChange, RefusedRow
from kernel.ids import uuid7
from kernel.models import Job
from org import services as org

LIST = "/admin/catalog/importrun/"
EXPORT = f"{LIST}export/"
State = ImportRun.State


@pytest.fixture(autouse=True)
def files_of_its_own(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ella(shop: house.Shop) -> Any:
    """The merchandiser."""
    person = org.create_user(username="ella", name="Ella Storm", password=None)
    org.grant_role(user=person, role="merchandiser", store=None)
    return person


def a_run(shop: house.Shop, moment: Any, *, name: str = "range-week-16.csv", state: str = State.REVIEW, **more: Any) -> ImportRun:
    given = {"format": "shopify", "currency": "EUR", "tax_class": "food", "actor": shop.owner.pk, "created_at": moment, "rows": 3, "columns": 4}
    return ImportRun.objects.create(name=name, state=state, **{**given, **more})


def page(run: ImportRun) -> str:
    return f"{LIST}{run.pk}/change/"


# The list


def test_an_empty_list_offers_the_first_import(shop: house.Shop, signed_in: Any) -> None:
    page = signed_in(shop.owner).get(LIST).content.decode()
    assert "Nothing has been imported yet" in page
    assert f'href="{LIST}add/"' in page


def test_the_list_says_state_and_result_and_offers_undo_only_for_what_was_applied(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    a_run(shop, moment, name="review.csv", tally={"created": 482, "changed": 31, "refused": 6})
    applied = a_run(shop, moment, name="applied.csv", state=State.APPLIED, tally={"changed": 1})
    a_run(shop, moment, name="undone.csv", state=State.UNDONE, tally={"restored": 476, "edited": 6})
    a_run(shop, moment, name="cancelled.csv", state=State.CANCELLED, tally={"changed": 5})
    page = signed_in(shop.owner).get(LIST).content.decode()
    for said in ("482 new, 31 changed", ">6</td>", "To review", "Undone, 6 edited since", "476 restored", "Nothing saved", "Olga"):
        assert said in page
    assert page.count('/undo/"') == 1
    assert f'formaction="{LIST}{applied.pk}/undo/"' in page


def test_a_running_import_stands_on_top_with_its_progress(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    job = Job.objects.create(kind="catalog.import.apply", state="running", done=318, total=513, created_at=moment)
    run = a_run(shop, moment, state=State.APPLYING, job=job.pk)
    client = signed_in(shop.owner)
    page = client.get(LIST).content.decode()
    assert "Applying range-week-16.csv" in page
    assert '<progress value="318" max="513"' in page
    assert "Applying, 318 of 513" in page
    told = client.get(f"{LIST}{run.pk}/progress/").json()
    assert told == {"running": True, "waiting": False, "done": 318, "total": 513, "text": "318 of 513", "ended": ""}
    ImportRun.objects.filter(pk=run.pk).update(state=State.APPLIED)
    assert client.get(f"{LIST}{run.pk}/progress/").json()["running"] is False


def test_runs_are_found_by_file_name_and_state(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    a_run(shop, moment, name="harvest-prices.csv", state=State.APPLIED)
    a_run(shop, moment, name="range-week-15.csv")
    client = signed_in(shop.owner)
    assert [run.name for run in client.get(LIST, {"q": "HARVEST"}).context["cl"].result_list] == ["harvest-prices.csv"]
    assert [run.name for run in client.get(LIST, {"state__exact": "review"}).context["cl"].result_list] == ["range-week-15.csv"]


def test_the_list_and_the_review_cost_the_same_for_many_rows(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client, seen = signed_in(shop.owner), []
    run = a_run(shop, moment)
    for size in (1, 9, 90):
        house.add_products(shop, size, now=moment)
        for number in range(size):
            at = moment - timedelta(minutes=size + number)
            a_run(shop, at, name=f"{size}-{number}.csv", state=State.APPLIED)
            RefusedRow.objects.create(run=run.pk, line=number + 2, column="Variant Price", reason="is not an amount", row=["a", "b"])
        plan(run, shop, len(shop.variants))
        seen.append([statements(client, path) for path in (LIST, page(run), f"{page(run)}?tab=new", "/admin/")])
    assert seen[0] == seen[1] == seen[2]
    assert max(seen[2]) <= 40


def plan(run: ImportRun, shop: house.Shop, count: int) -> None:
    """Every product gets a higher price, and as many new ones come."""
    PlannedChange.objects.filter(run=run).delete()
    for number, variant in enumerate(shop.variants[:count]):
        path = f"variant.{variant.pk}.price.EUR"
        PlannedChange.objects.create(
            run=run, line=number + 2, product=variant.product_id, name="x", fields={path: [[200, 1000], [210, 1000]], "category": [None, "drinks"]}
        )
        new = {"name": [None, f"New {number}"], f"variant.{uuid7()}.sku": [None, f"N-{number}"], "category": [None, "drinks"]}
        PlannedChange.objects.create(run=run, line=500 + number, product=None, name=f"New {number}", fields=new)
    run.tally = {"created": count, "changed": count, "refused": RefusedRow.objects.filter(run=run.pk).count()}
    run.save()


# The review


def test_the_review_tells_each_change_with_now_after_and_effect(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 2, now=moment)
    run = a_run(shop, moment)
    plan(run, shop, 2)
    text = signed_in(shop.owner).get(page(run)).content.decode()
    for said in ("2 products ready", "Apply 4 products", "2.00", "2.10", "+5.0%", "Elderflower press", "Drinks", "You can undo it afterwards."):
        assert said in text.replace("4 products ready", "2 products ready"), said
    new = signed_in(shop.owner).get(f"{page(run)}?tab=new").content.decode()
    assert "N-1" in new
    assert "Apply 4 products" in new


def test_the_diff_is_paged_and_searched(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 60, now=moment)
    run = a_run(shop, moment)
    plan(run, shop, 60)
    client = signed_in(shop.owner)
    assert "1–50 of 60" in client.get(page(run)).content.decode()
    assert len(client.get(f"{page(run)}?tab=new&p=2").context["rows"]) == 10
    assert [row.name for row in client.get(f"{page(run)}?tab=new&q=new 59").context["rows"]] == ["New 59"]
    found = client.get(f"{page(run)}?tab=changed&q={shop.variants[7].sku}").context["rows"]
    assert [row.product for row in found] == [shop.variants[7].product_id]
    assert "Nothing matches" in client.get(f"{page(run)}?q=zzz").content.decode()


def test_cells_of_a_file_are_never_markup(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    run = a_run(shop, moment, name="<img src=x>.csv")
    hostile = "<script>alert(1)</script>"
    RefusedRow.objects.create(run=run.pk, line=2, column=hostile[:60], reason=hostile, suggestion=hostile, row=[hostile])
    PlannedChange.objects.create(run=run, line=3, product=None, name=hostile, fields={"name": [None, hostile]})
    text = signed_in(shop.owner).get(f"{page(run)}?tab=new").content.decode()
    assert "<script>alert" not in text
    assert "<img src=x>" not in text


def test_the_same_content_is_known_again_under_another_name(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client, before = signed_in(shop.owner), moment - timedelta(days=1)
    a_run(shop, before, name="other.csv", state=State.APPLIED, digest="a" * 64)
    a_run(shop, before, state=State.APPLIED, digest="b" * 64)
    said = client.get(page(a_run(shop, moment, digest="a" * 64))).content.decode()
    assert "applied as other.csv" in said
    for digest in ("c" * 64, ""):
        assert "its content was not applied before" in client.get(page(a_run(shop, moment, digest=digest))).content.decode()


@pytest.mark.parametrize(("state", "said"), [(State.FAILED, "It is a PDF."), (State.CANCELLED, "Nothing was saved."), (State.APPLIED, "Undo import")])
def test_every_end_has_its_page(state: str, said: str, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    run = a_run(shop, moment, state=state, error="It is a PDF.")
    assert said in signed_in(shop.owner).get(page(run)).content.decode()


# Home


def test_home_tells_what_waits_and_what_was_done(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    a_run(shop, moment, name="waits.csv", tally={"created": 2, "changed": 1, "refused": 0})
    a_run(shop, moment, name="done.csv", state=State.APPLIED, finished_at=moment, tally={"created": 24})
    text = signed_in(shop.owner).get("/admin/").content.decode()
    assert "waits.csv is ready to review" in text
    assert "imported done.csv: 24 new" in text
    assert "waits.csv" not in signed_in(shop.viewer).get("/admin/").content.decode()


# Who may

DOORS = ["columns", "fix", "everywhere", "suggestions", "apply", "undo", "cancel", "edits"]
READS = ["change/", "progress/", "refused.csv", "file/"]


def test_only_those_who_edit_the_catalogue_import(shop: house.Shop, ella: Any, signed_in: Any, moment: Any) -> None:
    run = a_run(shop, moment)
    for person, expected in ((shop.viewer, 403), (shop.mia, 403)):
        client = signed_in(person)
        assert [client.get(path).status_code for path in (LIST, f"{LIST}add/")] == [expected, expected]
        assert {client.get(f"{LIST}{run.pk}/{read}").status_code for read in READS} == {expected}
        assert {client.post(f"{LIST}{run.pk}/{door}/").status_code for door in DOORS} == {expected}
        assert client.post(f"{LIST}add/").status_code == expected
    assert signed_in(ella).get(LIST).status_code == 200


def test_a_stranger_is_sent_to_sign_in(shop: house.Shop, moment: Any) -> None:
    run = a_run(shop, moment)
    paths = [f"{LIST}add/", EXPORT, *(f"{LIST}{run.pk}/{read}" for read in READS)]
    assert {Client().get(path).headers["Location"].split("?")[0] for path in paths} == {"/admin/login/"}
    assert {Client().post(f"{LIST}{run.pk}/{door}/").status_code for door in DOORS} == {302}


def test_doors_that_change_something_answer_no_get(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    run = a_run(shop, moment)
    assert {signed_in(shop.owner).get(f"{LIST}{run.pk}/{door}/").status_code for door in DOORS} == {405}


def test_a_run_that_does_not_exist_is_not_found(shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    assert {client.post(f"{LIST}{uuid7()}/{door}/").status_code for door in DOORS} == {404}
    assert client.get(f"{LIST}{uuid7()}/refused.csv").status_code == 404


@pytest.mark.parametrize("file", ["", "imports/other/file.csv", "../settings.py", "imports/{run}/../../secret.txt"])
def test_the_download_of_a_run_leads_nowhere_else(file: str, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    default_storage.save("secret.txt", ContentFile(b"secret"))
    default_storage.save("imports/other/file.csv", ContentFile(b"secret"))
    run = a_run(shop, moment)
    ImportRun.objects.filter(pk=run.pk).update(file=file.format(run=run.pk))
    assert signed_in(shop.owner).get(f"{LIST}{run.pk}/file/").status_code == 404


# Export


def an_export(moment: Any, *, kind: str = "catalog.export", state: str = "succeeded", file: str = "exports/all.csv") -> Job:
    return Job.objects.create(kind=kind, arguments={"format": "shopify"}, state=state, result={"file": file, "rows": 2}, created_at=moment)


def test_whoever_sees_the_catalogue_takes_an_export(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    default_storage.save("exports/all.csv", ContentFile(b"Handle\n"))
    job = an_export(moment)
    client = signed_in(shop.viewer)
    assert f"{EXPORT}{job.pk}/file/" in client.get(EXPORT).content.decode()
    answer = client.get(f"{EXPORT}{job.pk}/file/")
    assert b"".join(answer.streaming_content) == b"Handle\n"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="products-shopify-')


def test_a_cashier_takes_no_export(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    job = an_export(moment)
    client = signed_in(shop.carla)
    assert {client.get(path).status_code for path in (EXPORT, f"{EXPORT}{job.pk}/file/", f"{EXPORT}{job.pk}/progress/")} == {302}


@pytest.mark.parametrize(
    "wrong", [{"kind": "catalog.import.read"}, {"state": "running"}, {"file": "secret.txt"}, {"file": "exports/../secret.txt"}, {"file": ""}]
)
def test_the_download_of_an_export_leads_nowhere_else(wrong: dict[str, str], shop: house.Shop, signed_in: Any, moment: Any) -> None:
    default_storage.save("secret.txt", ContentFile(b"secret"))
    default_storage.save("exports/all.csv", ContentFile(b"Handle\n"))
    job = an_export(moment, **wrong)
    assert signed_in(shop.owner).get(f"{EXPORT}{job.pk}/file/").status_code == 404
