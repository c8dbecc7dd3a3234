"""The words that other systems use for our choices: English and German, and what SAP writes."""

from dataclasses import dataclass, field

from portal.models.inspections import LotResult
from portal.models.nonconformances import Disposition, Responsibility
from portal.models.organisation import Unit


@dataclass(frozen=True, slots=True)
class Choices:
    """``known`` maps a word, folded, to one of ``values``."""

    values: tuple[str, ...] = ()
    known: dict[str, str] = field(default_factory=dict)


def fold(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def none() -> Choices:
    return Choices()


def _choices(words: dict[str, str]) -> Choices:
    known = {fold(value): value for value in words}
    for value, others in words.items():
        known.update({fold(other): value for other in others.split(",")})
    return Choices(tuple(words), known)


UNITS = _choices(
    {
        Unit.PIECE: "pcs,pce,piece,pieces,ea,each,st,stk,stck,stück,stueck,nr,unit,units,un,h87",
        Unit.KILOGRAM: "kgs,kilogram,kilograms,kilo,kilogramm,kgm",
        Unit.METRE: "mtr,metre,metres,meter,meters",
        Unit.LITRE: "ltr,litre,litres,liter,liters",
    }
)
LOT_RESULTS = _choices(
    {
        LotResult.ACCEPTED: "accept,a,ok,pass,passed,conforming,good,released,angenommen,annahme,frei,"
        "freigegeben,io,i.o.,in ordnung,gut",
        LotResult.REJECTED: "reject,r,nok,not ok,n.ok,fail,failed,nonconforming,bad,abgelehnt,ablehnung,"
        "zurückgewiesen,rückweisung,nio,n.i.o.,nicht in ordnung,gesperrt",
        LotResult.USE_AS_IS: "uai,accepted with deviation,accepted under concession,concession,deviation,"
        "conditionally accepted,sonderfreigabe,bedingt angenommen,abweichungserlaubnis",
    }
)
RESPONSIBILITIES = _choices(
    {
        Responsibility.SUPPLIER: "vendor,s,manufacturer,lieferant,hersteller",
        Responsibility.OURS: "our,us,internal,own,customer,buyer,eigen,intern,eigenverschulden,wir,kunde",
        Responsibility.CARRIER: "forwarder,transport,freight,shipping,spediteur,spedition,frachtführer",
        Responsibility.UNDETERMINED: "unknown,open,tbd,unclear,not determined,unbekannt,offen,ungeklärt,"
        "unklar",
    }
)
DISPOSITIONS = _choices(
    {
        Disposition.OPEN: "none,pending,tbd,offen,in arbeit",
        Disposition.USE_AS_IS: "uai,use as is,concession,deviation,accept,sonderfreigabe,verwenden",
        Disposition.REWORK: "reworked,repair,sort,sorting,nacharbeit,nacharbeiten,sortieren,sortierung",
        Disposition.RETURN: "returned,return to supplier,return to vendor,rtv,rts,rücksendung,retoure,zurück",
        Disposition.SCRAP: "scrapped,verschrotten,verschrottung,ausschuss,schrott",
    }
)
YES = {"yes", "y", "true", "1", "x", "t", "ja", "j", "wahr", "oui", "si", "sí"}
NO = {"no", "n", "false", "0", "f", "nein", "falsch", "non"}
