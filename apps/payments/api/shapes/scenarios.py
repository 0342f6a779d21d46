"""The parameters of `/v1/test_helpers/scenarios`; a YAML file of scenarios has the same."""

from apps.api.params import Boolean, Integer, ListOf, Metadata, Shape, Text, listing, operation
from apps.payments.domain import scenarios as domain

OUTCOMES = ("approve", "decline", "action", "pending")
NOTIFY = Shape(
    copies=Integer(minimum=1, maximum=10, doc="How often it is sent, the same each time."),
    delay_s=Integer(minimum=0, maximum=domain.AFTER_S_MAX, doc="Seconds before it is sent."),
    lost=Boolean(doc="It is not sent at all."),
    order=Text(choices=("reversed",), doc="It is sent after the next one of the same order."),
    doc="How the processor tells of the order. Without it, it tells only what happens later.",
)
LATER = Shape(
    after=Text(
        max_length=10,
        required=True,
        pattern=r"[0-9]{1,9}[smhd]?",
        doc="How long after the order: `90s`, `15m`, `2h`, `3d`.",
    ),
    happens=Text(choices=domain.HAPPENINGS, required=True, doc="What happens by itself."),
    reason=Text(
        max_length=64,
        doc="The reason of a dispute (`product_not_received`), or the code of what fails.",
    ),
)
STEP = Shape(
    on=Text(
        choices=tuple(domain.OUTCOMES_ON), required=True, doc="The kind of order that it is about."
    ),
    nth=Integer(
        minimum=1,
        maximum=1_000_000,
        doc="Which of these orders, counted since the scenario began; every one, unless given.",
    ),
    latency_ms=Integer(
        minimum=0,
        maximum=60_000,
        doc="How long the answer takes. Beyond the time that a processor has for its answer, the "
        "order is carried out and its outcome is unknown.",
    ),
    fault=Text(
        choices=domain.FAULTS,
        doc="`timeout_before`: the order never arrives. `timeout_after`: it is carried out, and "
        "the answer is lost. `unavailable`: nobody answers.",
    ),
    outcome=Text(choices=OUTCOMES, doc="How it ends, whatever the payment method says."),
    decline_code=Text(max_length=64, doc="The issuer's reason, of the outcome `decline`."),
    notify=NOTIFY,
    later=ListOf(
        LATER, max_items=20, doc="What happens afterwards, instead of what the card would do."
    ),
)
CREATE = operation(
    name=Text(max_length=200, required=True, doc="What people call it."),
    payment_method=Text(max_length=64, doc="Only orders with this payment method."),
    customer=Text(max_length=64, doc="Only orders of this customer."),
    steps=ListOf(
        STEP,
        max_items=50,
        required=True,
        doc="Of the steps that fit an order, the first is taken.",
    ),
    metadata=Metadata(),
)
RETRIEVE = operation()
LIST = listing(status=Text(choices=("active", "ended"), doc="Only these."))
# A file has what a request has, but for what is about the answer.
FILE = Shape({name: field for name, field in CREATE.fields.items() if name != "expand"})
