import pytest


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Pages are rendered without collecting files first."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
