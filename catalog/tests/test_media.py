import io
import struct
import zlib

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageCms

from catalog import pictures, services
from catalog.models import Media, ProductMedia
from catalog.tests.cast import LATER, NOW, oats
from catalog.tests.pictures_drawn import drawn, taken_sideways_at_home
from kernel import jobs
from kernel.models import Job, Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def add(product, content, **given):
    return services.add_picture(product=product.id, content=content, **{"name": "oats.jpg", "now": LATER, "actor": None, **given})


def events(product):
    return Message.objects.filter(aggregate_id=product.id, type="catalog.product.changed").count()


def stored(media):
    with default_storage.open(str(media.file)) as file:
        return Image.open(io.BytesIO(file.read()))


@pytest.mark.parametrize(("kind", "kept"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/png")])
def test_a_picture_is_known_by_what_it_holds(kind, kept):
    product = oats()
    media = add(product, drawn(kind=kind), name="C:\\photos\\no-such-ending.txt", alt="  A bowl  of oats ")
    assert (media.content_type, media.width, media.height, media.state) == (kept, 40, 30, "waiting")
    assert media.name == "no-such-ending.txt"
    assert stored(media).format == kept.split("/")[1].upper()
    assert product.pictures.get().alt == "A bowl of oats"
    assert events(product) == 2


def test_a_photo_is_turned_upright_and_tells_nothing_of_where_it_was_taken():
    media = add(oats(), taken_sideways_at_home())
    image = stored(media)
    assert (media.width, media.height) == image.size == (20, 60)
    assert not image.getexif()
    assert b"Kestrel" not in default_storage.open(str(media.file)).read()
    # The blue edge was left and is above now.
    assert image.getpixel((10, 2))[2] > 150 > image.getpixel((10, 50))[2]


def test_what_a_png_says_beside_the_picture_is_gone():
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    told.add_text("Author", "Somebody at home")
    media = add(oats(), drawn(kind="PNG", pnginfo=told))
    assert b"Somebody" not in default_storage.open(str(media.file)).read()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_colours_comments_and_xmp_are_left_behind(kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = {"comment": b"Somebody at home"} if kind == "JPEG" else {}
    media = add(oats(), drawn(kind=kind, icc_profile=profile, xmp=b"<x>Somebody at home</x>", **told))
    assert b"Somebody" not in default_storage.open(str(media.file)).read()
    assert {"icc_profile", "comment", "xmp", "exif"}.isdisjoint(stored(media).info)


def test_print_colours_become_those_of_a_screen():
    assert stored(add(oats(), drawn(mode="CMYK", colour=(0, 200, 200, 0)))).mode == "RGB"


def test_the_first_frame_of_a_moving_gif_is_taken():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    body = io.BytesIO()
    frames[0].save(body, "GIF", save_all=True, append_images=frames[1:])
    assert stored(add(oats(), io.BytesIO(body.getvalue()))).convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def png_that_claims(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b""))


@pytest.mark.parametrize("size", [(10_000, 5_001), (60_000, 60_000), (2_000_000_000, 2)])
def test_a_bomb_is_refused_before_it_goes_off(size):
    with pytest.raises(services.PictureTooLarge) as refused:
        add(oats(), png_that_claims(*size))
    assert (refused.value.code, refused.value.field) == ("picture_too_large", "picture")
    assert not Media.objects.exists()


def test_a_file_of_more_than_20_mb_is_refused(monkeypatch):
    monkeypatch.setattr(pictures, "HEAVIEST", 100)
    with pytest.raises(services.PictureTooLarge):
        add(oats(), drawn())


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


CUT_OFF = [drawn().getvalue()[:300], drawn(kind="PNG").getvalue()[:60], b"\xff\xd8\xff", b"GIF89a"]


@pytest.mark.parametrize("content", [b"", b"oats", SVG, drawn(kind="BMP").getvalue(), *CUT_OFF])
def test_what_is_no_picture_or_damaged_is_refused(content):
    with pytest.raises(services.BadPicture) as refused:
        add(oats(), io.BytesIO(content), name="honest.jpg")
    assert refused.value.field == "picture"


def test_the_same_file_is_kept_once():
    first, second = oats(), oats(variants=[services.NewVariant(sku="B", prices={"EUR": 1})], handle="b", tax_class=oats_tax())
    one, other = add(first, drawn()), add(second, drawn(), name="again.jpg")
    assert one == other
    assert Job.objects.filter(kind="catalog.renditions").count() == 1
    with pytest.raises(services.PictureTwice):
        add(first, drawn())


def oats_tax():
    from catalog.models import TaxClass

    return TaxClass.objects.get()


def test_pictures_have_an_order_a_text_and_can_go():
    product = oats()
    for colour in range(3):
        add(product, drawn(colour=(0, colour * 90, 0)))
    first, second, third = product.pictures.order_by("position")
    services.move_picture(picture=third.id, place=0, now=LATER, actor=None)
    assert [row.id for row in product.pictures.order_by("position")] == [third.id, first.id, second.id]
    seen = events(product)
    services.move_picture(picture=third.id, place=0, now=LATER, actor=None)
    services.set_alt(picture=first.id, alt="", now=LATER, actor=None)
    assert events(product) == seen
    services.set_alt(picture=first.id, alt="Bag", now=LATER, actor=None)
    services.remove_picture(picture=second.id, now=LATER, actor=None)
    assert list(product.pictures.order_by("position").values_list("alt", flat=True)) == ["", "Bag"]
    assert Media.objects.count() == 3
    with pytest.raises(services.UnknownPicture):
        services.remove_picture(picture=second.id, now=LATER, actor=None)


def test_a_picture_of_a_variant_is_of_one_of_its_own():
    product = oats()
    add(product, drawn(), variant=product.variants.get().id)
    with pytest.raises(services.UnknownVariant):
        add(product, drawn(), variant=product.id)


@pytest.mark.django_db(transaction=True)
class TestCopies:
    def prepared(self):
        return jobs.run_next(now=NOW)

    def test_they_are_made_in_the_background(self):
        product = oats()
        media = add(product, drawn(1600, 800))
        before = events(product)
        assert self.prepared().result == {"made": 3}
        media.refresh_from_db()
        assert media.state == "ready"
        assert [(copy["width"], copy["height"]) for copy in media.renditions] == [(160, 160), (480, 240), (1200, 600)]
        for copy in media.renditions:
            with default_storage.open(copy["file"]) as file:
                assert Image.open(io.BytesIO(file.read())).format == "WEBP"
        assert events(product) == before + 1

    def test_a_small_picture_is_not_blown_up(self):
        media = add(oats(), drawn(300, 200))
        self.prepared()
        media.refresh_from_db()
        assert [copy["width"] for copy in media.renditions] == [160, 300, 300]

    def test_the_square_keeps_the_point_in_sight(self):
        media = add(oats(), drawn(800, 200))
        services.set_focal(media=media.id, x=0, y=500, now=LATER, actor=None)
        while self.prepared():
            pass
        media.refresh_from_db()
        with default_storage.open(media.renditions[0]["file"]) as file:
            assert Image.open(io.BytesIO(file.read())).getpixel((80, 80))[2] > 150

    def test_a_picture_that_cannot_be_read_any_more_says_so_in_words(self):
        media = add(oats(), drawn())
        default_storage.delete(str(media.file))
        self.prepared()
        media.refresh_from_db()
        assert (media.state, media.error) == ("failed", "The file is no longer in the storage. Upload it again.")
        default_storage.save(str(media.file), io.BytesIO(b"rubbish"))
        services.retry_renditions(media=media.id, now=LATER, actor=None)
        self.prepared()
        media.refresh_from_db()
        assert (media.state, media.error) == ("failed", "This file is no JPEG, PNG, WebP or GIF, or it is damaged.")

    def test_an_older_job_does_not_overrule_a_newer_point(self):
        media = add(oats(), drawn(800, 200))
        services.set_focal(media=media.id, x=1000, y=500, now=LATER, actor=None)
        told = services.media.settle_renditions(media=media.id, focal=(500, 500), renditions=[], error="", now=LATER, actor=None)
        media.refresh_from_db()
        assert (told, media.state) == (False, "waiting")


def test_a_point_outside_is_refused():
    media = add(oats(), drawn())
    with pytest.raises(services.changes.Invalid):
        services.set_focal(media=media.id, x=1001, y=0, now=LATER, actor=None)


class TestTheAddress:
    def test_anybody_gets_a_picture_and_may_keep_it(self, client):
        media = add(oats(), drawn())
        response = client.get(pictures.address(str(media.file)))
        assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["X-Content-Type-Options"] == "nosniff"
        body = b"".join(response.streaming_content)
        assert len(body) == int(response["Content-Length"]) == media.size
        again = client.get(pictures.address(str(media.file)), headers={"If-None-Match": response["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
        head = client.head(pictures.address(str(media.file)))
        assert (head.status_code, head["Content-Length"], head.content) == (200, str(media.size), b"")

    def test_nothing_else_of_the_storage_is_served(self, client, settings, tmp_path):
        media = add(oats(), drawn())
        for name in ("imports/1/prices.csv", "exports/all.csv", "secret.txt", f"pictures/{'0' * 64}.jpg", f"{str(media.file)[:-4]}.svg"):
            if not default_storage.exists(name):
                default_storage.save(name, io.BytesIO(b"secret"))
            assert client.get(pictures.address(name)).status_code == 404, name
        own = str(media.file)
        for name in ("", "%00", "../settings.py", f"pictures/../{own}", f"{own}%00", own.replace(".jpg", "%0a.jpg"), own.upper(), f"/{own}"):
            assert client.get(pictures.address(name)).status_code == 404, name

    def test_a_picture_whose_file_is_gone_is_not_there(self, client):
        media = add(oats(), drawn())
        default_storage.delete(str(media.file))
        assert client.get(pictures.address(str(media.file))).status_code == 404

    def test_nothing_is_written_through_it(self, client):
        media = add(oats(), drawn())
        for method in ("post", "put", "delete", "patch"):
            assert getattr(client, method)(pictures.address(str(media.file))).status_code == 405

    def test_one_statement_answers(self, client, django_assert_num_queries):
        media = add(oats(), drawn())
        with django_assert_num_queries(1):
            client.get(pictures.address(str(media.file)))

    def test_links_in_the_product_list_are_those_of_its_pictures(self):
        media = add(oats(), drawn())
        assert str(media.file) == f"pictures/{media.sha256[:2]}/{media.sha256}/" + str(media.file).rsplit("/", 1)[-1]
        assert ProductMedia.objects.get().media == media


@pytest.mark.django_db(transaction=True)
def test_a_picture_can_be_taken_before_the_transaction_that_adds_it():
    product = oats()
    taken = services.take_picture(content=drawn())
    with transaction.atomic():
        media = add(product, taken)
    assert stored(media).size == (40, 30)
    assert services.take_picture(content=drawn()).file == str(media.file)
