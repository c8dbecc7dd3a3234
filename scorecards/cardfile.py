"""A card as one file that its supplier can recompute offline, to the same bytes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from scorecards.canonical import Problem, RefusedError, dump, from_plain, load, to_plain
from scorecards.feeds import FeedError, Inputs
from scorecards.periods import LONG_AGO, Period
from scorecards.policy import Policy
from scorecards.weighting import Card, rate_inputs

FORMAT = "assay-scorecard-1"
LARGEST_FILE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    inputs: Inputs
    policy: Policy
    period: Period
    as_of: date
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a recomputation found. `difference` is None where every byte agrees."""

    card: Card
    supplier: str
    sha256: str
    difference: str | None


def build_card_file(inputs: Inputs, policy: Policy, period: Period, as_of: date) -> bytes:
    """Inputs, policy and result in canonical JSON, sealed with a SHA-256 over all the rest.

    Raises:
        FeedError, PolicyError: something in it could not be read back.
    """
    policy = Policy.parse(policy.to_dict())
    inputs = from_plain(Inputs, to_plain(inputs), FeedError).in_order()
    content = {
        "format": FORMAT,
        "inputs": inputs,
        "policy": policy,
        "period": period,
        "as_of": as_of,
        "result": rate_inputs(inputs, policy, period, as_of),
    }
    return dump({**content, "sha256": seal(content)})


def seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(dump({key: content[key] for key in content if key != "sha256"})).hexdigest()


def open_card_file(data: bytes) -> Opened:
    """Raises RefusedError with sentences for anything that is no card file."""
    if len(data) > LARGEST_FILE:
        raise RefusedError([Problem("", "The file is larger than 256 MB, no card is.")])
    content = load(data)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise RefusedError([Problem("", f"This is no scorecard file: its format is not {FORMAT}.")])
    expected = {"format", "inputs", "policy", "period", "as_of", "result", "sha256"}
    problems = [Problem(key, "This field is missing.") for key in sorted(expected - content.keys())]
    problems += [Problem(key, "This field is unknown.") for key in sorted(content.keys() - expected)]
    if problems:
        raise RefusedError(problems)
    period = from_plain(Period, content["period"], path="period")
    if period.first_day < LONG_AGO:
        raise RefusedError([Problem("period", "Give a period after 1900.")])
    return Opened(
        inputs=from_plain(Inputs, content["inputs"], FeedError, path="inputs"),
        policy=Policy.parse(content["policy"], path="policy"),
        period=period,
        as_of=from_plain(date, content["as_of"], path="as_of"),
        content=content,
    )


def verify(data: bytes) -> Finding:
    """Computes the card again from the inputs and the policy in the file.

    Raises:
        RefusedError: the file cannot be read.
    """
    opened = open_card_file(data)
    again = build_card_file(opened.inputs, opened.policy, opened.period, opened.as_of)
    rebuilt = load(again)
    difference = None if again == data else _what_differs(opened.content, rebuilt)
    card = Card.from_dict(rebuilt["result"])
    return Finding(card, opened.inputs.supplier, rebuilt["sha256"], difference)


def _what_differs(file: dict[str, Any], rebuilt: dict[str, Any]) -> str:
    """The result first, because that is what a reader wants to know about; the seal differs with anything."""
    for key in ("result", "inputs", "policy", "period", "as_of", "sha256"):
        for difference in _differences(file[key], rebuilt[key], key):
            return difference
    return "The content is the same, but it is written differently (order, spaces or number format)."


def _differences(file: Any, rebuilt: Any, path: str) -> Iterator[str]:
    if isinstance(file, dict) and isinstance(rebuilt, dict):
        for key in sorted(file.keys() | rebuilt.keys()):
            if key not in rebuilt:
                yield f"{path}.{key}: the file has it, the recomputed card does not."
            elif key not in file:
                yield f"{path}.{key}: the recomputed card has it, the file does not."
            else:
                yield from _differences(file[key], rebuilt[key], f"{path}.{key}")
    elif isinstance(file, list) and isinstance(rebuilt, list):
        for at, (one, other) in enumerate(zip(file, rebuilt, strict=False)):
            yield from _differences(one, other, f"{path}[{at}]")
        if len(file) != len(rebuilt):
            yield f"{path}: the file has {len(file)} entries, the recomputed card {len(rebuilt)}."
    elif type(file) is not type(rebuilt) or file != rebuilt:
        yield f"{path}: the file says {_shown(file)}, recomputed it is {_shown(rebuilt)}."


def _shown(value: Any) -> str:
    text = dump(value).decode() if not isinstance(value, dict | list) else "something of another shape"
    return text if len(text) <= 100 else f"{text[:97]}…"
