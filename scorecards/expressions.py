"""A formula worked out over values, and written with them; ``grammar`` says what a formula is."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from scorecards.exact import exactly, rounded, settle
from scorecards.grammar import FUNCTIONS, SHOWN, Expression, Node, tokens
from scorecards.wording import number

LARGEST = Decimal(10) ** 30


@dataclass(frozen=True, slots=True)
class Result:
    """`value` is None where there is no number, and `problem` then says why."""

    value: Decimal | None
    problem: str = ""


class _NoNumberError(Exception):
    pass


@exactly
def evaluate(expression: Expression, values: Mapping[str, Decimal]) -> Result:
    """Work a formula out. Only the branch of an ``if`` that is chosen is looked at."""
    try:
        return Result(_number(expression.root, values))
    except _NoNumberError as none:
        return Result(None, str(none))


def _number(node: Node, values: Mapping[str, Decimal]) -> Decimal:  # noqa: PLR0911 - one line for each kind
    match node.op:
        case "number":
            return node.value
        case "name":
            return values[node.name]
        case "negative":
            return -_number(node.parts[0], values)
        case "if":
            chosen = node.parts[1] if _truth(node.parts[0], values) else node.parts[2]
            return _number(chosen, values)
    found = [_number(part, values) for part in node.parts]
    match node.op:
        case "min":
            return min(found)
        case "max":
            return max(found)
        case "abs":
            return abs(found[0])
        case "round":
            return rounded(found[0], int(found[1]) if len(found) > 1 else 0)
    return _chained(found, node.signs)


def _chained(found: list[Decimal], signs: tuple[str, ...]) -> Decimal:
    total = found[0]
    for sign, each in zip(signs, found[1:], strict=True):
        if sign == "/" and each == 0:
            raise _NoNumberError("It divides by 0.")
        match sign:
            case "+":
                total += each
            case "-":
                total -= each
            case "*":
                total *= each
            case _:
                total /= each
        if abs(total) > LARGEST:
            raise _NoNumberError("The number grows too large.")
        total = settle(total)
    return total


def _truth(node: Node, values: Mapping[str, Decimal]) -> bool:
    if node.op == "not":
        return not _truth(node.parts[0], values)
    if node.op == "and":
        return all(_truth(part, values) for part in node.parts)
    if node.op == "or":
        return any(_truth(part, values) for part in node.parts)
    left, right = (_number(part, values) for part in node.parts)
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "=": left == right,
        "!=": left != right,
    }[node.op]


def with_values(expression: Expression, values: Mapping[str, Decimal]) -> str:
    """Write the formula with the numbers in the places of the names: "100 × 24 ÷ 26"."""
    words: list[str] = []
    for token in tokens(expression.text)[:-1]:
        word = number(values[token.text]) if token.text in values else SHOWN.get(token.text, token.text)
        tight = (
            not words
            or word in {")", ","}
            or words[-1].endswith("(")
            or (word == "(" and words[-1].strip() in FUNCTIONS)
        )
        words.append(word if tight else f" {word}")
    return "".join(words)
