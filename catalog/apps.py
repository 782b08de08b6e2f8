from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        # Each says what it does when it is imported: jobs of its kind, events it follows.
        from catalog import renditions, subscribers  # noqa: F401
        from catalog.importing import jobs  # noqa: F401
        from catalog.services import coupons  # noqa: F401
