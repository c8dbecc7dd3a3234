"""Secrets at rest: locked with a key that is not in the database, bound to their row, keys replaceable."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import select, text

from portal import clock
from portal.commands.database import bring_up_to_date
from portal.commands.doctor import examine
from portal.db import at_the_gate
from portal.errors import NotReadyError
from portal.models.identity import Totp
from portal.models.people import Role
from portal.settings import Settings
from portal.workflows import half_sign_in, second_factor
from portal.workflows.keyring import FILE, Keyring
from tests.conftest import KEYRING
from tests.factories import people
from tests.people import TESTER, secrets_of

OLD, NEW = "an-earlier-key-" + "o" * 20, "the-present-key-" + "n" * 20


def ring(*keys, folder):
    return Keyring(Settings(secret_keys=keys, data_dir=folder))


async def test_what_lies_in_the_database_shows_no_secret(db, cast):
    secret = second_factor.new_secret()
    await second_factor.set_up(db, KEYRING, cast.elin.id, secret, pyotp.TOTP(secret).at(clock.now()))
    stored = (await secrets_of(db, select(Totp.secret)))[0]
    assert secret not in stored
    assert stored.startswith(KEYRING.mark)
    assert KEYRING.lock(secret, "totp:1") != KEYRING.lock(secret, "totp:1")


async def test_the_trail_says_that_a_secret_changed_and_not_what_it_is(db, cast):
    secret = second_factor.new_secret()
    await second_factor.set_up(db, KEYRING, cast.elin.id, secret, pyotp.TOTP(secret).at(clock.now()))
    stored = (await secrets_of(db, select(Totp.secret)))[0]
    kept = (await db.execute(text("SELECT concat(old, new) FROM trail_change"))).scalars().all()
    assert not any(secret in each or stored in each for each in kept)


async def test_a_secret_moved_to_another_row_opens_nothing(db, cast):
    secret = second_factor.new_secret()
    await second_factor.set_up(db, KEYRING, cast.elin.id, secret, pyotp.TOTP(secret).at(clock.now()))
    stored = (await secrets_of(db, select(Totp.secret)))[0]
    db.add(Totp(person_id=cast.root.id, secret=stored, last_step=0))
    await db.flush()
    with pytest.raises(NotReadyError, match="recovery code"):
        await second_factor.take(db, KEYRING, cast.root.id, pyotp.TOTP(secret).at(clock.now()))


@pytest.mark.parametrize(
    "stored",
    ["1:", "1:x:y", "2:{key}:AAAA", "1:{key}:AAAA", "1:{key}:", "1:{key}:%%%", ":::"],
)
def test_nonsense_is_refused_with_a_sentence(stored):
    key = KEYRING.mark.split(":")[1]
    with pytest.raises(NotReadyError, match="tell your administrator"):
        KEYRING.open(stored.format(key=key), "totp:1")


def test_a_changed_letter_is_noticed():
    locked = KEYRING.lock("JBSWY3DPEHPK3PXP", "totp:1")
    spoiled = locked[:-6] + ("A" if locked[-6] != "A" else "B") + locked[-5:]
    with pytest.raises(NotReadyError):
        KEYRING.open(spoiled, "totp:1")


def test_without_a_key_a_file_is_made_that_only_we_can_read(tmp_path):
    folder = tmp_path / "data" / "assay"
    locked = ring(folder=folder).lock("secret", "totp:1")
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == [FILE]
    assert ring(folder=folder).open(locked, "totp:1") == "secret"


def test_two_processes_that_begin_at_once_have_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        locked = list(pool.map(lambda _: ring(folder=tmp_path).lock("secret", "totp:1"), range(32)))
    assert {each.split(":")[1] for each in locked} == {ring(folder=tmp_path).mark.split(":")[1]}
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_a_given_key_goes_before_the_file_whose_secrets_still_open(tmp_path):
    before = ring(folder=tmp_path).lock("secret", "totp:1")
    now = ring(NEW, folder=tmp_path)
    assert now.open(before, "totp:1") == "secret"
    assert not now.lock("secret", "totp:1").startswith(ring(folder=tmp_path).mark)


async def test_after_a_change_of_keys_everything_is_locked_anew(db, tmp_path):
    old, both, new = (ring(*keys, folder=tmp_path) for keys in ((OLD,), (NEW, OLD), (NEW,)))
    secret, lost = "JBSWY3DPEHPK3PXP", ring("k" * 40, folder=tmp_path)
    stored = {"clear": secret, "old": None, "new": None, "lost": None}
    for name, keyring in (("clear", None), ("old", old), ("new", new), ("lost", lost)):
        person = await people.person(db, f"Person {name}", Role.BUYER)
        kept = keyring.lock(secret, f"totp:{person.id}") if keyring else secret
        stored[name] = (person.id, kept)
        db.add(Totp(person_id=person.id, secret=kept, last_step=0))
    await db.flush()
    assert await second_factor.unreadable(db, both) == 1
    assert await second_factor.lock_again(db, both) == 2
    assert await second_factor.lock_again(db, both) == 0
    query = select(Totp.person_id, Totp.secret).execution_options(populate_existing=True)
    async with at_the_gate(db):
        found = dict((await db.execute(query)).all())
    for name in ("clear", "old", "new"):
        person_id = stored[name][0]
        assert new.open(found[person_id], f"totp:{person_id}") == secret
    assert found[stored["new"][0]] == stored["new"][1]
    assert found[stored["lost"][0]] == stored["lost"][1]


async def test_migrating_locks_what_was_stored_before(fresh, owner, settings):
    async with fresh.work(TESTER) as db:
        person = await people.person(db, "Elin Sandberg", Role.QUALITY_ENGINEER)
        db.add(Totp(person_id=person.id, secret="JBSWY3DPEHPK3PXP", last_step=0))
    owned, used = (each.url.render_as_string(hide_password=False) for each in (owner, fresh))
    await bring_up_to_date(settings, owned, used)
    async with fresh.work(TESTER) as db:
        stored = (await secrets_of(db, select(Totp.secret)))[0]
    assert KEYRING.open(stored, f"totp:{person.id}") == "JBSWY3DPEHPK3PXP"


async def test_without_the_key_a_recovery_code_still_works(db, cast, tmp_path):
    secret = second_factor.new_secret()
    codes = await second_factor.set_up(db, KEYRING, cast.elin.id, secret, pyotp.TOTP(secret).at(clock.now()))
    other = ring("x" * 40, folder=tmp_path)
    with pytest.raises(NotReadyError):
        await second_factor.take(db, other, cast.elin.id, pyotp.TOTP(secret).at(clock.now()))
    assert await second_factor.take(db, other, cast.elin.id, codes[0])


def test_the_key_of_an_app_being_set_up_follows_from_the_cookie_alone():
    assert half_sign_in.app_secret("token") == half_sign_in.app_secret("token")
    assert half_sign_in.app_secret("token") != half_sign_in.app_secret("other")
    assert len(half_sign_in.app_secret("token")) == len(second_factor.new_secret())


async def test_the_doctor_names_a_missing_key(fresh, settings):
    async with fresh.work(TESTER) as db:
        person = await people.person(db, "Elin Sandberg", Role.QUALITY_ENGINEER)
        locked = Keyring(replace(settings, secret_keys=(OLD,))).lock("S", f"totp:{person.id}")
        db.add(Totp(person_id=person.id, secret=locked, last_step=0))
    config = replace(settings, database_url=fresh.url.render_as_string(hide_password=False))
    found = {each.what: each for each in await examine(config)}["Secrets"]
    assert found.level == "problem"
    assert "ASSAY_SECRET_KEY" in found.advice
