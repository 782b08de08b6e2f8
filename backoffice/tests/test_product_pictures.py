"""Pictures on the product page: added several at a time, described, put in order, given a point that stays in sight, removed."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from backoffice.tests import shop as house
from backoffice.tests.test_product_page import address, form_of, save
from catalog import renditions
from catalog.models import Media, Product
from kernel import jobs
from kernel.models import Job
from org.tests.doorstep import statements


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", str(tmp_path))


@pytest.fixture
def tea(shop: house.Shop, moment: Any) -> Product:
    house.add_products(shop, 1, now=moment)
    return shop.variants[0].product  # type: ignore[no-any-return]


def drawn(colour: str, name: str = "") -> SimpleUploadedFile:
    body = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(body, "PNG")
    return SimpleUploadedFile(name or f"{colour}.png", body.getvalue(), "image/png")


def send(client: Any, product: Product, *files: Any, **typed: Any) -> Any:
    form = form_of(client.get(address(product, "pictures")).content.decode())
    return client.post(address(product, "pictures"), {**form, **typed, "upload-files": list(files)})


def names(product: Product) -> list[str]:
    return list(product.pictures.order_by("position").values_list("media__name", flat=True))


def test_several_pictures_are_added_at_once(tea: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    assert send(client, tea, drawn("red"), drawn("green")).status_code == 302
    assert names(tea) == ["red.png", "green.png"]
    assert "Being prepared" in client.get(address(tea, "pictures")).content.decode()


def test_a_picture_may_be_of_one_variant(tea: Product, shop: house.Shop, signed_in: Any) -> None:
    variant = shop.variants[0]
    send(signed_in(shop.owner), tea, drawn("red"), **{"upload-variant": str(variant.pk)})
    assert tea.pictures.get().variant == variant


def test_what_is_no_picture_is_told_and_nothing_is_kept(tea: Product, shop: house.Shop, signed_in: Any) -> None:
    bad = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>", "image/png")
    answer = send(signed_in(shop.owner), tea, drawn("red"), bad)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "no JPEG, PNG, WebP or GIF" in page
    assert names(tea) == []


def test_pictures_are_described_and_given_a_focus(tea: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    send(client, tea, drawn("red"))
    picture = tea.pictures.get()
    own = f"picture-{picture.pk}"
    assert save(client, address(tea, "pictures"), **{f"{own}-alt": "A red box", f"{own}-focal_x": "20", f"{own}-focal_y": "75"}).status_code == 302
    picture.refresh_from_db()
    assert (picture.alt, picture.media.focal_x, picture.media.focal_y) == ("A red box", 200, 750)
    answer = save(client, address(tea, "pictures"), **{f"{own}-focal_x": "101"})
    assert f'id="f-{own}-focal_x-error"' in answer.content.decode()


def test_order_is_changed_by_buttons_and_keeps_what_was_typed(tea: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    send(client, tea, drawn("red"), drawn("green"), drawn("blue"))
    first, _second, last = tea.pictures.order_by("position")
    save(client, address(tea, "pictures"), picture=f"up:{last.pk}", **{f"picture-{first.pk}-alt": "Red"})
    assert names(tea) == ["red.png", "blue.png", "green.png"]
    first.refresh_from_db()
    assert first.alt == "Red"
    save(client, address(tea, "pictures"), picture=f"down:{first.pk}")
    assert names(tea) == ["blue.png", "red.png", "green.png"]
    save(client, address(tea, "pictures"), picture=f"remove:{first.pk}")
    assert names(tea) == ["blue.png", "green.png"]
    for odd in ("up:999999", "up:", "remove:x", f"turn:{last.pk}", "up:" + "9" * 40):
        assert save(client, address(tea, "pictures"), picture=odd).status_code == 302
    assert names(tea) == ["blue.png", "green.png"]


def test_a_ready_picture_stands_in_the_heading(tea: Product, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    send(client, tea, drawn("red"))
    assert Job.objects.get(kind="catalog.renditions").kind == renditions.KIND
    while jobs.run_next(now=moment):
        pass
    media = Media.objects.get()
    page = client.get(address(tea)).content.decode()
    assert media.state == "ready"
    assert f'src="/media/{media.renditions[0]["file"]}"' in page


def test_a_picture_that_gets_ready_meanwhile_is_nobodys_edit(tea: Product, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    send(client, tea, drawn("red"))
    form = form_of(client.get(address(tea, "pictures")).content.decode())
    while jobs.run_next(now=moment):
        pass
    Product.objects.filter(pk=tea.pk).update(updated_at=moment + timedelta(days=1))
    answer = client.post(address(tea, "pictures"), {**form, f"picture-{tea.pictures.get().pk}-alt": "A red box"})
    assert answer.status_code == 302
    assert tea.pictures.get().alt == "A red box"


def test_a_picture_that_failed_can_be_tried_again(tea: Product, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    send(client, tea, drawn("red"))
    assert "data-waiting" in client.get(address(tea, "pictures")).content.decode()
    Media.objects.update(state="failed", error="The disk was full.")
    page = client.get(address(tea, "pictures")).content.decode()
    assert "The disk was full." in page
    assert "data-waiting" not in page
    assert f'value="retry:{tea.pictures.get().pk}"' in page
    save(client, address(tea, "pictures"), picture=f"retry:{tea.pictures.get().pk}")
    while jobs.run_next(now=moment):
        pass
    assert Media.objects.get().state == "ready"


def test_a_viewer_sees_pictures_and_cannot_send_any(tea: Product, shop: house.Shop, signed_in: Any) -> None:
    send(signed_in(shop.owner), tea, drawn("red"))
    viewer = signed_in(shop.viewer)
    page = viewer.get(address(tea, "pictures")).content.decode()
    assert "red.png" in page
    assert "upload-files" not in page
    assert viewer.post(address(tea, "pictures"), {"upload-files": [drawn("blue")]}).status_code == 403
    assert names(tea) == ["red.png"]


def test_the_number_of_pictures_does_not_change_the_number_of_statements(tea: Product, shop: house.Shop, signed_in: Any) -> None:
    client, counts = signed_in(shop.owner), []
    for colours in (["red"], ["green", "blue", "white", "black", "grey", "yellow"]):
        send(client, tea, *(drawn(colour) for colour in colours))
        with statements() as seen:
            client.get(address(tea, "pictures"))
        counts.append(len(seen))
    assert counts[0] == counts[1]
