"""A signature that others can check, and that breaks when anything in the mail does."""

import base64
from dataclasses import replace

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from portal import settings
from portal.mail.dkim import signed
from portal.settings import Dkim, SettingsError
from tests.mail.conftest import notice


@pytest.fixture(scope="module")
def pair():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    return pem, lambda name, timeout=5: record if name == b"assay._domainkey.norrland.example." else None


async def test_a_sent_mail_carries_a_signature_that_holds(office, pair):
    pem, dns = pair
    office.settings = replace(office.settings, dkim=Dkim("assay", "norrland.example", pem))
    taken = []
    handle = office.box.handle_DATA

    async def keep(server, session, envelope):
        taken.append(envelope.content)
        return await handle(server, session, envelope)

    office.box.handle_DATA = keep
    await office.queue(notice())
    await office.send()
    (raw,) = taken
    assert dkim.verify(raw, dnsfunc=dns)
    assert not dkim.verify(raw.replace(b"Your password", b"My password"), dnsfunc=dns)
    assert not dkim.verify(raw.replace(b"Subject: ", b"Subject: Urgent "), dnsfunc=dns)
    assert not dkim.verify(b"Subject: another\r\n" + raw, dnsfunc=dns), (
        "a second subject is no subject of ours"
    )


async def test_without_a_key_nothing_is_added():
    assert await signed(b"From: x\r\n\r\nx", None) == b"From: x\r\n\r\nx"


async def test_reports_come_back_to_our_own_address_where_we_take_mail_in(office):
    office.settings = replace(office.settings, inbound_domain="in.norrland.example")
    await office.queue(notice())
    await office.send()
    assert office.box.senders == ["bounces@in.norrland.example"]
    assert office.box.taken[0]["From"] == "Norrland suppliers <suppliers@norrland.example>"


def test_settings_say_what_is_missing_or_wrong(tmp_path, pair):
    file = tmp_path / "key.pem"
    file.write_bytes(pair[0])
    good = {
        "ASSAY_DKIM_KEY_FILE": str(file),
        "ASSAY_DKIM_DOMAIN": "norrland.example",
        "ASSAY_DKIM_SELECTOR": "assay",
        "ASSAY_INBOUND_DOMAIN": "In.Norrland.example",
        "ASSAY_INBOUND_LISTEN": "127.0.0.1:2525",
    }
    read = settings.read(good)
    assert read.dkim == Dkim("assay", "norrland.example", pair[0])
    assert "PRIVATE" not in repr(read)
    assert read.inbound_domain == "in.norrland.example"
    for wrong in (
        {"ASSAY_DKIM_SELECTOR": ""},
        {"ASSAY_DKIM_KEY_FILE": str(tmp_path / "none.pem")},
        {"ASSAY_DKIM_KEY_FILE": __file__},
        {"ASSAY_INBOUND_DOMAIN": "a b"},
        {"ASSAY_INBOUND_DOMAIN": ""},
        {"ASSAY_INBOUND_LISTEN": "2525"},
        {"ASSAY_INBOUND_LISTEN": "127.0.0.1:99999"},
    ):
        with pytest.raises(SettingsError, match="ASSAY_"):
            settings.read(good | wrong)
