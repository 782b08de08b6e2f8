from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        # Says what it does when it is imported: jobs of its kinds.
        from inventory import jobs  # noqa: F401
