"""A small language for criteria of one's own: numbers, names, + − × ÷, comparisons, and a few functions.

    100 * lines_on_time / lines_counted
    if(safety_nonconformances > 0, 0, max(0, 100 - 5 * nonconformances))

A formula is parsed to a tree, and ``expressions`` walks the tree; nothing of it is ever run as a program. It
is bounded while it is read: by its length, its tokens and the depth of its tree. There are no loops, so
working it out takes at most one step for each node.

Whether something is a number or a truth is settled here too, so a formula that was accepted can fail in two
ways only: it divides by nothing, or a number grows too large. Both mean that there is no number.
"""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from scorecards.exact import ZERO

LONGEST = 500  # characters
MOST_TOKENS = 200
DEEPEST = 12
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,12}(?:\.[0-9]{1,6})?(?![0-9.a-zA-Z_]))|(?P<name>[a-z_][a-z0-9_]*)"
    r"|(?P<sign><=|>=|!=|[-+*/()<>=,≤≥≠]))",
    re.ASCII,
)
SHOWN = {"*": "×", "/": "÷", "-": "−", "<=": "≤", ">=": "≥", "!=": "≠"}
# Signs as they are printed, for whoever copies a formula back; each is one character, so places stay.
PRINTED = str.maketrans({"−": "-", "×": "*", "÷": "/"})
_TYPED = {"≤": "<=", "≥": ">=", "≠": "!="}
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "!="})
_WORDS = frozenset({"and", "or", "not"})

Kind = Literal["number", "truth"]


class FormulaError(ValueError):
    """`at` counts characters from 0; `length` of them are what is wrong."""

    def __init__(self, sentence: str, at: int, length: int = 1) -> None:
        self.sentence, self.at, self.length = sentence, at, max(length, 1)
        super().__init__(f"Character {at + 1}: {sentence}")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, name, sign or end."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Node:
    """One place of the tree.

    `op` is a sign, a word, a function's name, or "number" or "name"; a chain such as a − b + c is one node
    with the signs between its parts in `signs`.
    """

    op: str
    kind: Kind
    depth: int
    parts: tuple["Node", ...] = ()
    signs: tuple[str, ...] = ()
    value: Decimal = ZERO
    name: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    least: int
    most: int
    example: str


FUNCTIONS: Mapping[str, Function] = {
    "min": Function(2, 10, "min(100, quantity_received)"),
    "max": Function(2, 10, "max(0, 100 - 5 * nonconformances)"),
    "abs": Function(1, 1, "abs(quantity_ordered - quantity_received)"),
    "round": Function(1, 2, "round(100 * lots_accepted / lots_inspected, 1)"),
    "if": Function(3, 3, "if(safety_nonconformances > 0, 0, 100)"),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula that can be worked out; `names` are the variables it uses, in the order of their use."""

    text: str
    root: Node
    names: tuple[str, ...]


def parse(text: str, known: Collection[str]) -> Expression:
    """Read a formula over the named variables.

    Raises:
        FormulaError: it is no such formula; with its place and a sentence.
    """
    if len(text) > LONGEST:
        raise FormulaError(f"Shorten the formula to {LONGEST} characters.", LONGEST, len(text) - LONGEST)
    found = tokens(text)
    root = _Parser(found, known).whole()
    names = dict.fromkeys(token.text for token in found if token.kind == "name" and token.text in known)
    return Expression(text, root, tuple(names))


def tokens(text: str) -> list[Token]:
    """Cut a formula into numbers, names and signs; raises FormulaError."""
    text = text.translate(PRINTED)
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text, at)
        kind = str(match.lastgroup)
        found.append(Token(kind, _TYPED.get(match[kind], match[kind]), match.start(kind)))
        at = match.end()
        if len(found) > MOST_TOKENS:
            raise FormulaError(f"Use at most {MOST_TOKENS} numbers, names and signs.", found[-1].at)
    return [*found, Token("end", "", len(text.rstrip()))]


def _unreadable(text: str, at: int) -> FormulaError:
    at += len(text[at:]) - len(text[at:].lstrip())
    if text[at].isascii() and text[at].isdigit():
        wrong = re.match(r"[0-9.a-zA-Z_]+", text[at:], re.ASCII)
        length = len(wrong[0]) if wrong else 1
        return FormulaError("Give a number such as 12.5, with at most 6 decimals.", at, length)
    if text[at].isalpha():
        return FormulaError("Names are written in small letters, such as lines_counted.", at)
    return FormulaError(f"“{text[at]}” has no meaning here.", at)


_Read = Callable[[], Node]


class _Parser:
    """By descent: or, and, not, comparison, sum, product, sign, primary."""

    def __init__(self, tokens: list[Token], known: Collection[str]) -> None:
        self._tokens, self._at, self._known, self._open = tokens, 0, known, 0

    def whole(self) -> Node:
        root = self._either()
        if self._here.kind != "end":
            raise FormulaError(f"“{self._here.text}” is too much here.", self._here.at, len(self._here.text))
        if root.kind != "number":
            raise FormulaError("The whole formula is a comparison. Let it give a number, with if(…).", 0)
        return root

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> Token | None:
        token = self._here
        if token.kind not in {"sign", "name"} or token.text not in texts:
            return None
        self._at += 1
        return token

    def _expect(self, sign: str, sentence: str) -> None:
        if self._take(sign) is None:
            raise FormulaError(sentence, self._here.at, len(self._here.text))

    def _made(self, op: str, kind: Kind, parts: list[Node], signs: list[str] | None = None) -> Node:
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > DEEPEST:
            raise FormulaError(f"The formula is nested more than {DEEPEST} deep.", self._tokens[self._at].at)
        return Node(op, kind, depth, tuple(parts), tuple(signs or ()))

    def _either(self) -> Node:
        return self._joined("or", self._both)

    def _both(self) -> Node:
        return self._joined("and", self._denied)

    def _joined(self, word: str, read: _Read) -> Node:
        start = self._here.at
        parts = [read()]
        while self._take(word):
            parts.append(self._of("truth", read(), start))
        if len(parts) == 1:
            return parts[0]
        self._of("truth", parts[0], start)
        return self._made(word, "truth", parts)

    def _of(self, kind: Kind, node: Node, at: int) -> Node:
        if node.kind != kind:
            wanted = (
                "a comparison, such as defects > 0" if kind == "truth" else "a number, and not a comparison"
            )
            raise FormulaError(f"Here must be {wanted}.", at)
        return node

    def _denied(self) -> Node:
        if (word := self._take("not")) is None:
            return self._compared()
        return self._made("not", "truth", [self._of("truth", self._nested(self._denied, word.at), word.at)])

    def _compared(self) -> Node:
        start = self._here.at
        left = self._chain()
        sign = self._take(*_COMPARISONS)
        if sign is None:
            return left
        self._of("number", left, start)
        right_at = self._here.at
        right = self._of("number", self._chain(), right_at)
        if again := self._take(*_COMPARISONS):
            raise FormulaError("Compare two numbers at a time, and join with and.", again.at)
        return self._made(sign.text, "truth", [left, right])

    def _chain(self) -> Node:
        return self._numbers(("+", "-"), "sum", self._product)

    def _product(self) -> Node:
        return self._numbers(("*", "/"), "product", self._signed)

    def _numbers(self, signs: tuple[str, str], op: str, read: _Read) -> Node:
        start = self._here.at
        parts, between = [read()], list[str]()
        while sign := self._take(*signs):
            self._of("number", parts[0], start)
            at = self._here.at
            parts.append(self._of("number", read(), at))
            between.append(sign.text)
        return parts[0] if len(parts) == 1 else self._made(op, "number", parts, between)

    def _signed(self) -> Node:
        if (sign := self._take("-")) is None:
            return self._primary()
        inner = self._of("number", self._nested(self._signed, sign.at), sign.at)
        return self._made("negative", "number", [inner])

    def _nested(self, read: _Read, at: int) -> Node:
        """Refuse what is nested too deep before it is read, so that reading it needs no stack of its own."""
        self._open += 1
        if self._open > DEEPEST:
            raise FormulaError(f"The formula is nested more than {DEEPEST} deep.", at)
        node = read()
        self._open -= 1
        return node

    def _primary(self) -> Node:
        token = self._here
        if token.kind == "number":
            self._at += 1
            return Node("number", "number", 1, value=Decimal(token.text))
        if self._take("("):
            inner = self._nested(self._either, token.at)
            self._expect(")", "Close the bracket with “)”.")
            return inner
        if token.kind == "name" and token.text not in _WORDS:
            self._at += 1
            return self._call(token) if self._here.text == "(" else self._variable(token)
        found = f", and not “{token.text}”" if token.text else ""
        raise FormulaError(f"Here must be a number, a name or “(”{found}.", token.at, len(token.text))

    def _variable(self, token: Token) -> Node:
        if token.text not in self._known:
            close = difflib.get_close_matches(token.text, [*self._known, *FUNCTIONS], 1, 0.6)
            hint = f" Did you mean {close[0]}?" if close else " The list beside the formula has all of them."
            raise FormulaError(f"There is no variable {token.text[:40]}.{hint}", token.at, len(token.text))
        return Node("name", "number", 1, name=token.text)

    def _call(self, token: Token) -> Node:
        function = FUNCTIONS.get(token.text)
        if function is None:
            listed = ", ".join(FUNCTIONS)
            raise FormulaError(
                f"There is no function {token.text[:40]}. There are {listed}.", token.at, len(token.text)
            )
        self._expect("(", "Open the bracket with “(”.")
        parts = [self._argument(token, 0)]
        while self._take(","):
            parts.append(self._argument(token, len(parts)))
        self._expect(")", "Close the bracket with “)”, or go on with a comma.")
        if not function.least <= len(parts) <= function.most:
            raise FormulaError(
                f"This is how {token.text} is written: {function.example}", token.at, len(token.text)
            )
        if (
            token.text == "round"
            and len(parts) > 1
            and (parts[1].op != "number" or parts[1].value not in _PLACES)
        ):
            raise FormulaError("Round to 0 to 6 decimals, written as a number.", token.at, len(token.text))
        return self._made(token.text, "number", parts)

    def _argument(self, token: Token, place: int) -> Node:
        at = self._here.at
        wanted: Kind = "truth" if token.text == "if" and place == 0 else "number"
        return self._of(wanted, self._nested(self._either, at), at)


_PLACES = frozenset(map(Decimal, range(7)))
