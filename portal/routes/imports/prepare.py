"""Before an import begins: how the file is read, which column is which, what would come of it."""

from dataclasses import dataclass, field, replace
from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from portal.access.permissions import P, may
from portal.errors import BadInputError, NotFoundError, RefusalError
from portal.imports import look as looking
from portal.imports import mapping as reading
from portal.imports.cells import UnreadableFileError
from portal.imports.look import Look
from portal.imports.mapping import ColumnMapping, MappingError, Source
from portal.imports.options import AUTO, DAY_ORDERS, DECIMALS, ENCODINGS, SEPARATORS, FileOptions
from portal.imports.targets import KIND_LABELS, TARGETS
from portal.models.imports import ImportRun, OnBadRows
from portal.routes.imports.words import ARRIVALS, CREATE, ON_BAD_ROWS, SUPPLIER_BY
from portal.web.depends import Db, Who
from portal.web.forms import clean
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows.imports import mappings, runs
from portal.workflows.imports.preview import JOINED, preview

_MOST_EMPTY_WORDS = 20


@dataclass(slots=True)
class Prepared:
    """What somebody chose on the page, and what is wrong with it by field."""

    mapping: ColumnMapping
    look: Look
    name: str
    save_as: str = ""
    on_bad_rows: OnBadRows = OnBadRows.SKIP
    errors: dict[str, str] = field(default_factory=dict)


def prepared(run: ImportRun) -> Prepared:
    """Give what stands on the import now."""
    if run.look is None:
        raise NotFoundError
    mapping = reading.read(run.definition, run.kind)
    return Prepared(mapping, looking.from_data(run.look), run.mapping_name, on_bad_rows=run.on_bad_rows)


async def show(
    request: Request[Any, Any, Any], db: Db, who: Who, run: ImportRun, now: Prepared
) -> Response[Any]:
    view = await preview(db, now.mapping, now.look)
    return page(
        request,
        "imports/preview.html",
        status=422 if now.errors else 200,
        run=run,
        now=now,
        view=view,
        kinds=KIND_LABELS,
        mappings=[(name, name) for name in await mappings.names(db, who, run.kind)],
        encodings=_with_found(ENCODINGS, now.look.options.encoding),
        sheets=[(name, name) for name in now.look.sheets],
        separators=_with_found(SEPARATORS, now.look.options.separator),
        decimals=[(AUTO, "Only what can't be mistaken"), *DECIMALS.items()],
        orders=[(AUTO, "Only what can't be mistaken"), *DAY_ORDERS.items()],
        on_bad_rows=ON_BAD_ROWS,
        supplier_by=SUPPLIER_BY,
        arrivals=ARRIVALS,
        create=CREATE,
        joined=JOINED,
        may_write=may(who, P.IMPORTS_WRITE),
    )


def _with_found(words: dict[Any, str], found: str) -> list[tuple[str, str]]:
    return [(AUTO, f"{words.get(found, found)}, found"), *((str(key), each) for key, each in words.items())]


@post("/imports/{run_id:str}/mapping", permission=P.IMPORTS_WRITE, status_code=200)
async def change(request: Request[Any, Any, Any], db: Db, who: Who, run_id: FromPath[str]) -> Response[Any]:
    """Keep what was chosen, and show what comes of it; or take a saved mapping."""
    run = await runs.to_change(db, who, row_id(run_id))
    data = await request.form()
    now = prepared(run)
    if data.get("step") == "use":
        try:
            name = _typed(data, "use")
            now = replace(now, mapping=await mappings.named(db, who, run.kind, name), name=name)
        except (BadInputError, NotFoundError) as wrong:
            now.errors["use"] = wrong.sentence
    else:
        now = _read(data, run, now)
        if data.get("step") == "save" and not now.save_as:
            now.errors.setdefault("save_as", "Give the mapping a name, to find it again for the next file.")
    await _look_again(request, run, now)
    if now.save_as and not now.errors:
        try:
            await mappings.save(db, who, now.save_as, now.mapping)
            now.name = now.save_as
        except RefusalError as refused:
            now.errors["save_as"] = refused.sentence
    if now.errors:
        return await show(request, db, who, run, now)
    runs.prepare(run, now.mapping, now.look, now.name)
    await db.flush()
    return go(request, f"/imports/{run.id}")


@post("/imports/{run_id:str}/run", permission=P.IMPORTS_WRITE, status_code=200)
async def start(request: Request[Any, Any, Any], db: Db, who: Who, run_id: FromPath[str]) -> Response[Any]:
    """Start the import with what is on the page."""
    run = await runs.to_change(db, who, row_id(run_id))
    now = _read(await request.form(), run, prepared(run))
    await _look_again(request, run, now)
    if not now.errors:
        lacking = reading.gaps(now.mapping, now.look.columns)
        now.errors.update({f"col-{name}": sentence for name, sentence in lacking.items()})
    if not now.errors:
        runs.prepare(run, now.mapping, now.look, now.name)
        try:
            if now.save_as:
                await mappings.save(db, who, now.save_as, now.mapping)
            await runs.start(db, run, now.mapping, now.on_bad_rows, who)
        except MappingError as wrong:
            now.errors[""] = wrong.sentence
        except BadInputError as wrong:
            now.errors["save_as"] = wrong.sentence
    if now.errors:
        return await show(request, db, who, run, now)
    return go(request, f"/imports/{run.id}")


async def _look_again(request: Request[Any, Any, Any], run: ImportRun, now: Prepared) -> None:
    """Read the beginning of the file again when something about its writing was changed."""
    before = reading.read(run.definition, run.kind).file
    if now.errors or _written(before) == _written(now.mapping.file):
        return
    try:
        now.look = await runs.look_at(request.app.state.store, run.file_key, now.mapping.file)
    except UnreadableFileError as wrong:
        now.errors["encoding"] = wrong.sentence


def _written(options: FileOptions) -> tuple[Any, ...]:
    return options.encoding, options.separator, options.quotes, options.sheet, options.header_line


def _read(data: FormMultiDict, run: ImportRun, now: Prepared) -> Prepared:
    """Read the whole form into a mapping; what is wrong is said at its field."""
    errors: dict[str, str] = {}
    header_line = _typed(data, "header_line", errors)
    if header_line and (
        not header_line.isascii()
        or not header_line.isdigit()
        or len(header_line) > 4
        or int(header_line) > 1000
    ):
        errors["header_line"] = "Write the number of the header's line, from 1 to 1,000."
        header_line = ""
    empty = [word.strip() for word in _typed(data, "empty", errors).split(",") if word.strip()]
    definition = {
        "file": {
            "encoding": _typed(data, "encoding", errors) or AUTO,
            # A tab does not survive trimming.
            "separator": str(data.get("separator") or AUTO),
            "quotes": now.mapping.file.quotes,
            "sheet": _typed(data, "sheet", errors),
            "header_line": int(header_line or 0),
            "decimal": _typed(data, "decimal", errors) or AUTO,
            "dates": _typed(data, "dates", errors) or AUTO,
            "empty": empty[:_MOST_EMPTY_WORDS],
        },
        "columns": {},
        "supplier_by": _typed(data, "supplier_by", errors) or "number",
        "create": [each for each in data.getall("create", []) if isinstance(each, str)],
        "arrivals": _typed(data, "arrivals", errors) or str(now.mapping.arrivals),
    }
    try:
        mapping = reading.read(definition, run.kind)
    except MappingError as wrong:
        return replace(now, errors={**errors, "": wrong.sentence})
    sources = {}
    for target in TARGETS[run.kind]:
        source = _source(data, target.name, now, errors)
        if source.is_given:
            sources[target.name] = source
    on_bad_rows = _typed(data, "on_bad_rows", errors)
    return replace(
        now,
        mapping=replace(mapping, sources=sources),
        save_as=_typed(data, "save_as", errors),
        on_bad_rows=OnBadRows(on_bad_rows) if on_bad_rows in set(OnBadRows) else now.on_bad_rows,
        errors=errors,
    )


def _source(data: FormMultiDict, name: str, now: Prepared, errors: dict[str, str]) -> Source:
    """Read where one of our columns comes from; words and formats that the page doesn't show stay."""
    before = now.mapping.source(name)
    chosen = _typed(data, f"col-{name}", errors)
    constant = _typed(data, f"constant-{name}", errors)[:400]
    if chosen == JOINED and len(before.columns) > 1:
        return before
    if chosen.isascii() and chosen.isdigit() and len(chosen) <= 4 and int(chosen) < len(now.look.columns):
        return replace(before, columns=(now.look.columns[int(chosen)],), constant="")
    return replace(before, columns=(), constant=constant)


def _typed(data: FormMultiDict, name: str, errors: dict[str, str] | None = None) -> str:
    value = data.get(name, "")
    try:
        return clean(value) if isinstance(value, str) else ""
    except ValueError as wrong:
        if errors is None:
            raise BadInputError(str(wrong)) from None
        errors[name] = str(wrong)
        return ""


HANDLERS = [change, start]
