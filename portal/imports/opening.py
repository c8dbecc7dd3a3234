"""Open a file as what it is."""

from dataclasses import replace
from pathlib import Path

from portal.imports import detect
from portal.imports.options import AUTO, FileOptions
from portal.imports.rows import Reader
from portal.imports.sheet_reader import SheetReader
from portal.imports.text_reader import TextReader


def settled(path: Path, options: FileOptions) -> FileOptions:
    """Replace what is "auto" about encoding and separator by what the file shows.

    Raises:
        UnreadableFileError: the content is of a kind that holds no rows.
    """
    if detect.is_workbook(path):
        return options
    encoding = detect.encoding_of(path) if options.encoding == AUTO else options.encoding
    separator = detect.separator_of(path, encoding) if options.separator == AUTO else options.separator
    return replace(options, encoding=encoding, separator=separator)


def open_reader(path: Path, options: FileOptions) -> Reader:
    """Give a reader over the rows; close it in the end.

    Raises:
        UnreadableFileError: it can't be read as rows below a header.
    """
    if detect.is_workbook(path):
        return SheetReader(path, sheet=options.sheet, header_line=max(1, options.header_line))
    options = settled(path, options)
    return TextReader(
        path,
        encoding=options.encoding,
        separator=options.separator,
        quotes=options.quotes,
        header_line=max(1, options.header_line),
    )
