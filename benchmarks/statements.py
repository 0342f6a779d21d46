"""Count the SQL statements of one create-and-confirm, in a process of its own.

Usage: `python -m benchmarks.statements KEY`, with the environment of the installation. BEGIN,
COMMIT and SET are not counted: they carry no data and need no plan.
"""

import sys

PAYMENT = {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
NOT_COUNTED = ("BEGIN", "COMMIT", "SET")


def main() -> None:
    """Print the number."""
    print(count(sys.argv[1]))


def count(key: str) -> int:
    """Return the statements of the second payment: the first one makes the ledger's accounts."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {key}"})
    for attempt in ("first", "second"):
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(
                "/v1/payment_intents", PAYMENT, headers={"Idempotency-Key": f"count-{attempt}"}
            )
        if answer.status_code != 200:
            raise RuntimeError(answer.content)
    statements = [query["sql"].lstrip() for query in captured]
    return sum(not sql.startswith(NOT_COUNTED) for sql in statements)


if __name__ == "__main__":
    main()
