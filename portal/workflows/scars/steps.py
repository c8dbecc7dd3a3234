"""The life of a SCAR as a table, and whose turn each state is."""

from enum import StrEnum

from portal.access.permissions import P
from portal.models.scars import Discipline, Stage
from portal.models.scars import ScarStatus as S
from portal.workflows.steps import Step, Steps

_OPEN = tuple(each for each in S if each not in {S.DRAFT, S.CLOSED, S.CANCELLED})

STEPS: Steps = {
    "issue": Step((S.DRAFT,), S.ISSUED, P.SCARS_WRITE),
    "acknowledge": Step((S.ISSUED,), S.ACKNOWLEDGED, P.SCARS_RESPOND),
    "reject_responsibility": Step((S.ISSUED, S.ACKNOWLEDGED), S.RESPONSIBILITY_REJECTED, P.SCARS_RESPOND),
    "uphold_responsibility": Step((S.RESPONSIBILITY_REJECTED,), S.ACKNOWLEDGED, P.SCARS_WRITE),
    "take_back": Step((S.RESPONSIBILITY_REJECTED,), S.CANCELLED, P.SCARS_WRITE),
    "send_containment": Step((S.ACKNOWLEDGED,), S.CONTAINMENT_SUBMITTED, P.SCARS_RESPOND),
    "return_containment": Step((S.CONTAINMENT_SUBMITTED,), S.ACKNOWLEDGED, P.SCARS_WRITE),
    "accept_containment": Step((S.CONTAINMENT_SUBMITTED,), S.CONTAINMENT_ACCEPTED, P.SCARS_WRITE),
    "send_root_cause": Step((S.CONTAINMENT_ACCEPTED,), S.ROOT_CAUSE_SUBMITTED, P.SCARS_RESPOND),
    "return_root_cause": Step((S.ROOT_CAUSE_SUBMITTED,), S.CONTAINMENT_ACCEPTED, P.SCARS_WRITE),
    "accept_root_cause": Step((S.ROOT_CAUSE_SUBMITTED,), S.ROOT_CAUSE_ACCEPTED, P.SCARS_WRITE),
    # D5 comes together with D4; alone only after it was returned.
    "take_up_actions": Step((S.ROOT_CAUSE_ACCEPTED,), S.ACTIONS_SUBMITTED, P.SCARS_WRITE),
    "send_actions": Step((S.ROOT_CAUSE_ACCEPTED,), S.ACTIONS_SUBMITTED, P.SCARS_RESPOND),
    "return_actions": Step((S.ACTIONS_SUBMITTED,), S.ROOT_CAUSE_ACCEPTED, P.SCARS_WRITE),
    "accept_actions": Step((S.ACTIONS_SUBMITTED,), S.ACTIONS_ACCEPTED, P.SCARS_WRITE),
    "send_implementation": Step((S.ACTIONS_ACCEPTED,), S.IMPLEMENTATION_SUBMITTED, P.SCARS_RESPOND),
    "return_implementation": Step((S.IMPLEMENTATION_SUBMITTED,), S.ACTIONS_ACCEPTED, P.SCARS_WRITE),
    "accept_implementation": Step((S.IMPLEMENTATION_SUBMITTED,), S.IMPLEMENTED, P.SCARS_WRITE),
    "send_prevention": Step((S.IMPLEMENTED,), S.PREVENTION_SUBMITTED, P.SCARS_RESPOND),
    "return_prevention": Step((S.PREVENTION_SUBMITTED,), S.IMPLEMENTED, P.SCARS_WRITE),
    "accept_prevention": Step((S.PREVENTION_SUBMITTED,), S.EFFECTIVENESS_CHECK, P.SCARS_WRITE),
    "find_ineffective": Step((S.EFFECTIVENESS_CHECK,), S.CONTAINMENT_ACCEPTED, P.SCARS_CLOSE),
    "close": Step((S.EFFECTIVENESS_CHECK,), S.CLOSED, P.SCARS_CLOSE),
    "reopen": Step((S.CLOSED,), S.ACKNOWLEDGED, P.SCARS_CLOSE),
    "cancel": Step((S.DRAFT, *_OPEN), S.CANCELLED, P.SCARS_WRITE),
}

STAGES: dict[Stage, tuple[Discipline, ...]] = {
    Stage.ACKNOWLEDGEMENT: (Discipline.D0,),
    Stage.CONTAINMENT: (Discipline.D1, Discipline.D2, Discipline.D3),
    Stage.ANALYSIS: (Discipline.D4, Discipline.D5),
    Stage.IMPLEMENTATION: (Discipline.D6,),
    Stage.PREVENTION: (Discipline.D7,),
}
STAGE_OF: dict[Discipline, Stage] = {each: stage for stage, found in STAGES.items() for each in found}

# What the supplier works on in a state, and how it is sent.
AWAITED: dict[S, Stage] = {
    S.ISSUED: Stage.ACKNOWLEDGEMENT,
    S.ACKNOWLEDGED: Stage.CONTAINMENT,
    S.CONTAINMENT_ACCEPTED: Stage.ANALYSIS,
    S.ROOT_CAUSE_ACCEPTED: Stage.ANALYSIS,
    S.ACTIONS_ACCEPTED: Stage.IMPLEMENTATION,
    S.IMPLEMENTED: Stage.PREVENTION,
}
SENDING: dict[S, str] = {
    S.ISSUED: "acknowledge",
    S.ACKNOWLEDGED: "send_containment",
    S.CONTAINMENT_ACCEPTED: "send_root_cause",
    S.ROOT_CAUSE_ACCEPTED: "send_actions",
    S.ACTIONS_ACCEPTED: "send_implementation",
    S.IMPLEMENTED: "send_prevention",
}
# What we decide on in a state.
REVIEWED: dict[S, Stage] = {
    S.CONTAINMENT_SUBMITTED: Stage.CONTAINMENT,
    S.ROOT_CAUSE_SUBMITTED: Stage.ANALYSIS,
    S.ACTIONS_SUBMITTED: Stage.ANALYSIS,
    S.IMPLEMENTATION_SUBMITTED: Stage.IMPLEMENTATION,
    S.PREVENTION_SUBMITTED: Stage.PREVENTION,
}
DECIDING: dict[S, str] = {
    S.CONTAINMENT_SUBMITTED: "containment",
    S.ROOT_CAUSE_SUBMITTED: "root_cause",
    S.ACTIONS_SUBMITTED: "actions",
    S.IMPLEMENTATION_SUBMITTED: "implementation",
    S.PREVENTION_SUBMITTED: "prevention",
}
ENDED = frozenset({S.CLOSED, S.CANCELLED})


class Turn(StrEnum):
    SUPPLIER = "supplier"
    OURS = "ours"
    NOBODY = "nobody"


def turn(status: S) -> Turn:
    if status in AWAITED:
        return Turn.SUPPLIER
    return Turn.NOBODY if status in ENDED else Turn.OURS
