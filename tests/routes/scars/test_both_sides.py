"""SCARs between both sides: answered, returned, extended, and what each may not see."""

import re
from datetime import timedelta

from portal.models.scars import AnswerStatus, Discipline, ScarStatus, Stage
from tests.factories import scars
from tests.people import principal_of
from tests.routes.scars.conftest import D4, D5, NOON, again, newest


async def test_idor_matrix(site, cast, scar, db):
    """Whoever has nothing to do with it finds nothing, whichever address they try."""
    line = "1"
    gets = (
        "",
        "/extension",
        "/rejection",
        "/colleague",
        "/earlier",
        "/for-the-supplier",
        "/edit",
        "/preview",
    )
    posts = (
        *("/answers/D4", "/answers/D4/draft", "/stages/acknowledgement", "/extension", "/rejection"),
        *("/colleague", "/earlier", f"/costs/{line}/answer", "/review", "/extension-decision", "/issue"),
        *("/responsibility/upheld", "/responsibility/taken-back", "/plan", "/check", "/closure"),
        *("/reopening", "/cancellation", "/costs", "/reminders", "/escalation", "/owner", ""),
    )
    for person in (cast.rita, cast.gustav, cast.anna):
        browser = await site(person)
        for path in gets:
            assert (await browser.get(f"/scars/{scar.number}{path}")).status_code == 404, (person.name, path)
        for path in posts:
            answer = await browser.post(f"/scars/{scar.number}{path}", data={"reason": "x", "days": "2"})
            assert answer.status_code == 404, (person.name, path)
    assert (await (await site(cast.rita)).get("/scars")).text.count(scar.number) == 0
    assert scar.number not in (await (await site(cast.rita)).get("/scars.csv")).text
    # A supplier's person is no engineer, and a missing number looks the same.
    tomasz = await site(cast.tomasz)
    for path in posts[8:]:
        answer = await tomasz.post(f"/scars/{scar.number}{path}", data={"reason": "x"})
        assert answer.status_code == 404, path
    assert (await tomasz.get("/scars/SCAR-2026-9999")).status_code == 404


async def test_field_scope(tomasz, elin, db, cast, scar):
    """Internal words and drafts of ours never reach the supplier, nor their drafts us."""
    draft = await scars.drafted(db, cast, title="Not yet")
    page = await tomasz.get(f"/scars/{scar.number}")
    assert page.status_code == 200
    assert "They always say that" not in page.text
    assert "drafted" not in page.text.lower()
    assert (await tomasz.get(f"/scars/{draft.number}")).status_code == 404
    assert "Not yet" not in (await tomasz.get("/scars")).text
    await tomasz.post(f"/scars/{scar.number}/answers/D4", data=D4 | {"go": "leave"})
    assert "Gas stayed" in (await tomasz.get(f"/scars/{scar.number}?step=D4")).text
    ours = await elin.get(f"/scars/{scar.number}")
    assert "They always say that" in ours.text
    assert "Gas stayed" not in ours.text


async def test_a_supplier_answers_and_we_decide_on_the_pages(tomasz, elin, db, cast, scar):
    page = await tomasz.get(f"/scars/{scar.number}")
    assert "Your turn: D0" in page.text
    assert "24 h left" in page.text
    answer = await tomasz.post(f"/scars/{scar.number}/answers/D0", data={"version": "0", "go": "send"})
    assert answer.status_code == 303
    assert (await again(db, scar)).status is ScarStatus.ACKNOWLEDGED
    await scars.send(db, scar, Stage.CONTAINMENT, principal_of(cast.tomasz))
    assert "Your clock stands" in (await tomasz.get(f"/scars/{scar.number}")).text
    page = await elin.get(f"/scars/{scar.number}")
    assert "Decide on D1, D2, D3" in page.text
    decision = {"decide-D1": "accept", "decide-D2": "accept", "decide-D3": "return"}
    answer = await elin.post(f"/scars/{scar.number}/review", data=decision)
    assert answer.status_code == 422
    assert "Say what is missing in D3" in answer.text
    answer = await elin.post(
        f"/scars/{scar.number}/review", data=decision | {"reason-D3": "Pieces in transit are missing."}
    )
    assert answer.status_code == 303
    page = await tomasz.get(f"/scars/{scar.number}")
    assert "Your turn: D3" in page.text
    assert "Pieces in transit are missing." in page.text
    await again(db, scar)
    await scars.write(
        db,
        scar,
        Discipline.D3,
        principal_of(cast.tomasz),
        scars.CONTENT[Discipline.D3] | {"marking": "Green"},
    )
    await scars.send(db, scar, Stage.CONTAINMENT, principal_of(cast.tomasz))
    page = await elin.get(f"/scars/{scar.number}")
    assert "<ins>Green</ins>" in page.text, "what is new is marked"
    await elin.post(f"/scars/{scar.number}/review", data={"decide-D3": "accept"})
    answer = await tomasz.post(f"/scars/{scar.number}/answers/D4", data=D4 | {"go": "to:D5"})
    assert answer.headers["location"] == f"/scars/{scar.number}?step=D5#answer"
    assert (await newest(db, scar, Discipline.D4)).content["occurrence"] == [
        "Gas stayed in the wall.",
        "Our instruction has no density check.",
    ]
    page = await tomasz.get(f"/scars/{scar.number}?step=D4")
    assert "This stops at a person." in page.text
    assert "Nothing is sent until you press Send after D5" in page.text
    answer = await tomasz.post(f"/scars/{scar.number}/answers/D5", data=D5)
    assert answer.status_code == 303
    assert (await again(db, scar)).status is ScarStatus.ROOT_CAUSE_SUBMITTED
    assert scar.is_weak, "the hint did not block, and is counted"
    answer = await elin.post(
        f"/scars/{scar.number}/review",
        data={"decide-D4": "accept", "decide-D5": "accept", "cause": "method"},
    )
    assert answer.status_code == 303
    assert (await again(db, scar)).status is ScarStatus.ACTIONS_ACCEPTED


async def test_sending_too_early_says_what_is_missing_and_sends_nothing(tomasz, db, scar):
    await tomasz.post(f"/scars/{scar.number}/stages/acknowledgement")
    answer = await tomasz.post(
        f"/scars/{scar.number}/answers/D3", data={"marking": "Green", "version": "0", "go": "send"}
    )
    assert answer.status_code == 422
    assert "Nothing is sent yet" in answer.text
    assert "D1: Name at least one person of the team." in answer.text
    assert 'href="/scars/SCAR-2026-0001?step=D3#f-checks"' in answer.text
    assert (await newest(db, scar, Discipline.D3)).status is AnswerStatus.DRAFT
    assert (await again(db, scar)).status is ScarStatus.ACKNOWLEDGED


async def test_if_match(tomasz, site, db, cast, scar):
    """Two tabs: the second save shows both texts and loses neither."""
    path = f"/scars/{scar.number}/answers/D2"
    assert (
        await tomasz.post(path, data={"problem": "From the first tab", "version": "0"})
    ).status_code == 303
    answer = await tomasz.post(path, data={"problem": "From the second tab", "version": "0"})
    assert answer.status_code == 412
    assert "From the first tab" in answer.text
    assert "From the second tab" in answer.text
    version = re.search(r'name="version" value="(\d+)"', answer.text)[1]
    answer = await tomasz.post(path, data={"problem": "Both", "version": version})
    assert answer.status_code == 303
    assert (await newest(db, scar, Discipline.D2)).content == {"problem": "Both"}
    saved = await tomasz.post(f"{path}/draft", data={"problem": "Typed", "version": "0"})
    assert saved.status_code == 412
    assert (await newest(db, scar, Discipline.D2)).content == {"problem": "Both"}


async def test_typing_is_saved_and_hints_come_back(tomasz, db, scar):
    answer = await tomasz.post(f"/scars/{scar.number}/answers/D4/draft", data=D4)
    assert answer.status_code == 200
    told = answer.json()
    assert told["version"] == 1
    assert told["saved"].startswith("Saved ")
    assert "This stops at a person." in told["hints"]["escape"]
    answer = await tomasz.post(f"/scars/{scar.number}/answers/D4/draft", data=D4 | {"version": "1"})
    assert answer.json()["version"] == 1, "nothing changed, so there is no new version"


async def test_hostile_values(tomasz, scar):
    path = f"/scars/{scar.number}/answers"
    wrong = (
        ("D2", {"problem": "a\x00b"}),
        ("D2", {"problem": "x" * 8001}),
        ("D4", {"occurrence": ["why"] * 16}),
        ("D4", {"occurrence": ["x" * 1001]}),
        ("D5", {"actions.what": "x", "actions.owner": "y", "actions.due": "2026-13-45"}),
        ("D3", {"checks.place": ["x"] * 41}),
    )
    for step, data in wrong:
        answer = await tomasz.post(f"{path}/{step}", data=data | {"version": "0"})
        assert answer.status_code == 422, (step, data)
        assert (await tomasz.post(f"{path}/{step}/draft", data=data)).status_code == 422
    for step in ("D8", "D9", "x"):
        assert (await tomasz.post(f"{path}/{step}", data={"version": "0"})).status_code == 404
    xss = '"><script>alert(1)</script><div hx-get=/x hx-trigger=load>'
    await tomasz.post(f"{path}/D2", data={"problem": xss, "version": "0"})
    page = await tomasz.get(f"/scars/{scar.number}?step=D2")
    assert "<script>alert" not in page.text
    assert "<div hx-get" not in page.text


async def test_idempotency(elin, tomasz, db, cast, scar):
    """A double click sends once and decides once."""
    first, second = [await tomasz.post(f"/scars/{scar.number}/stages/acknowledgement") for _ in range(2)]
    assert (first.status_code, second.status_code) == (303, 409)
    await again(db, scar)
    await scars.send(db, scar, Stage.CONTAINMENT, principal_of(cast.tomasz))
    decision = {f"decide-{each}": "accept" for each in ("D1", "D2", "D3")}
    answers = [(await elin.post(f"/scars/{scar.number}/review", data=decision)).status_code for _ in range(2)]
    assert answers == [303, 409]


async def test_more_time_costs_and_a_rejection_on_the_pages(tomasz, elin, db, cast, scar):
    answer = await tomasz.post(f"/scars/{scar.number}/extension", data={"days": "0", "reason": ""})
    assert answer.status_code == 422
    assert (await tomasz.get(f"/scars/{scar.number}/extension")).status_code == 200
    answer = await tomasz.post(f"/scars/{scar.number}/extension", data={"days": "2", "reason": "Holidays"})
    assert answer.status_code == 303
    assert "asks for 2 working days more" in (await elin.get(f"/scars/{scar.number}")).text
    await elin.post(f"/scars/{scar.number}/extension-decision", data={"grant": "1", "note": ""})
    assert (await again(db, scar)).due_at == NOON + timedelta(hours=72)
    cost = {"kind": "hours", "words": "Sorting", "quantity": "14", "rate": "62"}
    assert (await elin.post(f"/scars/{scar.number}/costs", data=cost)).status_code == 303
    page = await tomasz.get(f"/scars/{scar.number}")
    assert "€\N{NO-BREAK SPACE}868.00" in page.text
    line = re.search(r"/costs/(\d+)/answer", page.text)[1]
    assert (await tomasz.post(f"/scars/{scar.number}/costs/{line}/answer", data={})).status_code == 409
    answer = await tomasz.post(f"/scars/{scar.number}/costs/{line}/answer", data={"accept": "1"})
    assert answer.status_code == 303
    answer = await tomasz.post(f"/scars/{scar.number}/rejection", data={"reason": "Machined by you."})
    assert answer.status_code == 303
    page = await elin.get(f"/scars/{scar.number}")
    assert "Machined by you." in page.text
    answer = await elin.post(f"/scars/{scar.number}/responsibility/upheld", data={"reason": ""})
    assert answer.status_code == 422
    await elin.post(f"/scars/{scar.number}/responsibility/upheld", data={"reason": "The raw part is bad."})
    assert (await again(db, scar)).status is ScarStatus.ACKNOWLEDGED


async def test_handing_over_stays_in_the_company(tomasz, db, cast, scar):
    assert (await tomasz.get(f"/scars/{scar.number}/colleague")).status_code == 200
    answer = await tomasz.post(f"/scars/{scar.number}/colleague", data={"person": str(cast.rita.id)})
    assert answer.status_code == 422
    answer = await tomasz.post(f"/scars/{scar.number}/colleague", data={"person": str(cast.tomasz.id)})
    assert answer.status_code == 303
    assert (await again(db, scar)).assignee_id == cast.tomasz.id


async def test_the_supplier_reads_its_own_language(site, db, cast, scar):
    cast.tomasz.language = "de"
    await db.flush()
    page = await (await site(cast.tomasz)).get(f"/scars/{scar.number}")
    assert "Sie sind dran: D0" in page.text
    assert "noch 24 Std." in page.text
    assert "Was passiert ist" in page.text


async def test_evidence_is_the_suppliers_until_it_is_sent_and_foreign_files_are_refused(
    tomasz, elin, site, db, cast, scar
):
    path = f"/scars/{scar.number}/evidence/D4"
    file = {"files": ("trial.txt", b"10 cores each", "text/plain")}
    token = {"csrf_token": tomasz.headers["x-csrf-token"]}
    answer = await tomasz.post(path, files=file, params=token)
    assert answer.status_code == 303, answer.text
    page = await tomasz.get(f"/scars/{scar.number}?step=D4")
    assert "trial.txt" in page.text
    assert (await (await site(cast.rita)).post(path, files=file)).status_code == 404
    foreign = await (await site(cast.rita)).post("/documents", files=file)
    document = re.search(r"document-(\d+)", foreign.text)[1]
    answer = await tomasz.post(path, files={"document": (None, document)}, params=token)
    assert answer.status_code == 404, "attach_by_reference"
    assert (await tomasz.post(f"/scars/{scar.number}/photos", files=file)).status_code == 404
    assert (await elin.post(f"/scars/{scar.number}/photos", files=file)).status_code == 303
