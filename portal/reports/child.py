"""Sets one document with typst, in a process of its own, within limits.

Started by setting.py with the folder that holds the templates, the values and the pictures, and a wish as
JSON on its standard input. It imports nothing of the portal: what takes all memory or never ends is this
process alone. It says one JSON line: {"files": [names]}, with "plain" and a reason where the document could
not keep the promises of PDF/A, or {"problem": words}.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY = 3_000_000_000  # bytes of address space, of which typst maps more than it uses
SECONDS = 30  # of processor time
PROMISES: tuple[list[Any], ...] = (["a-2a", "ua-1"], [])


def main(folder: Path, wish: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import typst  # noqa: PLC0415 # under the limits from its first byte on

    def compiler(**inputs: str) -> Any:
        return typst.Compiler(
            str(folder / wish["document"]),
            root=str(folder),
            font_paths=[wish["fonts"]],
            ignore_system_fonts=True,
            sys_inputs=inputs,
            # Templates use no packages; if one ever did, there is none to find and nowhere to put it.
            package_path=str(folder / "no-packages"),
            package_cache_path=str(folder / "no-packages"),
        )

    try:
        if wish["format"] == "png":
            _say({"files": _kept(folder, compiler().compile(format="png", ppi=wish["dpi"]), "png")})
            return
        said: dict[str, Any] = {}
        for promises in PROMISES:
            # Where a sign is drawn by none of our fonts, the document says what its boxes are.
            inputs = {} if promises else {"boxes": "yes"}
            try:
                made = compiler(**inputs).compile(format="pdf", pdf_standards=promises, timestamp=wish["at"])
            except typst.TypstError as error:
                if not promises:
                    raise
                said = {"plain": str(error)}
                continue
            _say({"files": _kept(folder, made, "pdf"), **said})
            return
    except typst.TypstError as error:
        _say({"problem": str(error)})


def _kept(folder: Path, made: Any, ending: str) -> list[str]:
    names = []
    for number, content in enumerate(made if isinstance(made, list) else [made], 1):
        name = f"made-{number}.{ending}"
        (folder / name).write_bytes(content)
        names.append(name)
    return names


def _say(value: Any) -> None:
    print(json.dumps(value))  # noqa: T201 # what the parent reads


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.load(sys.stdin))
