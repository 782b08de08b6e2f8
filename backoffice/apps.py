from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"

    def ready(self) -> None:
        # Whoever works off jobs must know this kind.
        from backoffice.simulator import recent  # noqa: F401
