from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "apps.files"
    label = "files"

    def ready(self) -> None:
        from apps.api import registry
        from apps.files import queries
        from apps.files.api.resources import RESOURCES

        for resource in RESOURCES:
            registry.register(resource)
        registry.register_links(queries.linked_ids)
