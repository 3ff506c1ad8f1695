from django.apps import AppConfig


class CustomerServiceConfig(AppConfig):
    name = "applications.customer_service"
    label = "customer_service"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from applications import kinds  # noqa: PLC0415
        from applications.customer_service import copies, inventory, kind  # noqa: PLC0415
        from applications.customer_service.holder import CustomerServiceHolder  # noqa: PLC0415
        from privacy import holders  # noqa: PLC0415
        from tasks_app.protecting.copies import register_item_copies  # noqa: PLC0415

        inventory.declare_all()
        holders.register(CustomerServiceHolder())
        kinds.register(kind.KIND)
        register_item_copies(copies.fix_pairs)
