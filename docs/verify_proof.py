#!/usr/bin/env python3
"""Check offline that an entry is in a FinCloud ledger, as it was sealed.

    python verify_proof.py PROOF.json HASH

PROOF.json is what GET /v1/ledger/entries/{id}/proof answered. HASH is the hash of a seal that you
trust, because you kept it: that of the entry's own seal, or of a later one to which the proof
leads. The program uses the standard library only, and asks nobody. It exits with 0 and prints what
was proved, or with 1 and says why nothing is.

What is checked (SHA-256 throughout; hashes are hexadecimal):

1. `leaf` is of the entry: its id is made of the leaf's transaction and position, and of a side.
2. Hashed after a byte 0, the leaf leads by `path` to the root in the header of its seal (RFC 9162,
   section 2.1.3.2: a Merkle tree; nodes are hashed after a byte 1).
3. The hash of that header, as text, is `previous` in the next header of `chain`, and so on.
4. The hash of one of these headers is HASH. What comes after that one is not looked at.
"""

import hashlib
import json
import re
import sys
from pathlib import Path


class Unproved(Exception):
    """The proof does not hold."""


def check(proof, trusted):
    """Return the leaf that is proved, and the number of the seal that is trusted."""
    leaf = json.loads(proof["leaf"])
    check_entry(proof["entry"], leaf)
    header = json.loads(proof["seal"]["header"])
    hashed = hashlib.sha256(b"\x00" + proof["leaf"].encode()).digest()
    root = root_from_path(hashed, proof["index"], header["count"], proof["path"])
    if root.hex() != header["root"]:
        raise Unproved("the path does not lead from the leaf to the root of its seal")
    if (header["number"], hash_of(proof["seal"]["header"])) != (
        proof["seal"]["number"],
        proof["seal"]["hash"],
    ):
        raise Unproved("the header is not that of the seal")
    return leaf, find_trusted([proof["seal"]["header"], *proof["chain"]], trusted)


def check_entry(entry, leaf):
    """Check that an entry is one of the two sides of the posting that the leaf tells of."""
    suffix = leaf["transaction"].removeprefix("ltx_")
    sides = [f"len_{suffix}{2 * leaf['position'] + side:05}" for side in (0, 1)]
    if entry not in sides:
        raise Unproved("the leaf is not that of the entry")


def root_from_path(hashed, index, size, path):
    """Return the root to which a path leads from the leaf at `index` of `size`."""
    if not 0 <= index < size:
        raise Unproved("the index is outside the seal")
    place, last = index, size - 1
    for beside in map(bytes.fromhex, path):
        if last == 0:
            raise Unproved("the path is too long")
        if place & 1 or place == last:
            hashed = hashlib.sha256(b"\x01" + beside + hashed).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hashed = hashlib.sha256(b"\x01" + hashed + beside).digest()
        place, last = place >> 1, last >> 1
    if last != 0:
        raise Unproved("the path is too short")
    return hashed


def find_trusted(headers, trusted):
    """Follow the chain until the hash is the trusted one; return the number of that seal."""
    number = hashed = None
    for text in headers:
        header = json.loads(text)
        if number is not None and (header["number"], header["previous"]) != (number + 1, hashed):
            raise Unproved(f"the chain is broken after seal {number}")
        number, hashed = header["number"], hash_of(text)
        if hashed == trusted:
            return number
    raise Unproved("the trusted hash is that of no seal in the chain")


def hash_of(text):
    """Return the hash of a header."""
    return hashlib.sha256(text.encode()).hexdigest()


def main(arguments):
    """Check the proof in a file against a trusted hash; return the exit code."""
    if len(arguments) != 2 or not re.fullmatch("[0-9a-fA-F]{64}", arguments[1]):
        print("usage: verify_proof.py PROOF.json HASH", file=sys.stderr)
        return 2
    try:
        proof = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        leaf, number = check(proof, arguments[1].lower())
    except Unproved as reason:
        print(f"NOT PROVED: {reason}.")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"NOT PROVED: this is no proof ({type(error).__name__}: {error}).")
        return 1
    print(f"PROVED by seal {number}: {proof['entry']} is a side of")
    print(json.dumps(leaf, indent=2, ensure_ascii=False, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
