"""The README tells the truth: its commands, files and pictures exist."""

import re
from pathlib import Path

import pytest

from portal.cli import main
from portal.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_sub_command_stands_in_the_table_and_nothing_else_does():
    told = set(re.findall(r"^\| `assay (\w+)` \|", README, re.MULTILINE))
    assert told == {command.name for command in COMMANDS}


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_every_linked_file_and_picture_exists():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert len(links) > 8
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_place_of_the_map_exists():
    places = re.findall(r"^\| `([a-z_./]+)`", README, re.MULTILINE)
    assert [place for place in places if "/" in place and not (ROOT / place).exists()] == []


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: assay {command}" in capsys.readouterr().out
