"""House rules that are read off the source."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PORTAL = ROOT / "portal"


def _python(folder: Path = PORTAL):
    return [p for p in folder.rglob("*.py") if "migrations/versions" not in p.as_posix()]


def _places(pattern: str, allowed: set[str], folder: Path = PORTAL) -> list[str]:
    found = []
    for path in _python(folder):
        where = path.relative_to(ROOT).as_posix()
        if where in allowed:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{where}:{number}: {line.strip()}")
    return found


def test_only_the_unit_of_work_commits():
    assert _places(r"\.commit\(\)", {"portal/db.py", "portal/migrations/run.py"}) == []


def test_only_scopes_compare_a_supplier_with_a_principal():
    pattern = (
        r"who\.supplier_id\s*(==|!=)|(==|!=)\s*who\.supplier_id|who\.(plant|commodity|shared_supplier)_ids"
    )
    assert _places(pattern, {"portal/access/scopes.py"}) == []


def test_only_the_clock_asks_what_time_it_is():
    assert _places(r"datetime\.now\(|date\.today\(|utcnow\(", {"portal/clock.py"}) == []


def test_only_pages_read_htmx_headers():
    allowed = {"portal/web/page.py", "portal/web/errors.py"}
    assert _places(r"[\"']hx-(request|boosted|target|history)", allowed) == []


def test_files_stay_short():
    long = [
        f"{p.relative_to(ROOT)}: {n}"
        for folder in (PORTAL, ROOT / "scorecards")
        for p in _python(folder)
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    ]
    assert long == []
