"""The base of every object of the wire, and the row of a job that is due."""

from typing import Any, Self, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from apps.core import context

ID_LENGTH = 64
M = TypeVar("M", bound=models.Model)
SetT = TypeVar("SetT", contravariant=True)
GetT = TypeVar("GetT", covariant=True)


class IdField(models.CharField[SetT, GetT]):
    """A prefixed id. Collated "C", so that the database sorts ids as they were made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", ID_LENGTH)
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  # PostgreSQL is the only database
        """Return the column's type, under the name for which Django makes one index and not two.

        A `varchar` key gets a second index for LIKE; collated "C", the first one serves that too.
        """
        return f"character varying({self.max_length})"


class ResourceQuerySet(models.QuerySet[M]):
    """The one place where the owner of an object is set and filtered."""

    def owned(self) -> Self:
        """Keep what belongs to the account of the current context."""
        return self.filter(account_id=context.current().account_id)


class Resource(models.Model):
    """An object of the wire: its id, its owner, its time, its metadata."""

    id = IdField(primary_key=True)
    account_id = IdField(help_text="The merchant account that owns the object.")
    created_at = models.DateTimeField()
    metadata = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.id


class Job(models.Model):
    """Something that is due: a task to run for an environment at a time. The row is the job.

    A message to the worker is only a doorbell; the sweeper finds the row if the message was lost.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(
        max_length=160,
        unique=True,
        help_text="Names the job, so that scheduling it twice makes one row.",
    )
    task = models.CharField(max_length=80)
    environment_id = IdField(null=True, help_text="Null: the job serves all environments.")
    kwargs = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="job_due_at")]

    def __str__(self) -> str:
        return self.key
