"""Pictures in S3 as the settings configure it: taken in, copied smaller by the job, served from our own origin."""

from uuid import uuid4

import boto3
import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage

from catalog import pictures, services
from catalog.tests.cast import NOW, oats
from catalog.tests.pictures_drawn import drawn
from kernel import jobs

pytestmark = [pytest.mark.aws, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bucket(emulator, settings):
    s3 = boto3.client("s3", region_name=configured.AWS_REGION, endpoint_url=emulator)
    name = f"pictures-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": configured.AWS_REGION})
    options = {"bucket_name": name, "region_name": configured.AWS_REGION, "endpoint_url": emulator, "default_acl": "private"}
    settings.STORAGES = {**configured.STORAGES, "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}
    yield s3, name
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


def test_a_picture_lies_in_the_bucket_and_is_served_by_us(bucket, client):
    s3, name = bucket
    media = services.add_picture(product=oats().id, content=drawn(800, 600), name="oats.jpg", now=NOW, actor=None)
    assert jobs.run_next(now=NOW).result == {"made": 3}
    media.refresh_from_db()
    kept = {entry["Key"] for entry in s3.list_objects_v2(Bucket=name)["Contents"]}
    assert kept == {str(media.file), *(copy["file"] for copy in media.renditions)}
    for file, kind in [(str(media.file), "image/jpeg"), *((copy["file"], "image/webp") for copy in media.renditions)]:
        answer = client.get(pictures.address(file))
        body = b"".join(answer.streaming_content)
        assert (answer.status_code, answer["Content-Type"], int(answer["Content-Length"])) == (200, kind, len(body))
    s3.put_object(Bucket=name, Key="imports/1/prices.csv", Body=b"secret")
    assert client.get(pictures.address("imports/1/prices.csv")).status_code == 404


def test_a_picture_that_is_gone_from_the_bucket_is_not_there(bucket, client):
    media = services.add_picture(product=oats().id, content=drawn(), name="oats.jpg", now=NOW, actor=None)
    default_storage.delete(str(media.file))
    assert client.get(pictures.address(str(media.file))).status_code == 404
    jobs.run_next(now=NOW)
    media.refresh_from_db()
    assert (media.state, media.error) == ("failed", "The file is no longer in the storage. Upload it again.")
