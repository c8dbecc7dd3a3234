"""Small files to import, and what a browser does with them."""

import re

HEADER = (
    "PO;Pos;Supplier number;Plant;Part number;Order qty;Promised date;Received date;Qty received"
    ";Delivery note"
)
ONE = "45001;10;104417;LUL;GH-220-04;10;2026-10-08;2026-10-07;10;DN-1"
BAD = "45001;20;104417;LUL;GH-220-04;ten;2026-10-08;;;"

# A column of which half can't be read is not proposed by itself.
QUANTITY = {"col-ordered": "5"}


def content(*rows):
    return "\n".join([HEADER, *rows]).encode() + b"\n"


async def upload(browser, data, name="deliveries.csv", kind="deliveries", **more):
    token = browser.headers["x-csrf-token"]
    return await browser.post(
        f"/imports?csrf_token={token}", data={"kind": kind}, files={"file": (name, data, "text/csv")}, **more
    )


async def uploaded(browser, data, **more):
    """Upload, and give the address of the import."""
    answer = await upload(browser, data, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def fields(page):
    """What a browser would send of the form as it stands."""
    form = page.partition('id="prepare"')[2]
    found = dict(re.findall(r'<input[^>]*\sname="([\w-]+)"[^>]*\svalue="([^"]*)"', form))
    found = {name: value for name, value in found.items() if name not in {"create", "csrf_token"}}
    for name, body in re.findall(r'<select[^>]*\sname="([\w-]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else re.search(r'<option value="([^"]*)"', body)[1]
    for name, value in re.findall(r'type="radio" name="([\w-]+)" value="([^"]*)"[^>]*checked', form):
        found[name] = value
    boxes = re.findall(r'type="checkbox" name="create" value="(\w+)"( checked)?', form)
    return {**found, "create": [value for value, checked in boxes if checked]}
