"""`/v1/ledger/seals` and `/v1/ledger/entries/{id}/proof`, and how they look on the wire."""

from apps.api import fields
from apps.api.paging import Page, page
from apps.api.params import Integer, listing, operation
from apps.api.registry import ObjectType, ResourceType, Wire
from apps.api.views import WireView
from apps.core import clock, context
from apps.core.clock import to_unix
from apps.ledger import services
from apps.ledger.api.book_view import BookView
from apps.ledger.domain import seals as domain
from apps.ledger.models import LedgerSeal
from apps.ledger.queries import seals
from apps.ledger.queries.proofs import CHAIN_MAX, Proof, get_proof

NUMBER_MAX = 2**63 - 1


class LedgerSeals(BookView):
    """Create, list."""

    resource = "ledger_seals"
    returns = "ledger.seal"
    shapes = {
        "GET": listing(number=Integer(minimum=1, maximum=NUMBER_MAX, doc="Only this one.")),
        "POST": operation(),
    }

    def get(self) -> Page:
        """List ledger seals, the newest first."""
        rows = seals.list_seals()
        if (number := self.params.get("number")) is not None:
            rows = rows.filter(number=number)
        return page(rows, self.params)

    def post(self) -> LedgerSeal:
        """Seal now what can be sealed, and return the newest seal.

        It happens by itself every few seconds. What was posted while somebody else was posting is
        sealed when they are done.
        """
        return services.seal_now(now=clock.now())


class LedgerSealDetail(BookView):
    """Retrieve."""

    resource = "ledger_seals"
    returns = "ledger.seal"
    shapes = {"GET": operation()}

    def get(self, ledger_seal: str) -> LedgerSeal:
        return seals.get_seal(ledger_seal)


class LedgerEntryProof(WireView):
    """Prove that an entry is in the book, as it was sealed.

    The proof can be checked without FinCloud, by a small program (`docs/verify_proof.py`) and the
    hash of a seal that one has kept: whoever changes the book afterwards cannot make it true again.
    """

    resource = "ledger_seals"
    returns = "ledger.proof"
    shapes = {
        "GET": operation(
            until_seal=Integer(
                minimum=1,
                maximum=NUMBER_MAX,
                doc="The number of the seal whose hash is trusted. Unless given, the newest, at "
                f"most {CHAIN_MAX} after the entry's own.",
            )
        )
    }

    def get(self, ledger_entry: str) -> Wire:
        return render_proof(get_proof(ledger_entry, until_seal=self.params.get("until_seal")))


def render_seal(seal: LedgerSeal) -> Wire:
    """Return the wire's seal."""
    return {
        "id": seal.id,
        "object": "ledger.seal",
        "count": seal.posting_count,
        "created": to_unix(seal.created_at),
        "hash": seal.hash,
        "header": _header_text(seal),
        "livemode": context.current().environment.livemode,
        "number": seal.number,
        "previous": seal.previous_hash,
        "root": seal.root,
    }


def render_proof(proof: Proof) -> Wire:
    """Return the wire's proof."""
    return {
        "object": "ledger.proof",
        "chain": [_header_text(seal) for seal in proof.chain],
        "entry": proof.entry_id,
        "index": proof.index,
        "leaf": proof.leaf,
        "livemode": context.current().environment.livemode,
        "path": proof.path,
        "seal": {
            "hash": proof.seal.hash,
            "header": _header_text(proof.seal),
            "number": proof.seal.number,
        },
    }


def _header_text(seal: LedgerSeal) -> str:
    return domain.to_bytes(seals.header_of(seal)).decode()


_HASH = "SHA-256 of `header`, in hexadecimal digits."
_HEADER = "What the hash is of: the number, the root, the hash before, as JSON in a fixed form."
SEAL = ResourceType(
    prefix="lseal",
    name="ledger.seal",
    model=LedgerSeal,
    render=render_seal,
    find_many=seals.find_seals,
    about=(
        "A closed range of postings. Its root is that of a Merkle tree (RFC 9162) over them, and "
        "its hash is also of the seal before: so the newest hash is one of the whole book."
    ),
    fields={
        "count": fields.integer("How many postings are in it.", minimum=1),
        "created": fields.time("When it was made."),
        "hash": fields.text(_HASH),
        "header": fields.text(_HEADER),
        "livemode": fields.boolean("Whether it is of the live environment."),
        "number": fields.integer("Its place in the chain.", minimum=1),
        "previous": fields.text("The hash of the seal before; of the first, 64 zeros."),
        "root": fields.text("The root of the Merkle tree over its postings, in hexadecimal."),
    },
)
PROOF = ObjectType(
    name="ledger.proof",
    about="What leads from one entry to the hash of a seal: to be kept, and checked offline.",
    fields={
        "chain": fields.list_of(
            fields.text(), doc="The headers of the seals after the entry's own, in their order."
        ),
        "entry": fields.reference("The entry."),
        "index": fields.integer("The place of the leaf in its seal, from 0.", minimum=0),
        "leaf": fields.text("What is hashed of the posting that the entry is a side of, as JSON."),
        "livemode": fields.boolean("Whether it is of the live environment."),
        "path": fields.list_of(
            fields.text(), doc="The hashes beside the way from the leaf to the root, from below."
        ),
        "seal": fields.part(
            {
                "hash": fields.text(_HASH),
                "header": fields.text(_HEADER),
                "number": fields.integer("Its place in the chain.", minimum=1),
            },
            doc="The seal that the posting is in.",
        ),
    },
)
