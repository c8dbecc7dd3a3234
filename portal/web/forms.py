"""Forms: read what was typed, say what is wrong at the field, keep everything for the next try.

A form is a class of its own: table models accept anything and check nothing.

    class ContactForm(Form):
        name = text("Name", limit=200)
        role = option("Role", ProcessRole)

    form = await ContactForm.read(request)
    if not form.is_good:
        return page(request, "contacts/edit.html", status=422, form=form)
    contact.name = form["name"]
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, ClassVar, Self

from litestar import Request
from litestar.datastructures import FormMultiDict

from portal.errors import BadInputError
from portal.languages import ENGLISH, N_, _, spoken

ENTER = N_("Enter %(label)s.")
CHOOSE = N_("Choose %(label)s.")


@dataclass(frozen=True, slots=True)
class FormField:
    """How the text of one field becomes a value; ``read`` raises ValueError with a sentence."""

    label: str
    read: Callable[[str], Any]
    required: bool
    empty: Any
    ask: str
    asks: str = ENTER  # where ``ask`` is not given


class Form:
    """What somebody typed, what it means, and what is wrong with it.

    ``typed`` holds the text as it came, ``errors`` a sentence per field, ``form["x"]`` the value.
    """

    fields: ClassVar[dict[str, FormField]] = {}

    def __init_subclass__(cls) -> None:
        cls.fields = {**cls.fields, **{k: v for k, v in vars(cls).items() if isinstance(v, FormField)}}

    def __init__(self, typed: Mapping[str, str] | None = None) -> None:
        self.typed: dict[str, str] = {name: (typed or {}).get(name, "") for name in self.fields}
        self.errors: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    @classmethod
    async def read(cls, request: Request[Any, Any, Any]) -> Self:
        return cls.of(await request.form())

    @classmethod
    def of(cls, data: FormMultiDict | Mapping[str, Any]) -> Self:
        """Read the fields of this form and ignore all others; the first value of each counts."""
        typed = {name: value for name in cls.fields if isinstance(value := data.get(name), str)}
        form = cls(typed)
        for name, field in cls.fields.items():
            form._read_field(name, field)
        return form

    def _read_field(self, name: str, field: FormField) -> None:
        try:
            value = clean(self.typed[name])
            self.values[name] = field.read(value) if value else field.empty
        except ValueError as wrong:
            self.errors[name] = str(wrong)
        else:
            if field.required and not value:
                self.errors[name] = field.ask or _(field.asks, label=_named(field.label))

    @property
    def is_good(self) -> bool:
        return not self.errors

    def good(self) -> Self:
        """Give a form of one field or two that has no page of its own to come back to.

        Raises:
            BadInputError: with the first sentence of what is wrong.
        """
        for sentence in self.errors.values():
            raise BadInputError(_(sentence))
        return self

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def refuse(self, name: str, sentence: str) -> None:
        """Add what only the workflow could know: the number is taken, the date lies in the past."""
        self.errors[name] = sentence


def clean(value: str) -> str:
    """Normalise text to NFC and trim it; raise ValueError for what no keyboard types."""
    if "\x00" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise ValueError(N_("This holds characters that cannot be stored. Type it again."))
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()


def text(
    label: str, *, limit: int, required: bool = True, check: Callable[[str], str] | None = None, ask: str = ""
) -> FormField:
    def read(value: str) -> str:
        if len(value) > limit:
            raise ValueError(
                _(
                    "This is %(count)s characters long. Shorten it to %(limit)s.",
                    count=len(value),
                    limit=limit,
                )
            )
        return check(value) if check else value

    return FormField(label, read, required, "", ask)


def option(label: str, options: type[StrEnum], *, required: bool = True, ask: str = "") -> FormField:
    def read(value: str) -> StrEnum:
        try:
            return options(value)
        except ValueError:
            raise ValueError(_("Choose %(label)s from the list.", label=_named(label))) from None

    return FormField(label, read, required, None, ask, CHOOSE)


def day(label: str, *, required: bool = True, ask: str = "") -> FormField:
    def read(value: str) -> date:
        try:
            found = date.fromisoformat(value)
        except ValueError:
            raise ValueError(N_("Enter a date as year-month-day, for example 2026-10-08.")) from None
        if not 1990 <= found.year <= 2100:
            raise ValueError(
                _("The year %(year)s looks wrong. Enter one from 1990 to 2100.", year=found.year)
            )
        return found

    return FormField(label, read, required, None, ask)


def whole(label: str, *, low: int, high: int, required: bool = True, ask: str = "") -> FormField:
    def read(value: str) -> int:
        if (
            not value.isascii()
            or not value.lstrip("-").isdigit()
            or len(value) > 18
            or not low <= int(value) <= high
        ):
            raise ValueError(_("Enter a whole number from %(low)s to %(high)s.", low=low, high=high))
        return int(value)

    return FormField(label, read, required, None, ask)


def decimal(label: str, *, low: Decimal, high: Decimal, required: bool = True, ask: str = "") -> FormField:
    def read(value: str) -> Decimal:
        try:
            number = Decimal(value.replace(",", "."))
        except InvalidOperation:
            raise ValueError(N_("Enter a number, for example 12.5.")) from None
        if not number.is_finite() or not low <= number <= high:
            raise ValueError(_("Enter a number from %(low)s to %(high)s.", low=low, high=high))
        return number

    return FormField(label, read, required, None, ask)


def tick(label: str) -> FormField:
    return FormField(label, lambda value: value in {"on", "1", "true"}, required=False, empty=False, ask="")


def whole_of_query(value: str | None, *, default: int, low: int, high: int) -> int:
    """Read a number out of an address; one that makes no sense is 422 with a sentence."""
    if value is None or value == "":
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 9 or not low <= int(value) <= high:
        raise BadInputError(f"The address asks for “{value[:40]}”. Give a whole number from {low} to {high}.")
    return int(value)


def is_email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    if not local or "." not in domain or any(c.isspace() for c in value) or value.count("@") != 1:
        raise ValueError(N_("Enter an e-mail address such as name@company.com."))
    return value


def _named(label: str) -> str:
    """Give a label inside a sentence: in lower case, but a German noun keeps its capital."""
    if spoken() != ENGLISH:
        return f"„{_(label)}“"
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
