"""`python -m scorecards recompute card.json` and `python -m scorecards explain card.json`.

Exit status: 0 the file's card is what its inputs give, 1 it differs, 2 the file cannot be read.
"""

import argparse
import io
import sys
from pathlib import Path

from scorecards.canonical import RefusedError
from scorecards.cardfile import LARGEST_FILE, Finding, open_card_file, verify
from scorecards.explain import Explanation, explain
from scorecards.formulas import Term
from scorecards.policy import Policy
from scorecards.weighting import Card
from scorecards.wording import number

SAME, DIFFERENT, UNREADABLE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scorecards", description="Check a supplier's scorecard offline."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in (
        ("recompute", "compute the card again from the inputs in the file and compare"),
        ("explain", "the same, and show how each number comes about"),
    ):
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.add_argument("file", type=Path, help="the card's file, such as card.json")
    chosen = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that has no ÷ shows ? instead of failing
    try:
        with chosen.file.open("rb") as opened:
            data = opened.read(LARGEST_FILE + 1)
        finding = verify(data)
        policy = open_card_file(data).policy
    except OSError as wrong:
        print(f"{chosen.file} cannot be opened: {wrong.strerror or wrong}.", file=sys.stderr)
        return UNREADABLE
    except RefusedError as refused:
        for problem in refused.problems[:20]:
            print(_printable(f"{chosen.file}: {problem}"), file=sys.stderr)
        return UNREADABLE
    if chosen.command == "explain":
        _print_explanation(finding.card, policy)
    return _print_finding(finding)


def _print_finding(finding: Finding) -> int:
    card = finding.card
    score = "Not rated" if card.shown is None else f"{number(card.shown)}, band {card.band}"
    print(_printable(f"{finding.supplier}, {card.period.label()}: {score}"))
    print(_printable(f"Policy {card.policy_name}, version {card.policy_version}"))
    print(f"SHA-256 {finding.sha256}")
    if finding.difference is None:
        print("Recomputed: every byte agrees.")
        return SAME
    print(_printable(f"Recomputed: the file differs. {finding.difference}"))
    return DIFFERENT


def _printable(text: str) -> str:
    """A file from elsewhere must not steer the terminal that it is checked in."""
    return "".join(char if char.isprintable() else "·" for char in text)


def _print_explanation(card: Card, policy: Policy) -> None:
    explained = explain(card, policy)
    for one in explained.measures:
        _print_measure(one)
    if explained.beside:
        print("Shown beside the score, without weight:\n")
    for one in explained.beside:
        _print_measure(one)
    score = explained.score
    print(_printable(f"Score {score.shown}"))
    if score.terms:
        print(_printable(f"  {_line(score.terms)} = {score.unrounded}"))
    print(f"  {score.sentence}")
    print(_printable(f"  {score.band_sentence} {score.caps_sentence}"))
    if score.to_next_band is not None:
        print(_printable(f"  {score.to_next_band.sentence}"))
    print()


def _print_measure(one: Explanation) -> None:
    print(_printable(one.heading))
    if one.shown is not None:
        multiplier = f" {one.multiplier}" if one.multiplier else ""
        exact = f" ({one.unrounded} before rounding)" if one.unrounded else ""
        above, below = one.numerator, one.denominator
        fraction = f"{above.text} {above.label} ÷ {below.text} {below.label}{multiplier}"
        print(_printable(f"  {one.worked or fraction} = {one.shown}{exact}"))
    if one.reconciliation:
        print(_printable(f"  {_line(one.reconciliation)}"))
    sentences = (
        one.state_sentence,
        one.window_sentence,
        one.rule,
        one.points_sentence,
        one.weight_sentence,
    )
    for sentence in sentences:
        if sentence:
            print(_printable(f"  {sentence}"))
    print()


def _line(terms: tuple[Term, ...]) -> str:
    return " ".join(f"{term.sign} {term.text} {term.label}".strip() for term in terms)


if __name__ == "__main__":
    sys.exit(main())
