"""Every mail that the portal writes has a name in the list of mails."""

from portal.routes.outbox import KINDS
from portal.web.templates import FOLDER


def test_every_message_has_a_name_in_the_list():
    written = {path.stem for path in (FOLDER / "mail" / "en").iterdir()}
    assert set(KINDS) == written, "Keep KINDS of portal/routes/outbox.py in step."
