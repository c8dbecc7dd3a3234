"""Which passwords are refused: those too short to stand alone, and those that a guesser tries first.

Length is the only rule of composition; what a password consists of is nobody's business. Guessable means
that little is left of it once the parts that everybody uses are taken out:

- one character, or one piece, over and over;
- neighbours: on a keyboard, in the alphabet, in the digits, forwards and backwards, also two such rows
  dealt together as in 1q2w3e4r;
- words that leaked passwords are made of, years, and the person's own name, e-mail address and company;
- letters written as signs (p@55w0rd) count as the letters.

And a few long passwords that are famous. Nothing is asked of any service elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterable

from portal.errors import BadInputError
from portal.languages import N_

MIN_LENGTH = 15
MAX_LENGTH = 256
LEFT = 6  # letters, digits and different signs that must be left when the guessable parts are gone
FEWEST = 5  # different characters

TOO_SHORT = N_("Use at least 15 characters. A sentence that only you would say is a good password.")
TOO_LONG = N_("Use at most 256 characters.")
REPEATED = N_("This repeats the same few characters. Choose one that is harder to guess.")
GUESSABLE = N_(
    "This is among the first that somebody would try: well-known words, neighbouring keys, years, or your own"
    " name or company. Add a few words that have nothing to do with each other."
)
UNTYPABLE = N_("This holds characters that cannot be stored. Choose another password.")

# 1 stands for an l as often as for an i.
_SIGNS = tuple(str.maketrans("0134578@$!|€", f"o{one}eastbas{one}{one}e") for one in "li")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "йцукенгшщзхъфывапролджэячсмитьбю",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "a1b2c3d4e5f6g7h8i9j0",
    "1a2b3c4d5e6f7g8h9i0j",
    "123321456654789987",
    "!@#$%^&*()_+",
    '!"§$%&/()=?',
)
_KNOWN = """
    access admin administrator amazing angel apple arsenal asdf assay audit august autumn baby banana
    barcelona baseball basketball batman beautiful biteme blink bonjour butterfly buyer cambiami captain
    casper changeme changeit charlie chelsea chocolate company computer contrasena cookie cristiano daniel
    david december default demo demon dennis dragon eagle eminem enter facebook familia familiya february
    flower football forever freedom friend fuckyou gandalf ginger google guest hallo haslo heaven hello
    hottie hunter iloveyou internet january jennifer jessica jesus jordan joshua july june justin killer
    knight letmein liverpool london login logistics lovely lover loveyou maggie manager manchester march
    master matrix matthew mercedes merlin michael michelle mobile money monkey monster morning motdepasse
    mustang myspace naruto newpassword nicole ninja november october office online orange pass passe
    passphrase password passwort parola pepper phoenix please pokemon portal princess purple quality queen
    ranger realmadrid root rosebud russia salasana samsung school secret september service shadow silver
    snoopy soccer spiderman spring starwars storage summer sunday sunshine superman superstar supplier
    support system temp test testing thomas thunder tigger tinkerbell trustno united user welcome
    wachtwoord whatever winner winter world yankees yellow zaq monday tuesday wednesday thursday friday
    saturday one two three four five six seven eight nine zero the and my your you love this that is
"""
_LONG = """
    correcthorsebatterystaple whatwouldjesusdo manchesterunited newyorkyankees tobeornottobethatisthequestion
    maytheforcebewithyou thequickbrownfoxjumpsoverthelazydog loremipsumdolorsitamet kartoffelpuffer
    onceuponatime openthedoorplease donttellanyone neworleans neverguessthis supercalifragilistic
    expialidocious donaudampfschifffahrt
"""
_GUESSED = frozenset(_KNOWN.split() + _LONG.split())
_YEAR = re.compile(r"(19|20)\d\d")
# Seldom alone a whole name: shorter pieces of an address ("de", "ab") are in half of all words.
_PERSONAL_LETTERS = 3


def check(password: str, personal: Iterable[str] = ()) -> None:
    """Raise BadInputError with a sentence when the password must not stand alone.

    Args:
        password: as typed.
        personal: what others know of the person: name, e-mail address, company.
    """
    if len(password) < MIN_LENGTH:
        raise BadInputError(TOO_SHORT)
    if len(password) > MAX_LENGTH:
        raise BadInputError(TOO_LONG)
    if "\x00" in password or any(0xD800 <= ord(c) <= 0xDFFF for c in password):
        raise BadInputError(UNTYPABLE)
    plain = _plain(password)
    if len(set(password.casefold())) < FEWEST or _is_repeated(plain):
        raise BadInputError(REPEATED)
    own = {word for each in personal for word in _words_of(each)}
    signs, plain = _signs(password), _YEAR.sub(" ", plain)
    if any(len(_left(each, own)) + signs < LEFT for each in (plain, *map(plain.translate, _SIGNS))):
        raise BadInputError(GUESSABLE)


def same_form(password: str) -> str:
    """Normalise: the same key gives different bytes on different systems (é as one sign, or as two)."""
    return unicodedata.normalize("NFKC", password)


def _plain(text: str) -> str:
    """Only letters and digits, in small letters and without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if c.isalnum() or c in "@$!|€")


def _signs(text: str) -> int:
    """Count the different signs, but for those that stand in a row on the keyboard."""
    return len({c for c in _without_runs(text) if not c.isalnum() and not c.isspace()})


def _words_of(text: str) -> Iterable[str]:
    for word in re.split(r"[^\w]+|_", text.casefold()):
        found = "".join(c for c in _plain(word) if c.isalnum())
        if len(found) >= _PERSONAL_LETTERS:
            yield found


def _is_repeated(plain: str) -> bool:
    """Say whether a piece of at most half the length, over and over, makes the whole of it."""
    return any(
        all(plain[at] == plain[at - size] for at in range(size, len(plain)))
        for size in range(1, len(plain) // 2 + 1)
    )


def _left(plain: str, own: Iterable[str]) -> str:
    """Take out what is guessable, the longest first, and return the rest."""
    rest = plain
    for word in sorted({*_GUESSED, *own}, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return re.sub(r"[^\w]", "", _without_runs(rest))


def _without_runs(text: str) -> str:
    """Take out every stretch of three or more neighbours, and of three or more equal characters."""
    rest, at = [], 0
    while at < len(text):
        size = max(_run_at(text, at), _equal_at(text, at))
        if size < 3:
            rest.append(text[at])
        at += size if size >= 3 else 1
    return "".join(rest)


def _run_at(text: str, at: int) -> int:
    longest = 0
    for run in _BOTH_WAYS:
        size = 2
        while at + size <= len(text) and text[at : at + size] in run:
            longest = max(longest, size)
            size += 1
    return longest


def _equal_at(text: str, at: int) -> int:
    size = 1
    while at + size < len(text) and text[at + size] == text[at]:
        size += 1
    return size


_BOTH_WAYS = tuple(run for each in _RUNS for run in (each, each[::-1]))
