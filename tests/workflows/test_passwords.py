"""pw_policy: long enough to stand alone, not among the first guesses, and no rules of composition."""

import gzip
from pathlib import Path

import pytest

from portal.errors import BadInputError
from portal.workflows import passwords

TOMASZ = ["Tomasz Wieczorek", "t.wieczorek@acme-castings.pl", "Acme Castings", "104417"]


@pytest.mark.parametrize(
    "password",
    [
        "blue kettle ferr",  # no capitals, digits or signs needed
        "gzf3kq9w8mxt2bv",  # 15, from a password manager
        "a;K*&^2)(%x-_+=",
        "das Pferd frisst keinen Gurkensalat",
        "хорошо живет на свете винни пух",
        "とても長いパスワードを使っています",
        "x7 " * 3 + "a quiet harbour in the north where nobody counts the gulls at all",
        "kettle " * 2 + "b" * 20 + " moss ferry gull",
    ],
)
def test_long_ones_of_any_kind_are_taken(password):
    passwords.check(password, TOMASZ)


def test_sixty_four_and_more_characters_are_taken():
    sentence = "the third gull on the left was never paid for the herring it kept in May"
    assert len(sentence) > 64
    passwords.check(sentence, TOMASZ)
    passwords.check((sentence + "!") * 2 + "z", TOMASZ)


@pytest.mark.parametrize("password", ["", "short", "blue kettle fe", "Tr0ub4dor&3"])
def test_under_fifteen_characters_is_refused(password):
    assert len(password) < 15
    with pytest.raises(BadInputError, match="at least 15 characters"):
        passwords.check(password, TOMASZ)


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "blue moss blue moss ",
        "ha ha ha ha ha ha ha",
    ],
)
def test_repetition_is_refused(password):
    with pytest.raises(BadInputError, match="repeats"):
        passwords.check(password)


@pytest.mark.parametrize(
    "password",
    [
        "1234567890123456x",
        "qwertyuiopasdfgh",
        "1q2w3e4r5t6y7u8i",
        "poiuytrewq098765",
        "Password1234567890",
        "Password!@#$%^&*()",
        "p-a-s-s-w-o-r-d-1-2-3",
        "P@55w0rd!Adm1n2026",
        "correct horse battery staple",
        "WelcomeToAssay2026!",
        "Summer2026!Winter",
        "Tomasz.Wieczorek.2026!",
        "acme-castings-104417",
        "WIECZOREK-acme-PL-1",
    ],
)
def test_what_a_guesser_tries_first_is_refused(password):
    with pytest.raises(BadInputError, match="first that somebody would try"):
        passwords.check(password, TOMASZ)


def test_the_name_of_somebody_else_is_no_weakness():
    passwords.check("wieczorek-brought-ferns", ["Elin Sandberg"])


def test_most_long_passwords_of_a_public_list_are_refused():
    """Those that are left read like somebody's own words."""
    django = pytest.importorskip("django")
    source = Path(django.__file__).parent / "contrib/auth/common-passwords.txt.gz"
    words = gzip.decompress(source.read_bytes()).decode().split()
    long = [word for word in words if len(word) >= passwords.MIN_LENGTH]
    taken = []
    for word in long:
        try:
            passwords.check(word)
        except BadInputError:
            continue
        taken.append(word)
    assert len(long) > 40
    assert len(taken) / len(long) < 0.35, taken


@pytest.mark.parametrize("password", ["a quiet har\x00bour in May", "a quiet har\ud800bour in May"])
def test_what_no_keyboard_types_is_refused_with_a_sentence(password):
    with pytest.raises(BadInputError, match="cannot be stored"):
        passwords.check(password)


def test_both_ways_to_write_an_accent_are_the_same_password():
    assert passwords.same_form("cafe\u0301 on the quay") == passwords.same_form("caf\u00e9 on the quay")
