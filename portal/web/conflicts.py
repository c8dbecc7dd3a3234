"""Two people changed the same record: show both texts, and lose neither."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.web.forms import Form


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    label: str
    saved: str
    typed: str


def differences(
    form: Form, saved: Mapping[str, str], words: Mapping[str, Mapping[str, str]] | None = None
) -> list[Difference]:
    """Compare what somebody typed with what is saved meanwhile, field by field.

    Args:
        form: as it was sent.
        saved: the record as the form would show it.
        words: for fields that are chosen from a list, what each value is called.
    """
    found = []
    for name, field in form.fields.items():
        typed, kept = _plain(form.typed[name]), _plain(saved.get(name, ""))
        if typed != kept:
            called = (words or {}).get(name, {})
            found.append(Difference(name, field.label, called.get(kept, kept), called.get(typed, typed)))
    return found


def _plain(text: str) -> str:
    """Browsers send line ends as CRLF, and the portal keeps them as LF."""
    return text.replace("\r\n", "\n").strip()
