"""The engine runs where nothing but Python is installed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "scorecards").glob("**/*.py"))


def test_it_runs_with_nothing_installed(tmp_path):
    """`-I -S`: no site-packages, no environment, no current folder; only this one package is put in reach."""
    (tmp_path / "scorecards").symlink_to(ROOT / "scorecards")
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import pkgutil, importlib, scorecards
for module in pkgutil.iter_modules(scorecards.__path__):
    importlib.import_module("scorecards." + module.name)
from datetime import date
from scorecards.cardfile import build_card_file, verify
from scorecards.feeds import Inputs
from scorecards.periods import Period
from scorecards.policy import DEFAULT_POLICY
made = build_card_file(Inputs("Acme"), DEFAULT_POLICY, Period.month(2026, 10), date(2026, 11, 1))
assert verify(made).difference is None
outside = {{name.partition(".")[0] for name in sys.modules}} - sys.stdlib_module_names
print(sorted(outside))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == "['__main__', 'scorecards']"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_imports_the_standard_library_only(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module.partition(".")[0])
    assert names <= sys.stdlib_module_names | {"scorecards"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


def test_it_leaves_the_process_wide_decimal_context_alone():
    texts = [path.read_text(encoding="utf-8") for path in FILES]
    assert len(texts) > 10
    assert not any(word in text for text in texts for word in ("getcontext", "setcontext", "DefaultContext"))
