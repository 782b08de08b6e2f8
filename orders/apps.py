from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        # Registers itself.
        import orders.known_to_customers
        import orders.services.reconciling
        import orders.subscribers  # noqa: F401
