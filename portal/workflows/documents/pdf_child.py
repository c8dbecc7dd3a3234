"""Looks into one PDF in a process of its own: says whether it holds anything that acts.

Started by pdfs.py with the path. It imports nothing of the portal: what a hostile file breaks is this process
alone. It says one line: {"problem": ""} or {"problem": word}, and "pages" when it is good.
"""

import json
import resource
import sys
from typing import Any

MEMORY = 1_500_000_000  # bytes of address space
SECONDS = 30  # of processor time
MOST_OBJECTS = 500_000

_ACTS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToE",
    "/Rendition",
    "/RichMediaExecute",
}
_HOLDS = {"/EmbeddedFile"}


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    import pikepdf  # noqa: PLC0415 # under the limits from its first byte on

    try:
        with pikepdf.open(path) as pdf:
            print(json.dumps(_judge(pikepdf, pdf)))  # noqa: T201 # what the parent reads
    except pikepdf.PasswordError:
        print(json.dumps({"problem": "password"}))  # noqa: T201
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
        print(json.dumps({"problem": "damaged"}))  # noqa: T201


def _judge(pikepdf: Any, pdf: Any) -> dict[str, Any]:
    if len(pdf.objects) > MOST_OBJECTS:
        return {"problem": "large"}
    for each in pdf.objects:
        problem = _of(pikepdf, each)
        if problem:
            return {"problem": problem}
    pages = len(pdf.pages)
    return {"problem": "" if pages else "damaged", "pages": pages}


def _of(pikepdf: Any, top: Any) -> str:
    """Look at an object and what is written out inside it; what it refers to is looked at by itself."""
    waiting = [top]
    while waiting:
        each = waiting.pop()
        if isinstance(each, pikepdf.Array):
            waiting += [inner for inner in each if not getattr(inner, "is_indirect", False)]
        elif isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            keys = set(each.keys())
            if "/JS" in keys or str(each.get("/S", "")) in _ACTS:
                return "acts"
            if str(each.get("/Type", "")) in _HOLDS or "/EF" in keys or _names_files(each):
                return "holds"
            waiting += [inner for key in keys if not getattr(inner := each[key], "is_indirect", False)]
    return ""


def _names_files(each: Any) -> bool:
    """A catalogue's list of embedded files that is not empty."""
    files = each.get("/EmbeddedFiles")
    return files is not None and bool(len(files.get("/Names", [])) or len(files.get("/Kids", [])))


if __name__ == "__main__":
    main(sys.argv[1])
