"""What stands before a value on a certificate, in the languages that certificates come in."""

import re
from dataclasses import dataclass

_UNTIL = """
valid until | valid to | valid through | validity until | expiry date | expiration date | date of expiry
date of expiration | expires on | expires | expiry | valid till | certificate expiry | this certificate is valid until
gültig bis | gültigkeit bis | ablaufdatum | ablauf | gültig bis zum | läuft ab am
valable jusqu'au | valable jusqu’au | valide jusqu'au | valide jusqu’au | date d'expiration | date d’expiration | date d'échéance | date de fin de validité | échéance
válido hasta | válida hasta | validez hasta | fecha de caducidad | fecha de vencimiento | fecha de expiración | caduca
valido fino al | valida fino al | validità fino al | data di scadenza | scadenza | valevole fino al
ważny do | ważne do | ważność do | data ważności | termin ważności | data wygaśnięcia
giltigt till och med | giltigt till | giltigt t.o.m. | giltig till | giltig t.o.m. | utgångsdatum
sista giltighetsdag
platný do | platné do | platnost do | datum platnosti | konec platnosti | datum skončení platnosti | platí do
geldig tot en met | geldig tot | vervaldatum | geldigheid tot
válido até | válida até | data de validade | data de expiração
geçerlilik bitiş tarihi | geçerlilik tarihi | son geçerlilik tarihi | bitiş tarihi
érvényes | érvényesség vége | érvényesség lejárata | lejárat dátuma
valabil până la | data expirării | voimassa asti | voimassa | viimeinen voimassaolopäivä
有效期至 | 有效期限至 | 有效期限 | 到期日期 | 截止日期 | 有效至 | 有効期限 | 有效期 | 유효기간
"""
_ISSUED = """
issue date | date of issue | issued on | issued | date issued | effective date | valid from | certificate issue date |
date of certification | certification date | current issue date | registration date
ausstellungsdatum | ausgestellt am | ausgestellt | gültig ab | gültig vom | gültig von | datum der ausstellung |
zertifizierungsdatum
date d'émission | date d’émission | émis le | délivré le | date de délivrance | valable à partir du | valable du |
date d'effet | date d’effet
fecha de emisión | emitido el | fecha de expedición | válido desde | válido a partir de | expedido el
data di emissione | emesso il | data emissione | data di rilascio | rilasciato il | valido dal | emissione corrente
data wydania | wydano dnia | wydano | wystawiono | ważny od | data wystawienia
utfärdandedatum | utfärdat den | utfärdat | utfärdad | giltigt från | utgivningsdatum
datum vydání | vydáno dne | vydáno | platný od | platnost od | dátum vydania | vydané dňa
datum van afgifte | afgiftedatum | datum uitgifte | uitgegeven op | geldig vanaf
data de emissão | emitido em | veriliş tarihi | yayın tarihi | düzenleme tarihi
kiadás dátuma | kiállítás dátuma | data emiterii | emis la data | myöntämispäivä | myönnetty
颁发日期 | 发证日期 | 签发日期 | 颁证日期 | 颁发 | 発行日 | 发布日期 | 发行日
"""
# A day that stands behind one of these is neither.
_EARLIER = """
original approval | originally certified | initial certification | first issue | first issued | original registration |
certified since | previous expiry | last audit | audit date | printed on | date of print | initial issue
erstzertifizierung | erstausstellung | zertifiziert seit | erstmals zertifiziert | auditdatum | druckdatum
première délivrance | certification initiale | date initiale | première émission | date d'audit
certificación inicial | primera emisión | fecha inicial | fecha de auditoría
prima emissione | data prima emissione | certificazione iniziale | pierwsza certyfikacja | data pierwszej certyfikacji
certifierad sedan | första utfärdande | första certifiering | první certifikace | první vydání
eerste uitgifte | oorspronkelijke afgifte | 初次发证日期 | 初次获证日期 | 首次发证日期
"""
_NUMBER = """
certificate number | certificate no. | certificate no | certificate nr. | certificate nr | certificate registration no. |
certificate registration no | registration number | registration no. | registration no | cert. no. | cert no |
certificate # | certificate | iatf certificate number | iatf number | iatf no. | policy number | policy no. |
policy no | document number | document no. | declaration no. | declaration number | reference no.
zertifikat-registrier-nr. | zertifikat registrier-nr. | registrier-nr. | zertifikatsnummer | zertifikatnummer |
zertifikat-nr. | zertifikat nr. | zertifikat nr | zertifikats-nr. | registriernummer | versicherungsschein-nr. |
versicherungsscheinnummer | police nr. | policen-nr. | dokument-nr.
numéro de certificat | n° de certificat | nº de certificat | certificat n° | certificat nº | certificat no |
numéro du certificat | n° certificat | contrat n° | numéro de contrat
número de certificado | nº de certificado | n.º de certificado | certificado nº | certificado n.º | certificado
número | certificado n° | número de registro
numero del certificato | numero certificato | certificato n. | certificato n° | certificato nr. | n. certificato |
certificato numero
numer certyfikatu | nr certyfikatu | certyfikat nr | numer rejestracyjny
certifikatnummer | certifikat nr | certifikat nr. | certifikatets nummer | registreringsnummer
číslo certifikátu | certifikát č. | certifikát číslo | registrační číslo | certifikát č
certificaatnummer | certificaat nr. | certificaat nr | sertifika no | sertifika numarası | belge no
tanúsítvány száma | număr certificat | certificat nr. | todistuksen numero | sertifikaatin numero
证书编号 | 证书号 | 证书注册号 | 注册号 | 登録番号 | 认证证书编号
"""
_SCOPE = """
scope of certification | scope of registration | certification scope | scope of approval | scope | for the scope |
for the following scope | for the following activities | meets the requirements for the scope | applies to | covered
activities | insured activities
geltungsbereich | anwendungsbereich | für den geltungsbereich | für den anwendungsbereich | zertifizierungsbereich |
versicherte tätigkeit | versicherte tätigkeiten
domaine d'application | domaine d’application | périmètre de certification | pour les activités suivantes | champ d'application
champ de certification | périmètre | activités couvertes
alcance de la certificación | alcance | ámbito de aplicación | para las actividades siguientes
campo di applicazione | scopo di certificazione | scopo | per le seguenti attività
zakres certyfikacji | zakres | w zakresie | w następującym zakresie | dla następującego zakresu
omfattning | certifikatet omfattar | certifieringens omfattning | giltighetsområde
rozsah certifikace | předmět certifikace | rozsah | pro obor činnosti | obor činnosti
toepassingsgebied | scope van certificering | âmbito | âmbito da certificação | kapsam | kapsamı
认证范围 | 范围 | 覆盖范围 | 認証範囲 | 业务范围
"""
_BODY = """
certification body | certifying body | issued by | registrar | issuing body | certified by | accredited body |
insurer | laboratory
zertifizierungsstelle | ausgestellt von | ausgestellt durch | versicherer
organisme de certification | délivré par | organisme certificateur | assureur
organismo de certificación | entidad de certificación | entidad certificadora | emitido por
organismo di certificazione | ente di certificazione | rilasciato da | emesso da
jednostka certyfikująca | wydany przez | wydane przez | certifieringsorgan | utfärdat av | utfärdad av
certifikační orgán | certifikační organizace | vydal | certificatie-instelling | afgegeven door
认证机构 | 发证机构 | 颁发机构
"""
_ACCREDITATION = """
accreditation | accreditation no. | accreditation number | accredited by | accreditation mark | accreditation body
akkreditierung | akkreditierungsnummer | akkreditiert durch | akkreditierungs-nr.
accréditation | accréditation n° | numéro d'accréditation | acreditación | acreditación nº | accreditamento |
accreditamento n. | akredytacja | akredytacja nr | ackreditering | ackrediteringsnummer | akreditace | číslo akreditace | accreditatie | 认可 | 认可编号 | 认可机构
"""


_ALL = {
    "valid_until_on": _UNTIL,
    "issued_on": _ISSUED,
    "": _EARLIER,
    "number": _NUMBER,
    "scope": _SCOPE,
    "issuing_body": _BODY,
    "accreditation": _ACCREDITATION,
}
_FIELDS = {
    " ".join(label.split()): field
    for field, words in _ALL.items()
    for label in re.split(r"[|\n]", words)
    if label.strip()
}
# The longest first: "valid until" before "valid". Chinese and Japanese words have no spaces around them.
_LABEL = re.compile(
    r"(?<![^\W\d_])("
    + "|".join(re.escape(each).replace(r"\ ", r"\s+") for each in sorted(_FIELDS, key=len, reverse=True))
    + r")(?![^\W\d_\u2e80-\u9fff\uac00-\ud7a3])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Label:
    """A label in a text: the field it announces ('' for none of ours), and where it stands."""

    field: str
    words: str
    start: int
    end: int


def labels_in(text: str) -> list[Label]:
    """Find all labels of a text in its order."""
    found = []
    for match in _LABEL.finditer(text):
        words = " ".join(match[1].lower().split())
        found.append(Label(_FIELDS[words], words, match.start(), match.end()))
    return found
