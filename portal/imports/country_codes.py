"""The code of a country whose name stands in a file: our own names, other spellings, and some German."""

import unicodedata

from portal.countries import NAMES

_ALSO = """
AE UAE;AR Argentinien;AT Österreich;AU Australien;BE Belgien;BG Bulgarien;BR Brasilien;CA Kanada
CD Congo, DRC/Democratic Republic of the Congo/DR Congo/Congo (Kinshasa);CG Congo (Brazzaville);CH Schweiz
CI Ivory Coast;CN PR China/People's Republic of China;CO Kolumbien;CV Cape Verde;CY Zypern
CZ Czech Republic/Tschechien/Tschechische Republik;DE Deutschland/Federal Republic of Germany;DK Dänemark
EE Estland;EG Ägypten;ES Spanien;FI Finnland;FR Frankreich
GB UK/Great Britain/England/Scotland/Wales/Großbritannien/Vereinigtes Königreich;GR Griechenland;HR Kroatien
HU Ungarn;ID Indonesien;IE Irland;IN Indien;IT Italien;KE Kenia
KR Korea/South Korea/Republic of Korea/Südkorea;KP North Korea;LT Litauen;LU Luxemburg;LV Lettland;MA Marokko
MK Macedonia;MM Burma;MX Mexiko;NL Holland/Niederlande;NO Norwegen;NZ Neuseeland;PH Philippinen;PL Polen
RO Rumänien;RS Serbien;RU Russian Federation/Russland;SE Schweden;SG Singapur;SI Slowenien;SK Slowakei
SZ Swaziland;TN Tunesien;TR Turkey/Türkei;US USA/United States of America/Vereinigte Staaten;VN Viet Nam
ZA Südafrika;BA Bosnien und Herzegowina
"""


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if c.isalnum())


def _read() -> dict[str, str]:
    codes = {code.casefold(): code for code in NAMES}
    codes.update({_folded(name): code for code, name in NAMES.items()})
    for entry in _ALSO.strip().replace("\n", ";").split(";"):
        codes.update({_folded(name): entry[:2] for name in entry[3:].split("/")})
    return codes


_CODES = _read()


def code_of(name: str) -> str:
    """Give the two-letter code for a country's code or name; "" when it is not known."""
    return _CODES.get(_folded(name), "")
