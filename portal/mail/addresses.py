"""The addresses at which we take mail in: for answers to what was said, and for delivery reports.

``thread+12.p34.x7k…@in.norrland.example`` is thread 12 for person 34. An address for notes is another one, so
an answer to a note never becomes a message to the other side.
"""

from dataclasses import dataclass
from typing import Self

from portal.mail.signing import Signer
from portal.models.threads import Audience

BOUNCES = "bounces"
_LOCAL = {Audience.SHARED: "thread", Audience.INTERNAL: "note"}
_AUDIENCE = {local: audience for audience, local in _LOCAL.items()}


@dataclass(frozen=True, slots=True)
class Reader:
    """A person, or a contact without an account."""

    id: int
    is_contact: bool = False

    @property
    def sign(self) -> str:
        return f"{'c' if self.is_contact else 'p'}{self.id}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        if text[:1] not in {"p", "c"} or not text[1:].isascii() or not text[1:].isdigit():
            return None
        return cls(int(text[1:]), text[0] == "c")


@dataclass(frozen=True, slots=True)
class ReplyPlace:
    audience: Audience
    thread_id: int
    reader: Reader


class Replies:
    """Makes and reads addresses of one domain; with '' there are none."""

    def __init__(self, domain: str, signer: Signer) -> None:
        self._domain = domain.lower()
        self._signer = signer

    def address(self, audience: Audience, thread_id: int, reader: Reader) -> str:
        """Give the address where this reader's answer is filed; '' without a domain."""
        if not self._domain:
            return ""
        local = _LOCAL[audience]
        return f"{local}+{self._signer.sign(local, thread_id, reader.sign)}@{self._domain}"

    def read(self, address: str) -> ReplyPlace | None:
        """Read an address of ours; None for any other."""
        local, _, domain = address.lower().rpartition("@")
        name, _, token = local.partition("+")
        if not self._domain or domain != self._domain or name not in _AUDIENCE:
            return None
        parts = self._signer.read(name, token)
        if parts is None or len(parts) != 2 or not parts[0].isdigit():  # thread and reader
            return None
        reader = Reader.read(parts[1])
        return ReplyPlace(_AUDIENCE[name], int(parts[0]), reader) if reader else None

    def is_bounces(self, address: str) -> bool:
        return bool(self._domain) and address.lower() == f"{BOUNCES}@{self._domain}"
