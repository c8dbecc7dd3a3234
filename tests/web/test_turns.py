"""Pages go before pieces of files, and files go on where pages never end."""

import asyncio

import pytest

from portal.storage import giving_way
from portal.web import turns

PAGE = {"headers": [(b"accept", b"text/html")]}
FILES = {"headers": [(b"content-type", b"multipart/form-data; boundary=b")]}


async def looked_at(order):
    async with turns.piece():
        order.append("piece")


async def test_a_piece_of_a_file_waits_for_the_page_that_is_being_made(monkeypatch):
    monkeypatch.setattr(giving_way, "_PATIENCE", 60)
    order = []
    with turns.pages_first(PAGE) as page:
        piece = asyncio.create_task(looked_at(order))
        for _ in range(10):
            await asyncio.sleep(0)
        order.append("page")
        page.made()  # its first byte is out: a long answer keeps nobody waiting
        await piece
    assert order == ["page", "piece"]
    await looked_at(order)


async def test_a_page_that_fails_keeps_nobody_waiting(monkeypatch):
    monkeypatch.setattr(giving_way, "_PATIENCE", 60)
    with pytest.raises(ZeroDivisionError), turns.pages_first(PAGE):
        raise ZeroDivisionError
    await looked_at([])


async def test_files_go_on_where_pages_never_end(monkeypatch):
    monkeypatch.setattr(giving_way, "_PATIENCE", 0)
    with turns.pages_first(PAGE):
        await looked_at(order := [])
    assert order == ["piece"]


async def test_files_do_not_wait_for_each_other(monkeypatch):
    monkeypatch.setattr(giving_way, "_PATIENCE", 60)
    with turns.pages_first(FILES):
        await looked_at(order := [])
    assert order == ["piece"]
