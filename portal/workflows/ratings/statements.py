"""The package's SQL, each in a file of its own, and the parameters that a policy gives it."""

from functools import cache
from pathlib import Path
from typing import Any

from scorecards.policy import DeliveryRules

_FOLDER = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def with_windows(name: str, rules: DeliveryRules, **places: str) -> str:
    """A statement with the windows of calendar or of business days put in, and names for its {places}."""
    return statement(name).format(windowed=statement(f"windows_{rules.days}").strip(), **places)


def parameters(rules: DeliveryRules) -> dict[str, Any]:
    return {
        "reference": rules.reference.value,
        "early_days": rules.early_days,
        "late_days": rules.late_days,
        "tolerance_percent": rules.tolerance_percent,
    }
