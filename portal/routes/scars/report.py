"""The 8D as a PDF that stands alone, and the same record as JSON."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from portal import clock, reports
from portal.access.permissions import P
from portal.access.principal import Principal
from portal.languages import N_, NAMES, _, spoken
from portal.models.scars import Discipline, ScarStatus, Severity
from portal.routes.scars.record import us
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.filters import day, filesize, moment, quantity
from portal.workflows.scars import eight_d, overview, record, words
from portal.workflows.scars.disciplines import DISCIPLINES, Ask, Kind

_TONES = {"accepted": "ok", "received": "ok", "submitted": "info", "returned": "bad", "open": "mute"}
_WITH_YEAR = date.min  # a document is read in other years
_STATES = {
    "accepted": N_("Accepted"),
    "received": N_("Received"),
    "submitted": N_("Sent"),
    "returned": N_("Returned"),
    "open": N_("Open"),
}
_SEVERE = {Severity.CRITICAL: "bad", Severity.MAJOR: "warn", Severity.MINOR: "mute"}


@get("/scars/{number:str}/8d.pdf", permission=P.SCARS_READ)
async def pdf(request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]) -> Response[bytes]:
    scar = await record.find(db, who, number)
    view = await overview.overview(db, who, scar, us(request))
    found = eight_d.record(view)
    pictures = await eight_d.pictures(db, request.app.state.store, view)
    names = {key: f"photo-{key}.webp" for key in pictures}
    content = await reports.pdf(
        "eight_d.typ",
        Sheet(found, who, names).values(),
        pictures={names[key]: picture for key, picture in pictures.items()},
    )
    return exports.saved_as(f"8D {scar.number}.pdf", content, "application/pdf")


@get("/scars/{number:str}/8d.json", permission=P.SCARS_READ)
async def as_json(
    request: Request[Any, Any, Any], db: Db, who: Who, number: FromPath[str]
) -> Response[bytes]:
    scar = await record.find(db, who, number)
    found = eight_d.record(await overview.overview(db, who, scar, us(request)))
    content = json.dumps(found, ensure_ascii=False, indent=2).encode()
    return exports.saved_as(f"8D {scar.number}.json", content, "application/json")


class Sheet:
    """A record in the words, the language and the time zone of whoever prints it."""

    def __init__(self, found: dict[str, Any], who: Principal, pictures: dict[int, str]) -> None:
        self._found = found
        self._who = who
        self._pictures = pictures

    def values(self) -> dict[str, Any]:
        """Give what ``eight_d.typ`` reads."""
        found = self._found
        return {
            "language": spoken(),
            "kind": _("8D report"),
            "number": found["number"],
            "title": found["title"],
            "head": f"{found['organisation']} · 8D {found['number']} · {found['supplier']['name']}",
            "foot": _(
                "Printed %(when)s (%(zone)s) by %(name)s",
                when=moment(clock.now(), self._who.time_zone, _WITH_YEAR),
                zone=self._who.time_zone,
                name=self._who.name,
            ),
            "chips": self._chips(),
            "facts": [list(each) for each in self._facts() if each[1]],
            "warning": self._warning(),
            "description": found["description"],
            "criteria": [
                {
                    "words": each["words"],
                    "shown": _("Accepted with %(step)s", step=each["shown_with"])
                    if each["shown_with"]
                    else "",
                }
                for each in found["criteria"]
            ],
            "found_heads": [_("Number"), _("Found on"), _("Defect"), _("Pieces"), _("Lot")],
            "found": [self._nonconformance(each) for each in found["nonconformances"]],
            "photos": self._files(found["photos"]),
            "disciplines": [*map(self._discipline, found["disciplines"]), self._end()],
            "decision_heads": [_("When"), _("What"), _("Who"), _("Words")],
            "decisions": [self._decision(each) for each in found["decisions"]],
            "words": {
                "page": _("Page"),
                "of": _("of"),
                "what": _("What happened"),
                "criteria": _("A good answer shows"),
                "photos": _("Photos and files"),
                "evidence": _("Evidence"),
                "root": _("Root cause"),
                "decided": _("Who did what, and when"),
                "signature": _(
                    "Each name is that of the person who was signed in, or came by a personal link, when it"
                    " was sent or decided. The portal keeps every version and its history."
                ),
            },
        }

    def _chips(self) -> list[dict[str, str]]:
        status, severity = ScarStatus(self._found["state"]), Severity(self._found["severity"])
        tone = "ok" if status is ScarStatus.CLOSED else "info"
        return [
            {"tone": tone, "words": _(words.STATUS[status])},
            {"tone": _SEVERE[severity], "words": _(words.SEVERITY[severity])},
        ]

    def _facts(self) -> list[tuple[str, str]]:
        found = self._found
        part = found["part"]
        bad, checked = (quantity(Decimal(found[key])) for key in ("quantity_bad", "quantity_checked"))
        pieces = _("%(bad)s of %(checked)s", bad=bad, checked=checked) if checked != "0" else bad
        return [
            (_("Number"), found["number"]),
            (_("Supplier"), f"{found['supplier']['name']} ({found['supplier']['number']})"),
            (_("Part"), f"{part['number']} {part['name']}" if part else ""),
            (_("Lots"), found["lots"]),
            (_("Defect"), found["defect"]),
            (_("Bad pieces"), pieces if bad != "0" else ""),
            (_("Found at"), found["plant"]),
            (_("Issued"), f"{self._when(found['issued_at'])}, {found['issued_by']}"),
            (_("Followed by"), f"{found['engineer']}, {found['organisation']}"),
            (_("Answered by"), found["answered_by"] or ""),
            (_("Closed"), self._when(found["closure"]["closed_at"])),
            (_("Round"), str(found["round"]) if found["round"] > 1 else ""),
        ]

    def _warning(self) -> str:
        if self._found["closure"]["cancelled"]:
            return _("Cancelled: %(reason)s", reason=self._found["closure"]["cancelled"])
        if self._found["state"] == ScarStatus.CLOSED:
            return ""
        return _("This 8D is not closed. It shows what had been sent and decided when it was printed.")

    def _nonconformance(self, one: dict[str, Any]) -> list[str]:
        bad = quantity(Decimal(one["quantity"]))
        pieces = f"{bad} / {quantity(Decimal(one['checked']))}" if one["checked"] else bad
        found_on = day(date.fromisoformat(one["found_on"]), _WITH_YEAR)
        return [one["number"], found_on, one["defect"], pieces, one["lot"]]

    def _discipline(self, one: dict[str, Any]) -> dict[str, Any]:
        told = DISCIPLINES[Discipline(one["discipline"])]
        state = one["state"]
        content, language = one["content"] or {}, one["language"] or spoken()
        other = one["translation"]
        asks = [self._asked(ask, content[ask.key]) for ask in told.asks if content.get(ask.key)]
        if other:
            for each in asks:
                ask = told.ask(each["key"])
                each["other"] = self._asked(ask, other["content"].get(ask.key))
        return {
            "title": f"{one['discipline']} {_(told.title)}",
            "tone": _TONES[state],
            "status": _(_STATES[state]),
            "signed": self._signed(one),
            "empty": "" if asks else _("Nothing was written.") if state == "received" else _("Not sent yet."),
            "language": language,
            "language_name": _("As written, %(language)s", language=NAMES.get(language, language)),
            "other_language": other["language"] if other else "",
            "other_name": _(
                "Translation, %(language)s, by %(name)s",
                language=NAMES.get(other["language"], other["language"]),
                name=other["by"],
            )
            if other
            else "",
            "asks": asks,
            "remark": one["remark"] or "",
            "files": self._files(one["evidence"]),
        }

    def _asked(self, ask: Ask, value: Any) -> dict[str, Any]:
        said: dict[str, Any] = {"key": ask.key, "label": _(ask.label), "kind": ask.kind.value}
        if ask.kind is Kind.ROWS:
            said["heads"] = [_(column.label) for column in ask.columns]
            said["rows"] = [
                [self._cell(column.kind, row.get(column.key, "")) for column in ask.columns]
                for row in value or ()
            ]
        else:
            said["value"] = value or ("" if ask.kind is Kind.TEXT else [])
        return said

    def _cell(self, kind: str, value: str) -> str:
        return day(date.fromisoformat(value), _WITH_YEAR) if kind == "day" and value else value or "–"

    def _signed(self, one: dict[str, Any]) -> str:
        if not one["sent_at"]:
            return ""
        said = _("Sent %(when)s, %(name)s", when=self._when(one["sent_at"]), name=one["sent_by"])
        if one["is_on_behalf"]:
            said += " " + _("on behalf of the supplier")
        if one["decided_by"] and one["state"] in {"accepted", "returned"}:
            name, when = one["decided_by"], self._when(one["decided_at"])
            said += ". " + (
                _("Accepted %(when)s, %(name)s", when=when, name=name)
                if one["state"] == "accepted"
                else _("Returned %(when)s, %(name)s", when=when, name=name)
            )
        return said

    def _end(self) -> dict[str, Any]:
        """D8, which is ours: how we saw that it worked, and the end."""
        effect, closure = self._found["effectiveness"], self._found["closure"]
        lines = [
            (_("How we see that it worked"), effect["plan"]),
            (_("Planned by"), effect["planned_by"]),
            (_("Checked"), f"{self._when(effect['checked_at'])}, {effect['checked_by']}")
            if effect["checked_at"]
            else ("", ""),
            (_("What the check shows"), effect["shown"]),
            (_("Closing words"), closure["words"]),
        ]
        is_closed = closure["closed_at"] is not None
        signed = (
            _("Closed %(when)s, %(name)s", when=self._when(closure["closed_at"]), name=closure["closed_by"])
            if is_closed
            else ""
        )
        asks = [
            {"key": "", "label": label, "kind": "text", "value": value} for label, value in lines if value
        ]
        return {
            "title": f"D8 {_(DISCIPLINES[Discipline.D8].title)}",
            "tone": "ok" if is_closed else "mute",
            "status": _("Closed") if is_closed else _("Open"),
            "signed": signed,
            "empty": "" if asks else _("Not decided yet."),
            "language": "en",
            "language_name": "",
            "other_language": "",
            "other_name": "",
            "asks": asks,
            "remark": "",
            "files": [],
        }

    def _files(self, files: list[dict[str, Any]]) -> list[dict[str, str]]:
        return [
            {
                "name": each["name"],
                "picture": self._pictures.get(each["id"], ""),
                "about": f"{filesize(each['size'])}, {each['sent_by']}, SHA-256 {each['sha256'][:16]}…",
            }
            for each in files
        ]

    def _decision(self, one: dict[str, Any]) -> list[str]:
        _icon, said = words.EVENTS[one["what"]]
        what = _(said, step=one["discipline"]) if "%(step)s" in said else _(said)
        return [self._when(one["at"]), what, self._by(one), one["words"]]

    def _by(self, one: dict[str, Any]) -> str:
        sides = {"organisation": self._found["organisation"], "supplier": self._found["supplier"]["name"]}
        return str(one["by"] or sides[one["side"]])

    def _when(self, instant: str | None) -> str:
        return moment(datetime.fromisoformat(instant), self._who.time_zone, _WITH_YEAR) if instant else ""


HANDLERS = [pdf, as_json]
