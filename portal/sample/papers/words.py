"""What certificates say around their values, as bodies in each country print it."""

from dataclasses import dataclass
from datetime import date

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pl": "stycznia lutego marca kwietnia maja czerwca"
    " lipca sierpnia września października listopada grudnia",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
}


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    confirms: str
    of: str
    meets: str
    scope: str
    number: str
    issued: str
    until: str
    accreditation: str
    earlier: str
    long_day: str  # with {day}, {month}, {year}
    short_day: str  # for strftime

    def day(self, value: date, language: str, *, short: bool) -> str:
        if short:
            return value.strftime(self.short_day)
        month = _MONTHS[language].split()[value.month - 1]
        return self.long_day.format(day=value.day, month=month, year=value.year)


LANGUAGES: dict[str, Words] = {
    "en": Words(
        "Certificate",
        "The certification body confirms that the management system of",
        "at",
        "meets the requirements of",
        "Scope",
        "Certificate number",
        "Issue date",
        "Valid until",
        "Accreditation",
        "Original approval",
        "{day} {month} {year}",
        "%d/%m/%Y",
    ),
    "de": Words(
        "Zertifikat",
        "Die Zertifizierungsstelle bescheinigt, dass das Managementsystem von",
        "in",
        "die Anforderungen erfüllt der Norm",
        "Geltungsbereich",
        "Zertifikat-Registrier-Nr.",
        "Ausstellungsdatum",
        "Gültig bis",
        "Akkreditierung",
        "Erstzertifizierung",
        "{day}. {month} {year}",
        "%d.%m.%Y",
    ),
    "fr": Words(
        "Certificat",
        "L’organisme certifie que le système de management de",
        "à",
        "satisfait aux exigences de",
        "Domaine d’application",
        "N° de certificat",
        "Date d’émission",
        "Valable jusqu’au",
        "Accréditation",
        "Certification initiale",
        "{day} {month} {year}",
        "%d/%m/%Y",
    ),
    "es": Words(
        "Certificado",
        "La entidad certifica que el sistema de gestión de",
        "en",
        "cumple los requisitos de",
        "Alcance",
        "Número de certificado",
        "Fecha de emisión",
        "Válido hasta",
        "Acreditación",
        "Primera emisión",
        "{day} de {month} de {year}",
        "%d/%m/%Y",
    ),
    "it": Words(
        "Certificato",
        "Si certifica che il sistema di gestione di",
        "a",
        "è conforme alla norma",
        "Campo di applicazione",
        "Certificato n.",
        "Data di emissione",
        "Data di scadenza",
        "Accreditamento",
        "Prima emissione",
        "{day} {month} {year}",
        "%d/%m/%Y",
    ),
    "pl": Words(
        "Certyfikat",
        "Jednostka certyfikująca zaświadcza, że system zarządzania firmy",
        "w",
        "spełnia wymagania normy",
        "Zakres certyfikacji",
        "Numer certyfikatu",
        "Data wydania",
        "Ważny do",
        "Akredytacja",
        "Pierwsza certyfikacja",
        "{day} {month} {year} r.",
        "%d.%m.%Y",
    ),
    "sv": Words(
        "Certifikat",
        "Härmed intygas att ledningssystemet hos",
        "i",
        "uppfyller kraven i",
        "Certifikatet omfattar",
        "Certifikatnummer",
        "Utfärdandedatum",
        "Giltigt till och med",
        "Ackreditering",
        "Första certifiering",
        "{day} {month} {year}",
        "%Y-%m-%d",
    ),
    "cs": Words(
        "Certifikát",
        "Certifikační orgán potvrzuje, že systém řízení společnosti",
        "v",
        "splňuje požadavky normy",
        "Rozsah certifikace",
        "Číslo certifikátu",
        "Datum vydání",
        "Platný do",
        "Akreditace",
        "První certifikace",
        "{day}. {month} {year}",
        "%d. %m. %Y",
    ),
}
