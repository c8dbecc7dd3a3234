import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scorecards.__main__ import main
from scorecards.canonical import RefusedError, dump, load
from scorecards.cardfile import build_card_file, seal, verify
from scorecards.feeds import Event, Fact, FactState, FeedError, Inputs, Lot, LotResult, SoftScore
from scorecards.periods import Calendar
from scorecards.policy import DEFAULT_POLICY, PolicyError
from tests.scorecards.rows import EXCUSE, LATER, OCTOBER, line, nonconformance, receipt, stage

ROOT = Path(__file__).parents[2]
INPUTS = Inputs(
    supplier="Acme Castings, Łódź",
    lines=(
        *(line(number) for number in range(12, 0, -1)),
        line(13, receipts=(receipt(date(2026, 10, 19), "3.5"), receipt(date(2026, 10, 8), "6.500"))),
        line(14, receipts=(receipt(date(2026, 10, 19), 10),), excuse=EXCUSE),
        line(15, "1000000000000.000001", cancelled_on=date(2026, 10, 2)),
    ),
    lots=(Lot("1", "L1", "GH", "Luleå", "castings", date(2026, 10, 5), Decimal(10), LotResult.USE_AS_IS),),
    nonconformances=(nonconformance(1, 1),),
    stages=(stage(1), stage(2, answered=None)),
    soft=(SoftScore("help", Decimal(70), "Fast.", "E. Sandberg", date(2026, 10, 9)),),
    events=(Event("1", "premium_freight", date(2026, 10, 9)),),
    facts=(Fact("open_critical_scar", FactState.NONE, "None. SCAR-0147 is major."),),
    calendars={"Luleå": Calendar(holidays=frozenset({date(2026, 12, 25), date(2026, 1, 1)}))},
)


@pytest.fixture(scope="module")
def card_file():
    return build_card_file(INPUTS, DEFAULT_POLICY, OCTOBER, LATER)


def run(tmp_path, data, command="recompute"):
    path = tmp_path / "card.json"
    path.write_bytes(data)
    return main([command, str(path)])


def changed(card_file, path, value, *, sealed=False):
    content = json.loads(card_file)
    *way, last = path
    place = content
    for part in way:
        place = place[part]
    place[last] = value
    if sealed:
        content["sha256"] = seal(content)
    return dump(content)


def test_the_same_bytes_whatever_the_order_of_the_rows(card_file):
    lines = tuple(replace(one, receipts=one.receipts[::-1]) for one in INPUTS.lines[::-1])
    again = replace(INPUTS, lines=lines, stages=INPUTS.stages[::-1])
    assert build_card_file(again, DEFAULT_POLICY, OCTOBER, LATER) == card_file
    assert verify(card_file).difference is None


def test_recompute_prints_what_it_found(tmp_path, capsys, card_file):
    assert run(tmp_path, card_file) == 0
    printed = capsys.readouterr().out
    assert "Acme Castings, Łódź, October 2026: " in printed
    assert json.loads(card_file)["sha256"] in printed
    assert "every byte agrees" in printed


def test_explain_prints_every_measure(tmp_path, capsys, card_file):
    assert run(tmp_path, card_file, "explain") == 0
    printed = capsys.readouterr().out
    assert (
        "15 lines promised for October 2026 − 1 excused − 1 cancelled = 13 counted = 12 on time + 1 late"
        in printed
    )
    for title in (
        "defects become",
        "on-time delivery becomes",
        "answers on time become",
        "lots accepted become",
    ):
        assert f"How {title}" in printed


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("result", "shown"), "99.9", 'result.shown: the file says "99.9", recomputed it is'),
        (("result", "measures", 1, "points"), "100", "result.measures[1].points: the file says"),
        (("result", "extra"), 1, "result.extra: the file has it, the recomputed card does not."),
        (("result", "measures"), [], "result.measures: the file has 0 entries, the recomputed card 3."),
        (("inputs", "lines", 4, "receipts", 0, "received_on"), "2026-10-15", "result."),
        (
            ("policy", "weights", "quality"),
            "40.0",
            'policy.weights.quality: the file says "40.0", recomputed it is "40"',
        ),
    ],
)
def test_a_changed_file_is_named_by_its_first_difference(
    tmp_path, capsys, card_file, path, value, named, sealed
):
    assert run(tmp_path, changed(card_file, path, value, sealed=sealed)) == 1
    assert f"Recomputed: the file differs. {named}" in capsys.readouterr().out


def test_a_changed_note_breaks_the_seal(tmp_path, capsys, card_file):
    assert run(tmp_path, changed(card_file, ("inputs", "lines", 5, "excuse"), None)) == 1
    assert run(tmp_path, changed(card_file, ("inputs", "stages", 0, "title"), "Other")) == 1
    assert "sha256: the file says" in capsys.readouterr().out.splitlines()[-1]


def test_a_file_with_other_spaces_is_not_the_same_bytes(tmp_path, capsys, card_file):
    assert run(tmp_path, json.dumps(json.loads(card_file), indent=1).encode()) == 1
    assert "written differently" in capsys.readouterr().out


UNREADABLE = {
    "empty": b"",
    "not utf-8": b"\xff\xfe{}",
    "broken off": b'{"format": "assay-scorecard-1", ',
    "a list": b"[]",
    "another format": b'{"format": "other"}',
    "NaN": b'{"format": NaN}',
    "a field twice": b'{"format": "a", "format": "b"}',
    "deep": b"[" * 200_000,
    "many digits": b'{"a": ' + b"9" * 5000 + b"}",
    "missing": b'{"format": "assay-scorecard-1"}',
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cannot_be_read_gets_a_sentence(tmp_path, capsys, data):
    assert run(tmp_path, data) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip().endswith(".")


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("inputs", "lines", 0, "ordered"), "NaN", "inputs.lines[0].ordered"),
        (("inputs", "lines", 0, "ordered"), "-1", "A quantity is 0 or more"),
        (("inputs", "lines", 0, "ordered"), "0.0000001", "at most 6 decimals"),
        (("inputs", "lines", 0, "ordered"), "1000000000000000", "below 10¹⁵"),
        (("inputs", "lines", 0, "ordered"), 1e309, "Infinity is not a number"),
        (("inputs", "lines", 0, "surprise"), 1, "lines[0].surprise: This field is unknown"),
        (("inputs", "lines", 0, "acknowledged_on"), "2026-02-30", "Give a day that the calendar has."),
        (("inputs", "lines", 0, "acknowledged_on"), "0001-01-01", "Give a day between 1900 and 2999."),
        (("inputs", "lines", 1, "id"), "1", "The id 1 is given to two rows"),
        (("inputs", "stages", 0, "due_at"), "2026-10-20T12:00:00", "Give an instant with its zone"),
        (("inputs", "lots", 0, "result"), "maybe", "Give one of: accepted, rejected, use_as_is."),
        (("inputs", "calendars", "Luleå", "weekend"), [0, 1, 2, 3, 4, 5, 6], "leaves one to work"),
        (("policy", "weights", "quality"), "41", "The weights sum to 101"),
        (("period", "first_month"), -1201, "Give a period after 1900."),
        (("period", "months"), 0, "A period has 1 to 600 months"),
        (("as_of",), "soon", "Give a day such as"),
        (("surprise",), 1, "surprise: This field is unknown."),
    ],
)
def test_contents_that_cannot_be_used_get_a_sentence(tmp_path, capsys, card_file, path, value, sentence):
    content = json.loads(card_file)
    place = content
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    assert run(tmp_path, json.dumps(content).encode()) == 2
    assert sentence in capsys.readouterr().err


def test_a_missing_file_and_a_folder(tmp_path, capsys):
    assert main(["recompute", str(tmp_path / "none.json")]) == 2
    assert main(["recompute", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("cannot be opened") == 2


def test_building_refuses_what_could_not_be_read_back():
    with pytest.raises(FeedError, match="no text"):
        build_card_file(replace(INPUTS, supplier="a\0"), DEFAULT_POLICY, OCTOBER, LATER)
    policy = replace(DEFAULT_POLICY, weights={"quality": Decimal(40)})
    with pytest.raises(PolicyError, match="sum to 40"):
        build_card_file(INPUTS, policy, OCTOBER, LATER)
    with pytest.raises(ValueError, match="A quantity"):
        line(ordered="Infinity")


def test_the_command_itself(tmp_path, card_file):
    path = tmp_path / "card.json"
    path.write_bytes(card_file)
    done = subprocess.run(
        [sys.executable, "-m", "scorecards", "recompute", str(path)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
        env={"PYTHONUTF8": "1"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"every byte agrees" in done.stdout


def test_load_keeps_decimals_exact():
    assert load(b'{"a": 0.1}') == {"a": Decimal("0.1")}
    with pytest.raises(RefusedError, match="line 1, column 2"):
        load(b"{")


def test_a_file_cannot_steer_the_terminal(tmp_path, capsys):
    hostile = build_card_file(replace(INPUTS, supplier="Acme\x1b[2J\r\n"), DEFAULT_POLICY, OCTOBER, LATER)
    assert run(tmp_path, hostile, "explain") == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "Acme·[2J··, October 2026" in printed


def test_the_largest_quantities_that_a_file_can_hold(tmp_path, capsys):
    most = "999999999999999.999999"
    hostile = Inputs(
        "Acme",
        lines=(line(1, most, receipts=(receipt(date(2026, 10, 15), "0.000001"),)),),
        nonconformances=tuple(nonconformance(number, most) for number in range(2000)),
    )
    assert run(tmp_path, build_card_file(hostile, DEFAULT_POLICY, OCTOBER, LATER), "explain") == 0
    assert "every byte agrees" in capsys.readouterr().out
