"""`formula_sandbox`: a formula is data, bounded in every direction, and says where it is wrong."""

import ast
import inspect
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorecards import expressions, grammar
from scorecards.expressions import LARGEST, evaluate, with_values
from scorecards.grammar import DEEPEST, LONGEST, MOST_TOKENS, FormulaError, parse

VALUES = {
    name: Decimal(value) for name, value in {"on_time": 24, "counted": 26, "none": 0, "half": 1}.items()
}
VALUES["half"] = Decimal("0.5")


def worked_out(text):
    return evaluate(parse(text, VALUES), VALUES)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),
        ("100 / 10 / 2", "5"),
        ("-half * 4", "-2"),
        ("- - 3", "3"),
        ("1 / 3 * 3", "0.999999999999999999999999999999"),
        ("100 * on_time / counted", "92.307692307692307692307692307692"),
        ("100 × on_time ÷ counted − 0", "92.307692307692307692307692307692"),
        ("round(100 * on_time / counted)", "92"),
        ("round(half)", "1"),
        ("round(100 * on_time / counted, 1)", "92.3"),
        ("min(3, on_time, 7)", "3"),
        ("max(0, 100 - 5 * on_time)", "0"),
        ("abs(on_time - counted)", "2"),
        ("if(on_time = counted, 100, 50)", "50"),
        ("if(on_time != counted and not none > 0, 1, 2)", "1"),
        ("if(none > 0 or half <= 0.5, 1, 2)", "1"),
        ("if(half ≥ 0.5, 1, 2)", "1"),
        ("if(none = 0, 0, on_time / none)", "0"),
        ("if(on_time > 1,\n  1,\t2)", "1"),
    ],
)
def test_it_works_out(formula, value):
    assert worked_out(formula).value == Decimal(value)


@pytest.mark.parametrize(
    ("formula", "at", "length", "sentence"),
    [
        ("", 0, 1, "Here must be a number, a name or “(”."),
        ("1 +", 3, 1, "Here must be a number, a name or “(”."),
        ("1 + * 2", 4, 1, "Here must be a number, a name or “(”, and not “*”."),
        ("(1 + 2", 6, 1, "Close the bracket with “)”."),
        ("1 2", 2, 1, "“2” is too much here."),
        ("on_tine / counted", 0, 7, "There is no variable on_tine. Did you mean on_time?"),
        ("1 + xyzzy", 4, 5, "There is no variable xyzzy. The list beside the formula has all of them."),
        ("eval(1)", 0, 4, "There is no function eval. There are min, max, abs, round, if."),
        ("on_time.real", 7, 1, "“.” has no meaning here."),
        ("'a'", 0, 1, "“'” has no meaning here."),
        ("1e309", 0, 5, "Give a number such as 12.5, with at most 6 decimals."),
        ("2 ** 3", 3, 1, "Here must be a number, a name or “(”, and not “*”."),
        ("Counted", 0, 1, "Names are written in small letters, such as lines_counted."),
        ("ﬁ", 0, 1, "Names are written in small letters, such as lines_counted."),
        ("1 < 2", 0, 1, "The whole formula is a comparison. Let it give a number, with if(…)."),
        ("1 < 2 < 3", 6, 1, "Compare two numbers at a time, and join with and."),
        ("if(on_time, 1, 2)", 3, 1, "Here must be a comparison, such as defects > 0."),
        ("1 + (1 < 2)", 4, 1, "Here must be a number, and not a comparison."),
        ("(1 < 2) + 1", 0, 1, "Here must be a number, and not a comparison."),
        ("if(1 < 2, 1)", 0, 2, "This is how if is written: if(safety_nonconformances > 0, 0, 100)"),
        ("round(1, 7)", 0, 5, "Round to 0 to 6 decimals, written as a number."),
        ("round(1, half)", 0, 5, "Round to 0 to 6 decimals, written as a number."),
        ("NaN", 0, 1, "Names are written in small letters, such as lines_counted."),
        ("\ud800", 0, 1, "“\ud800” has no meaning here."),
        ("\0", 0, 1, "“\0” has no meaning here."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(formula, at, length, sentence):
    with pytest.raises(FormulaError) as wrong:
        parse(formula, VALUES)
    assert (wrong.value.at, wrong.value.length, wrong.value.sentence) == (at, length, sentence)


@pytest.mark.parametrize(
    "formula",
    [
        "1" + " " * LONGEST,
        "+".join(["1"] * MOST_TOKENS),
        "(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1),
        "(" * 250 + "1" + ")" * 249,
        "-" * 190 + "1",
        "if(" + "not " * 90 + "1 < 2, 1, 2)",
        "max(1, " * 60 + "1" + ")" * 60,
    ],
    ids=["long", "many", "deep", "very-deep", "minus", "not", "calls"],
)
def test_it_is_bounded_before_it_is_worked_out(formula):
    with pytest.raises(FormulaError):
        parse(formula, VALUES)


@pytest.mark.parametrize(
    ("formula", "problem"),
    [
        ("on_time / none", "It divides by 0."),
        ("1 / (half - 0.5)", "It divides by 0."),
        (" * ".join(["999999999999"] * 30), "The number grows too large."),
    ],
)
def test_what_has_no_number_says_why(formula, problem):
    found = worked_out(formula)
    assert (found.value, found.problem) == (None, problem)


def test_the_values_stand_in_the_places_of_the_names():
    written = parse("100*on_time/counted - if(none>=1, max(2,half), -1)", VALUES)
    assert with_values(written, VALUES) == "100 × 24 ÷ 26 − if(0 ≥ 1, max(2, 0.5), − 1)"
    assert written.names == ("on_time", "counted", "none", "half")


@pytest.mark.parametrize("module", [expressions, grammar])
def test_the_language_can_run_nothing(module):
    """No eval, no import by name, no getattr: a name in a formula reaches only what it is given."""
    calls = [
        node.func for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)
    ]
    called = {func.id for func in calls if isinstance(func, ast.Name)}
    assert called.isdisjoint({"eval", "exec", "compile", "__import__", "getattr", "globals", "vars", "open"})


_WORDS = st.sampled_from(
    [
        *VALUES,
        *grammar.FUNCTIONS,
        "and",
        "or",
        "not",
        "0",
        "1",
        "12.5",
        "999999999999",
        "__class__",
        "lambda",
    ]
)
_SIGNS = st.sampled_from(
    ["+", "-", "*", "/", "(", ")", ",", "<", "<=", "=", "!=", "×", "≥", " ", ".", "[", "'"]
)
_JUMBLED = st.lists(_WORDS | _SIGNS | st.text(max_size=3), max_size=40).map(" ".join)
_ATOMS = st.sampled_from([*VALUES, "0", "1", "12.5", "999999999999"])
_SENSIBLE = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, inner, inner, inner).map(lambda p: f"if({p[0]} < {p[1]}, {p[2]}, {p[3]})"),
        st.tuples(inner, inner).map(lambda p: f"max({p[0]}, -{p[1]})"),
        inner.map(lambda one: f"round({one}, 2)"),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(text=_JUMBLED | st.text(max_size=60) | _SENSIBLE)
def test_whatever_is_typed_is_refused_with_a_place_or_gives_a_number(text):
    try:
        written = parse(text, VALUES)
    except FormulaError as found:
        wrong = found
    else:
        _gives_a_number(written)
        return
    assert 0 <= wrong.at <= max(len(text), LONGEST)
    assert wrong.sentence


def _gives_a_number(written):
    assert written.root.depth <= DEEPEST
    found = evaluate(written, VALUES)
    assert (found.value is None) == bool(found.problem)
    if found.value is not None:
        assert found.value.is_finite()
        assert abs(found.value) <= LARGEST
    again = evaluate(parse(with_values(written, {}), VALUES), VALUES)
    assert again == found
