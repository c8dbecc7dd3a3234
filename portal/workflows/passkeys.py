"""Passkeys: a key pair that stays in somebody's device and answers only for the portal's own address.

Every challenge is in the database and is removed by the first answer to it, right or wrong. The device
checks its owner (finger, face, PIN), so a passkey alone is as good as a password and a code.
"""

import hashlib
import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from portal import clock
from portal.db import at_the_gate
from portal.errors import BadInputError, NotFoundError
from portal.languages import N_
from portal.models.identity import Invitation, Passkey, PasskeyChallenge, PasskeyPurpose
from portal.models.people import Person
from portal.settings import Settings
from portal.workflows import tokens

VALID = timedelta(minutes=5)
MOST = 20  # of one person
MOST_LETTERS = 16_000  # of an answer
WRONG = N_("This passkey could not be used here. Try again, or sign in another way.")
NOT_ADDED = N_("The passkey was not added. Try again.")
TOO_MANY = N_("You have 20 passkeys. Remove one that you no longer use.")

# What the library lets through when an answer is nonsense; whoever sends nonsense is refused, no more.
_NONSENSE = (
    WebAuthnException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys count: the origin of the pages, and the host that devices store them under."""

    origin: str
    host: str


def place(settings: Settings) -> Place | None:
    """Give where passkeys count; None where browsers offer none: a bare IP address, or plain HTTP."""
    host = urlsplit(settings.base_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return None
    if not settings.is_https and host != "localhost":
        return None
    return Place(settings.base_url, host)


async def of(db: AsyncSession, person_id: int) -> list[Passkey]:
    query = select(Passkey).where(col(Passkey.person_id) == person_id).order_by(col(Passkey.id))
    return list((await db.execute(query)).scalars())


async def ask_to_register(db: AsyncSession, where: Place, person: Person, house: str) -> str:
    """Give the browser's options for a new passkey, as JSON."""
    known = await of(db, person.id)
    return await _ask_to_register(db, where, house, person, _handle_of(person, known), known, person.id)


async def ask_invited(db: AsyncSession, where: Place, invitation: Invitation, house: str) -> str:
    """Give the options for the passkey that opens an account, as JSON."""
    return await _ask_to_register(db, where, house, invitation, handle(invitation), [], None)


async def _ask_to_register(
    db: AsyncSession,
    where: Place,
    house: str,
    whose: Person | Invitation,
    handle: bytes,
    known: Sequence[Passkey],
    person_id: int | None,
) -> str:
    options = webauthn.generate_registration_options(
        rp_id=where.host,
        rp_name=f"Assay, {house}",
        user_id=handle,
        user_name=whose.email,
        user_display_name=whose.name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    await _remember(db, options.challenge, PasskeyPurpose.REGISTER, person_id)
    return options_to_json(options)


async def register(db: AsyncSession, where: Place, person: Person, answer: str, name: str) -> Passkey:
    """Keep the public half of a new passkey.

    Raises:
        BadInputError: the answer is not to our challenge, or not from our pages; or there are too many.
    """
    verified = await verify(db, where, answer, person.id)
    known = await of(db, person.id)
    if len(known) >= MOST:
        raise BadInputError(TOO_MANY)
    return await keep(db, person, verified, name, _handle_of(person, known))


async def verify(
    db: AsyncSession, where: Place, answer: str, person_id: int | None = None
) -> VerifiedRegistration:
    """Check what the browser made of our options; without a person, of those for an invitation.

    Raises:
        BadInputError: the answer is not to our challenge, or not from our pages.
    """
    challenge = await _used_challenge(db, answer, PasskeyPurpose.REGISTER, person_id)
    if challenge is None:
        raise BadInputError(NOT_ADDED)
    try:
        return webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=where.host,
            expected_origin=where.origin,
            require_user_verification=True,
        )
    except _NONSENSE:
        raise BadInputError(NOT_ADDED) from None


async def keep(
    db: AsyncSession, person: Person, verified: VerifiedRegistration, name: str, handle: bytes
) -> Passkey:
    """Keep a passkey that was verified; BadInputError when it is somebody's already."""
    made = Passkey(
        person_id=person.id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        user_handle=handle,
        sign_count=verified.sign_count,
        name=name[:80],
    )
    # The constraint decides: nobody's transaction sees the passkeys of others.
    try:
        async with db.begin_nested():
            db.add(made)
    except IntegrityError:
        raise BadInputError(N_("This passkey is added already.")) from None
    return made


async def remove(db: AsyncSession, person: Person, passkey_id: int) -> Passkey:
    """Forget a passkey of this person; NotFoundError when it is nobody's or somebody else's."""
    query = select(Passkey).where(col(Passkey.id) == passkey_id, col(Passkey.person_id) == person.id)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    await db.delete(found)
    await db.flush()
    return found


async def ask(db: AsyncSession, where: Place, person_id: int | None = None) -> str:
    """Give the browser's options for using a passkey, as JSON.

    Without a person it is for signing in: the device says who. With one, they show again who they are.
    """
    known = await of(db, person_id) if person_id else []
    options = webauthn.generate_authentication_options(
        rp_id=where.host,
        user_verification=UserVerificationRequirement.REQUIRED,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
    )
    purpose = PasskeyPurpose.PROVE if person_id else PasskeyPurpose.SIGN_IN
    await _remember(db, options.challenge, purpose, person_id)
    return options_to_json(options)


async def use(db: AsyncSession, where: Place, answer: str, person_id: int | None = None) -> Person | None:
    """Return the active person whose passkey gave this answer, else None.

    Args:
        db: the transaction; it must commit also after a wrong answer, which uses the challenge up.
        where: the portal's origin and host.
        answer: what the browser sent, as JSON.
        person_id: who must have given it; None for signing in.
    """
    purpose = PasskeyPurpose.PROVE if person_id else PasskeyPurpose.SIGN_IN
    challenge = await _used_challenge(db, answer, purpose, person_id)
    if challenge is None:
        return None
    try:
        sent = json.loads(answer)
        credential_id = base64url_to_bytes(sent["id"])
        handle = sent["response"].get("userHandle")
        user_handle = base64url_to_bytes(handle) if handle else None
    except _NONSENSE:
        return None
    row = (
        await db.execute(
            select(Passkey, Person)
            .join(Person, col(Person.id) == col(Passkey.person_id))
            .where(col(Passkey.credential_id) == credential_id, col(Person.is_active))
            .with_for_update(of=Passkey)
        )
    ).first()
    if row is None:
        return None
    key, person = row
    if person_id not in {None, person.id} or user_handle not in {None, key.user_handle}:
        return None
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=where.host,
            expected_origin=where.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except _NONSENSE:
        return None
    key.sign_count, key.last_used_at = verified.new_sign_count, clock.now()
    await db.flush()
    result: Person = person
    return result


async def _remember(
    db: AsyncSession,
    challenge: bytes,
    purpose: PasskeyPurpose,
    person_id: int | None,
) -> None:
    await db.execute(delete(PasskeyChallenge).where(col(PasskeyChallenge.expires_at) < clock.now()))
    db.add(
        PasskeyChallenge(
            challenge_hash=_digest(challenge),
            purpose=purpose,
            person_id=person_id,
            expires_at=clock.now() + VALID,
        )
    )
    await db.flush()


async def _used_challenge(
    db: AsyncSession, answer: str, purpose: PasskeyPurpose, person_id: int | None
) -> bytes | None:
    """Find the challenge that was answered and use it up; None when it is not one of ours, or too old."""
    if len(answer) > MOST_LETTERS:
        return None
    try:
        said: dict[str, Any] = json.loads(
            base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"])
        )
        challenge = base64url_to_bytes(said["challenge"])
        embedded = said.get("crossOrigin", False)
    except _NONSENSE:
        return None
    use = (
        delete(PasskeyChallenge)
        .where(
            col(PasskeyChallenge.challenge_hash) == _digest(challenge),
            col(PasskeyChallenge.purpose) == purpose,
            col(PasskeyChallenge.person_id).is_not_distinct_from(person_id),
            col(PasskeyChallenge.expires_at) > clock.now(),
        )
        .returning(col(PasskeyChallenge.challenge_hash))
    )
    async with at_the_gate(db):
        gone = await db.execute(use)
    # Our pages are never in somebody else's frame.
    return challenge if gone.first() and not embedded else None


def _handle_of(person: Person, known: Sequence[Passkey]) -> bytes:
    """All keys of a person name the same account; the first may be older than the account itself."""
    return known[0].user_handle if known else handle(person)


def handle(whose: Person | Invitation) -> bytes:
    """Name the account to the device, in a way that says nothing about the person."""
    kind = "" if isinstance(whose, Person) else "invitation "
    return hashlib.sha256(f"assay passkey {kind}{whose.id} {whose.created_at.isoformat()}".encode()).digest()


def _digest(challenge: bytes) -> str:
    return tokens.digest(challenge.hex())
