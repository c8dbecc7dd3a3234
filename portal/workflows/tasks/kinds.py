"""How tasks of a kind read, where they lead, and who may open them. Each capability supplies its own.

    KINDS = (
        Kind(
            name="certificate.renew",
            label="Certificates",
            icon="certificate",
            area="certificates",
            item=lambda task: task.facts["type"],
            title=lambda task: _("Renew your %(type)s certificate", type=task.facts["type"]),
            button=says(N_("Add certificate")),
            path=lambda task: f"/certificates/{task.record_id}",
            our_path=lambda task: f"/certificates/{task.record_id}/review",
            permission=P.CERTIFICATES_RENEW,
            our_permission=P.CERTIFICATES_READ,
            waiting=lambda task: _("You sent it on %(day)s. We read it now.", day=…),
            link=Link(permissions=frozenset({P.CERTIFICATES_RENEW, P.DOCUMENTS_UPLOAD})),
        ),
    )

Every sentence is a function of the task and is asked in the reader's language.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.access.permissions import P
from portal.languages import gettext
from portal.models.tasks import Task

Say = Callable[[Task], str]


def says(text: str) -> Say:
    """Give the sentence that every task of a kind has alike; the text is marked with ``N_``."""
    return lambda _task: gettext(text)


def _nothing(_task: Task) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Link:
    """What somebody without an account may do who follows a mail to a task of this kind.

    They see the task's own record, the rows of other tables that point to it (``certificate_id``, or
    ``table_name`` and ``record_id``), and of the tables in ``reads`` what is their company's.
    """

    permissions: frozenset[P]
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of task.

    Args:
        name: "certificate.renew".
        label: what the worklist's filter calls it.
        icon: of the sprite.
        area: key of the navigation's item whose count it adds to.
        item: the thing, for our own people: "Pores in bearing seat, GH-220-04".
        title: what the supplier shall do, verbs first.
        button: what the supplier's button says, in two or three words.
        path: the supplier's page.
        our_path: our own page.
        permission: who at the supplier has it on their list.
        our_permission: who of us has it on theirs.
        more: a line below the title for the supplier; '' for none.
        waiting: what the supplier reads while it is our turn.
        progress: states for the rail of small boxes and the same in words, for ``mini`` of macros/ui.html.
        link: None where it needs an account.
    """

    name: str
    label: str
    icon: str
    area: str
    item: Say
    title: Say
    button: Say
    path: Say
    our_path: Say
    permission: P
    our_permission: P
    more: Say = _nothing
    waiting: Say = _nothing
    progress: Callable[[Task], tuple[Sequence[str], str]] | None = None
    link: Link | None = None
