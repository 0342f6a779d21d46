"""What the parameters of several operations have in common."""

from apps.api.params import Text, operation

AMOUNT_MAX = 999_999_999_999
ID = Text(max_length=64)
RETRIEVE = operation()
