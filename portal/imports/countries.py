"""Country names to their ISO 3166-1 alpha-2 codes: English, common other spellings, and some German."""

import unicodedata

_NAMES = """
AD Andorra;AE United Arab Emirates/UAE;AF Afghanistan;AG Antigua and Barbuda;AI Anguilla;AL Albania
AM Armenia;AO Angola;AR Argentina/Argentinien;AT Austria/Österreich;AU Australia/Australien;AW Aruba
AZ Azerbaijan;BA Bosnia and Herzegovina/Bosnien und Herzegowina;BB Barbados;BD Bangladesh
BE Belgium/Belgien;BF Burkina Faso;BG Bulgaria/Bulgarien;BH Bahrain;BI Burundi;BJ Benin;BM Bermuda
BN Brunei/Brunei Darussalam;BO Bolivia;BR Brazil/Brasilien;BS Bahamas;BT Bhutan;BW Botswana;BY Belarus
BZ Belize;CA Canada/Kanada;CD Congo, DRC/Democratic Republic of the Congo/DR Congo/Congo (Kinshasa)
CF Central African Republic;CG Congo/Republic of the Congo/Congo (Brazzaville);CH Switzerland/Schweiz
CI Côte d'Ivoire/Ivory Coast;CL Chile;CM Cameroon;CN China/PR China;CO Colombia/Kolumbien;CR Costa Rica
CU Cuba;CV Cape Verde/Cabo Verde;CY Cyprus/Zypern;CZ Czechia/Czech Republic/Tschechien
DE Germany/Deutschland;DJ Djibouti;DK Denmark/Dänemark;DM Dominica;DO Dominican Republic;DZ Algeria
EC Ecuador;EE Estonia/Estland;EG Egypt/Ägypten;ER Eritrea;ES Spain/Spanien;ET Ethiopia
FI Finland/Finnland;FJ Fiji;FM Micronesia;FO Faroe Islands;FR France/Frankreich;GA Gabon
GB United Kingdom/UK/Great Britain/England/Großbritannien/Vereinigtes Königreich;GD Grenada;GE Georgia
GG Guernsey;GH Ghana;GI Gibraltar;GL Greenland;GM Gambia;GN Guinea;GQ Equatorial Guinea
GR Greece/Griechenland;GT Guatemala;GW Guinea-Bissau;GY Guyana;HK Hong Kong;HN Honduras
HR Croatia/Kroatien;HT Haiti;HU Hungary/Ungarn;ID Indonesia/Indonesien;IE Ireland/Irland;IL Israel
IM Isle of Man;IN India/Indien;IQ Iraq;IR Iran;IS Iceland/Island;IT Italy/Italien;JE Jersey;JM Jamaica
JO Jordan;JP Japan;KE Kenya/Kenia;KG Kyrgyzstan;KH Cambodia;KI Kiribati;KM Comoros
KN Saint Kitts and Nevis;KP North Korea;KR South Korea/Korea/Republic of Korea/Südkorea;KW Kuwait
KY Cayman Islands;KZ Kazakhstan;LA Laos;LB Lebanon;LC Saint Lucia;LI Liechtenstein;LK Sri Lanka
LR Liberia;LS Lesotho;LT Lithuania/Litauen;LU Luxembourg/Luxemburg;LV Latvia/Lettland;LY Libya
MA Morocco/Marokko;MC Monaco;MD Moldova;ME Montenegro;MG Madagascar;MH Marshall Islands
MK North Macedonia/Macedonia;ML Mali;MM Myanmar/Burma;MN Mongolia;MO Macao;MR Mauritania;MT Malta
MU Mauritius;MV Maldives;MW Malawi;MX Mexico/Mexiko;MY Malaysia;MZ Mozambique;NA Namibia;NE Niger
NG Nigeria;NI Nicaragua;NL Netherlands/Holland/Niederlande;NO Norway/Norwegen;NP Nepal;NR Nauru
NZ New Zealand/Neuseeland;OM Oman;PA Panama;PE Peru;PG Papua New Guinea;PH Philippines/Philippinen
PK Pakistan;PL Poland/Polen;PR Puerto Rico;PS Palestine;PT Portugal;PW Palau;PY Paraguay;QA Qatar
RO Romania/Rumänien;RS Serbia/Serbien;RU Russia/Russian Federation/Russland;RW Rwanda;SA Saudi Arabia
SB Solomon Islands;SC Seychelles;SD Sudan;SE Sweden/Schweden;SG Singapore/Singapur;SI Slovenia/Slowenien
SK Slovakia/Slowakei;SL Sierra Leone;SM San Marino;SN Senegal;SO Somalia;SR Suriname;SS South Sudan
ST São Tomé and Príncipe;SV El Salvador;SY Syria;SZ Eswatini/Swaziland;TD Chad;TG Togo;TH Thailand
TJ Tajikistan;TL Timor-Leste;TM Turkmenistan;TN Tunisia/Tunesien;TO Tonga;TR Turkey/Türkiye/Türkei
TT Trinidad and Tobago;TV Tuvalu;TW Taiwan;TZ Tanzania;UA Ukraine;UG Uganda
US United States/USA/United States of America/Vereinigte Staaten;UY Uruguay;UZ Uzbekistan;VA Vatican City
VC Saint Vincent and the Grenadines;VE Venezuela;VN Vietnam/Viet Nam;VU Vanuatu;WS Samoa;XK Kosovo
YE Yemen;ZA South Africa/Südafrika;ZM Zambia;ZW Zimbabwe
"""


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if c.isalnum())


def _read() -> dict[str, str]:
    codes: dict[str, str] = {}
    for entry in _NAMES.strip().replace("\n", ";").split(";"):
        code, names = entry[:2], entry[3:]
        codes[code.casefold()] = code
        codes.update({_folded(name): code for name in names.split("/")})
    return codes


_CODES = _read()


def code_of(name: str) -> str:
    """Give the two-letter code for a country's code or name; "" when it is not known."""
    return _CODES.get(_folded(name), "")
