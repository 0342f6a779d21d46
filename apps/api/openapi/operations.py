"""How one operation is described: from its view's shapes, its docstrings and what it returns."""

import re
from typing import Any, cast

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiRequest

from apps.api import fields, wire
from apps.api.openapi import headers, wording
from apps.api.openapi.components import ERROR, reference_to
from apps.api.params import AnyOf, FileUpload, ListOf, MapOf, Metadata, Param, Schema, Shape
from apps.api.views import ANSWER_TYPE, WireView

FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data"
# `a[b]=c`, `x[0]=…`, `created[gte]=…`: one notation for all that is not a single value.
_BRACKETS: dict[str, Any] = {"style": "deepObject", "explode": True}
_BINARY = {"type": "string", "format": "binary"}


class WireSchema(AutoSchema):
    """Describe the operations of a `WireView` (Django REST framework's schema class)."""

    @property
    def wire_view(self) -> WireView:
        """The view, of which this describes one method."""
        return cast(WireView, self.view)

    @property
    def shape(self) -> Shape:
        """What the method takes."""
        return self.wire_view.shapes[self.method]

    def get_operation_id(self) -> str:
        """Return the name as Stripe's own description makes it: `PostRefundsRefund`."""
        words = re.findall(r"[a-zA-Z0-9]+", self.path.removeprefix("/v1"))
        return self.method.title() + "".join(word.title() for word in words)

    def get_summary(self) -> str:
        """Return what it does, in a line; empty if nobody said it."""
        return wording.summary_of(self.wire_view, self.method)

    def get_description(self) -> str:  # type: ignore[override]  # the library's own does so
        """Return what else there is to know."""
        return wording.description_of(self.wire_view, self.method)

    def get_tags(self) -> list[str]:
        """Return the resource, by which keys are restricted too."""
        return [self.wire_view.resource]

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the ways to send a key."""
        return [{"bearer": []}, {"basic": []}]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of path, query and headers, and the headers of the answer."""
        in_path = re.findall(r"{(\w+)}", self.path)
        ids = [
            OpenApiParameter(name, str, OpenApiParameter.PATH, description=wording.id_of(name))
            for name in in_path
        ]
        in_query = [] if self.method == "POST" else self._query_parameters()
        return [*ids, *in_query, *headers.of(self.method)]

    def get_request_serializer(self) -> Any:
        """Return the body: one schema, as a form with brackets or as JSON, or with a file."""
        schema = self._body_component()
        nested = {
            name: _BRACKETS for name, field in self.shape.supported.items() if _is_nested(field)
        }
        form = OpenApiRequest(schema, encoding=nested or None)
        if any(isinstance(field, FileUpload) for field in self.shape.fields.values()):
            return {MULTIPART_TYPE: form}
        return {FORM_TYPE: form, ANSWER_TYPE: schema}

    def get_response_serializers(self) -> Any:
        """Return what it answers, by status and content type."""
        answers: dict[Any, Any] = {}
        media_types = self.wire_view.media_types if self.method == "GET" else (ANSWER_TYPE,)
        for media_type in media_types:
            shown = self._answer() if media_type == ANSWER_TYPE else _BINARY
            answers["200", media_type] = shown
        answers["default", ANSWER_TYPE] = reference_to(ERROR)
        return answers

    def _get_request_body(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        body: dict[str, Any] | None
        body = super()._get_request_body(*args, **kwargs)  # type: ignore[no-untyped-call]
        if body is not None and any(field.required for field in self.shape.fields.values()):
            body["required"] = True
        return body

    def _get_response_for_code(self, serializer: Any, status_code: str, *args: Any) -> Any:
        response = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, *args
        )
        response["description"] = wording.STATUSES[status_code]
        return response

    def _query_parameters(self) -> list[OpenApiParameter]:
        return [_in_query(name, field) for name, field in self.shape.supported.items()]

    def _body_component(self) -> Schema:
        # Named, since it comes twice: as a form and as JSON.
        name = f"{self.get_operation_id()}Body"
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name, type=ResolvedComponent.SCHEMA, object=name, schema=self.shape.schema()
        )
        self.registry.register_on_missing(component)
        return reference_to(name)

    def _answer(self) -> Schema:
        view = self.wire_view
        names = (view.returns, *view.also_returns)
        whole = fields.embedded(*names).schema
        if self.method == "DELETE":
            deleted = fields.object_schema(
                {
                    "id": fields.text(),
                    "object": fields.text(choices=names),
                    "deleted": fields.boolean("Always true."),
                }
            )
            # Of several kinds, one may be shown whole when it goes: a source is used up.
            return {"anyOf": [deleted, whole]} if view.also_returns else deleted
        if self.shape.is_search:
            return fields.found_schema(view.returns)
        if self.shape.is_listing:
            return fields.page_schema(*names)
        # What was deleted can still be asked for, and says no more than that.
        deleted_names = [one for one in map("deleted_{}".format, names) if one in wire.objects()]
        is_asked = self.method == "GET" and deleted_names
        return fields.embedded(*names, *deleted_names).schema if is_asked else whole


def _is_nested(field: Param) -> bool:
    if isinstance(field, AnyOf):
        return any(_is_nested(kind) for kind in field.kinds)
    return isinstance(field, (ListOf, MapOf, Metadata, Shape))


def _in_query(name: str, field: Param) -> OpenApiParameter:
    schema = field.schema()
    description = schema.pop("description", "")
    return OpenApiParameter(
        name,
        schema,
        OpenApiParameter.QUERY,
        required=field.required,
        description=description,
        **(_BRACKETS if _is_nested(field) else {}),
    )
