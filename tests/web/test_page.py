"""What a page says once after a form was sent."""


async def test_what_a_form_has_done_is_said_once_on_the_next_page(site, cast):
    karin = await site(cast.root)
    sent = await karin.post(
        "/master-data/plants/new",
        data={"code": "QRO", "name": "Querétaro", "country": "MX", "time_zone": "America/Mexico_City"},
    )
    assert sent.status_code == 303, sent.text
    first = await karin.get(sent.headers["location"])
    assert "Added." in first.text
    second = await karin.get(sent.headers["location"])
    assert "Added." not in second.text


async def test_a_note_is_text_and_no_markup(site, cast, settings):
    karin = await site(cast.root)
    karin.cookies.set(f"{settings.cookie_name}_note", "%3Cimg%20src=x%3E")
    assert "<img src=x>" not in (await karin.get("/suppliers")).text
