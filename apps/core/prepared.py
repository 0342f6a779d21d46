"""A query whose SQL is written once for each process.

Django writes the SQL of a query anew each time it is run. For wide rows with joins that takes
longer than PostgreSQL needs to find them: such a query of the hot path is prepared here, and its
rows become the same instances.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Written:
    """What does not change from run to run."""

    sql: str
    names: tuple[Any, ...]
    model: Any
    fields: slice
    attributes: Sequence[str]
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]
    related: Sequence[Any]


class Prepared(Generic[M]):
    """A query for one row, with texts for parameters.

    `Prepared(lambda **given: Attempt.objects.select_related(…).filter(pk=given["id"]), "id")`
    """

    def __init__(self, make: Callable[..., QuerySet[M]], *names: str) -> None:
        self._make = make
        # Each stands in the query for its value.
        self._marks = {name: f"<{name}>" for name in names}
        self._written: _Written | None = None

    def get(self, **given: str) -> M:
        """Return the row that the query finds.

        :raises DoesNotExist: of the model; there is none.
        """
        written = self._written = self._written or self._write()
        values = {mark: given[name] for name, mark in self._marks.items()}
        with connection.cursor() as cursor:
            cursor.execute(written.sql, [values.get(name, name) for name in written.names])
            found = cursor.fetchone()
        if found is None:
            raise written.model.DoesNotExist(f"There is no such {written.model.__name__}.")
        row = list(found)
        for place, converters, expression in written.converters:
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        instance = written.model.from_db(DEFAULT_DB_ALIAS, written.attributes, row[written.fields])
        for populator in written.related:
            populator.populate(row, instance)
        made: M = instance
        return made

    def _write(self) -> _Written:
        query = self._make(**self._marks).query
        compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
        sql, names = compiler.as_sql()
        select, shape = compiler.select, compiler.klass_info
        fields = slice(shape["select_fields"][0], shape["select_fields"][-1] + 1)
        converters = compiler.get_converters([column[0] for column in select])
        return _Written(
            sql=sql,
            names=tuple(names),
            model=shape["model"],
            fields=fields,
            attributes=[column[0].target.attname for column in select[fields]],
            converters=[(place, *pair) for place, pair in converters.items()],
            # The types are those of Django 6.
            related=get_related_populators(shape, select, DEFAULT_DB_ALIAS),  # type: ignore[call-arg]
        )
