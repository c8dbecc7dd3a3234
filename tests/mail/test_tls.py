"""Encryption as the settings ask for it, against a server whose certificate is ours."""

import ipaddress
import ssl
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal import clock
from portal.mail.sender import Envelope, Later, Taken, hand_over
from tests.mail.servers import Postbox, listening

ENVELOPE = Envelope("suppliers@norrland.example", "tomasz@acme.example", b"Subject: x\r\n\r\nx\r\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


async def nothing():
    """Nobody has to be told before the content goes over."""


async def test_by_starttls_with_a_password(tls, trusted):
    box = Postbox()
    seen = []

    def check(server, session, envelope, mechanism, given):
        seen.append((session.ssl is not None, given.login, given.password))
        return AuthResult(success=True)

    async with listening(
        box, tls=tls, require_starttls=True, authenticator=check, auth_required=True
    ) as server:
        ours = replace(server, tls="required", user="assay", password="hush")
        assert isinstance(await hand_over(ours, ENVELOPE, nothing), Taken)
    assert seen == [(True, b"assay", b"hush")]
    assert len(box.taken) == 1


async def test_from_the_first_byte(tls, trusted):
    box = Postbox()
    async with listening(box, tls=tls, tls_always=True) as server:
        assert isinstance(await hand_over(replace(server, tls="always"), ENVELOPE, nothing), Taken)


async def test_offered_is_used_where_the_server_can(tls, trusted):
    box = Postbox()
    async with listening(box, tls=tls, require_starttls=True) as server:
        assert isinstance(await hand_over(replace(server, tls="offered"), ENVELOPE, nothing), Taken)
    async with listening(box) as server:
        assert isinstance(await hand_over(replace(server, tls="offered"), ENVELOPE, nothing), Taken)


@pytest.mark.parametrize("how", ["required", "offered", "always"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(tls, how):
    box = Postbox()
    async with listening(box, tls=tls, tls_always=how == "always") as server:
        outcome = await hand_over(replace(server, tls=how), ENVELOPE, nothing)
    assert isinstance(outcome, Later)
    assert outcome.is_away
    assert "certificate" in outcome.answer.lower()
    assert box.taken == []


async def test_a_wrong_password_is_our_trouble_and_nobodys_bounce(tls, trusted):
    def check(server, session, envelope, mechanism, given):
        return AuthResult(success=False, handled=False)

    async with listening(Postbox(), tls=tls, authenticator=check, auth_required=True) as server:
        ours = replace(server, tls="required", user="assay", password="wrong")
        outcome = await hand_over(ours, ENVELOPE, nothing)
    assert isinstance(outcome, Later)
    assert outcome.is_away
    assert "535" in outcome.answer
    assert "wrong" not in outcome.answer
