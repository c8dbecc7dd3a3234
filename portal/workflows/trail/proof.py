"""The mathematics of the trail's seals, and the check of an export without any portal.

It imports nothing but Python itself, so that an auditor can take this one file, read it, and run it:

    python proof.py export.json          or          python -m portal.workflows.trail.proof export.json

Each change is a leaf: SHA-256 of a zero byte and the change as canonical JSON (keys sorted, no spaces,
UTF-8; its old and new values are texts, hashed as they were written). Two nodes make one: SHA-256 of a one
byte and both hashes; a node without a partner goes up as it is. The last node is the root. A seal is a
small canonical JSON document that holds the root and the hash of the seal before. Its own hash is plain
SHA-256: no leaf or node can pass for one, because a document begins with a brace.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
Seal = dict[str, Any]
Step = tuple[str, str]  # side of the partner, "left" or "right", and its hash in hex

EXPORT = "assay trail export"
SEAL = "assay trail seal"
HASH_BYTES = 32

_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    return _encoder.encode(value).encode()


def leaf(entry: Entry) -> bytes:
    return hashlib.sha256(b"\0" + canonical(entry)).digest()


def leaves(entries: Iterable[Entry]) -> list[bytes]:
    return [leaf(entry) for entry in entries]


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def tree(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Give the levels of a tree, from the leaves to the root."""
    levels = [list(hashes)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        levels.append(pairs + below[-1:] if len(below) % 2 else pairs)
    return levels


def root(hashes: Sequence[bytes]) -> str:
    """The Merkle root in hex; of nothing, SHA-256 of nothing."""
    top = tree(hashes)[-1]
    return (top[0] if top else hashlib.sha256(b"").digest()).hex()


def path(levels: Sequence[Sequence[bytes]], index: int) -> list[Step]:
    """Give the partners that lead from a leaf to the root."""
    steps: list[Step] = []
    for level in levels:
        partner = index ^ 1
        if partner < len(level):
            steps.append(("left" if partner < index else "right", level[partner].hex()))
        index //= 2
    return steps


def climb(start: bytes, steps: Iterable[Step]) -> str:
    """Follow a path; the root in hex that it ends at."""
    here = start
    for side, partner in steps:
        other = bytes.fromhex(partner)
        here = node(other, here) if side == "left" else node(here, other)
    return here.hex()


def seal_hash(seal: Seal) -> str:
    return hashlib.sha256(canonical(seal)).hexdigest()


def check(export: Any) -> list[str]:
    """Check an export; what is wrong with it, in sentences. An empty list means that all of it is proven."""
    if not isinstance(export, dict) or export.get("kind") != EXPORT:
        return ["This is not an export of a trail."]
    try:
        return [*_check_seals(export), *_check_entries(export)]
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        return [f"This export is damaged: {type(problem).__name__}, {problem}."]


def _check_seals(export: Any) -> list[str]:
    problems = []
    before: Seal | None = None
    for seal in export["seals"]:
        if before is not None:
            if seal["previous"] != seal_hash(before):
                problems.append(f"Seal {seal['number']} does not follow from seal {before['number']}.")
            if seal["number"] != before["number"] + 1 and not seal["note"]:
                problems.append(f"Seals between {before['number']} and {seal['number']} are missing.")
        before = seal
    if before is not None and export["newest"] != {"number": before["number"], "hash": seal_hash(before)}:
        problems.append(f"The newest seal is said to be another than seal {before['number']}.")
    return problems


def _check_entries(export: Any) -> list[str]:
    roots = {seal["number"]: seal["root"] for seal in export["seals"]}
    problems = []
    for each in export["entries"]:
        entry, number = each["entry"], each["seal"]
        _told(entry)  # whoever reads it can read all of it
        if number is not None and climb(leaf(entry), each["path"]) != roots[number]:
            name = f"{entry['act']}.{entry['n']} of {entry['at']}"
            problems.append(f"Change {name} is not what seal {number} sealed.")
    return problems


def _told(entry: Entry) -> str:
    """One change on one line, in the words of the database."""
    who = entry["person"] or "the portal"
    old, new = _values(entry, "old"), _values(entry, "new")
    if entry["action"] == "update":
        values = "; ".join(f"{name}: {_short(old[name])} → {_short(new[name])}" for name in new)
    else:
        values = "; ".join(f"{name}: {_short(value)}" for name, value in (new or old).items())
    reason = f" (because: {entry['reason']})" if entry["reason"] else ""
    return f"{entry['at']}  {who}  {entry['action']}  {values}{reason}"


def _values(entry: Entry, side: str) -> dict[str, Any]:
    if entry[side] is None:
        return {}
    values = json.loads(entry[side])
    if isinstance(values, dict):
        return values
    return dict(zip(json.loads(entry["columns"]), values, strict=True))


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main(arguments: Sequence[str]) -> int:
    say = sys.stdout.write
    if len(arguments) != 1:
        say("Give the file of an export: proof.py export.json\n")
        return 2
    try:
        export = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        say(f"This file cannot be read: {problem}\n")
        return 2
    problems = check(export)
    if problems:
        say("NOT PROVEN\n" + "".join(f"- {problem}\n" for problem in problems))
        return 1
    entries, newest = export["entries"], export["newest"]
    for each in entries:
        proven = "not sealed yet" if each["seal"] is None else f"seal {each['seal']}"
        say(f"[{proven}]  {_told(each['entry'])}\n")
    sealed = sum(1 for each in entries if each["seal"] is not None)
    say(f"\n{sealed} of {len(entries)} changes of {export['record']['name']} are proven by their seals.\n")
    if newest:
        say(
            f"The newest seal here is number {newest['number']}, {newest['hash']}.\n"
            "All of it is worth as much as your trust in that hash: compare it with one that you were given\n"
            "at another time or by somebody else. A proof says that a change is as it was sealed; that no\n"
            "other was left out is what `assay trail verify` says.\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
