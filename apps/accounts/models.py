"""The table of merchant accounts."""

from django.db import models

from apps.core.models import Resource


class Account(Resource):
    """A merchant account. The environment's own one owns itself."""

    business_name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, help_text="ISO 3166-1, upper case.")
    default_currency = models.CharField(max_length=3, help_text="ISO 4217, lower case.")
