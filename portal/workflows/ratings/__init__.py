"""Between tables and engine: what a policy makes of each line, monthly sums, cards and the rows behind.

Writers take ``policy_for_writing`` and call ``derive`` for the lines that they touched, in the same
transaction; the sums are then kept by triggers (migration 0002). Bulk writers ``take_turns`` first. Readers
take ``sums_of``, ``cards`` or ``card``; nobody else reads the sum tables.
"""

from portal.workflows.ratings.cards import Rated, Series, card, cards
from portal.workflows.ratings.derive import (
    derivation,
    derive,
    derive_all,
    derive_touched,
    note_touched,
)
from portal.workflows.ratings.from_lines import months_from_lines, rate_from_lines
from portal.workflows.ratings.months import months_for
from portal.workflows.ratings.policies import (
    activate,
    active_policy,
    install_default_policy,
    policy_for_writing,
)
from portal.workflows.ratings.reading import months_of, sums_of
from portal.workflows.ratings.rows import (
    card_inputs_of,
    inputs_of,
    lines_of,
    lots_of,
    nonconformances_of,
    stages_of,
)
from portal.workflows.ratings.timeline import Timeline, timeline
from portal.workflows.ratings.turns import take_turns
from portal.workflows.ratings.upkeep import Drift, Rebuilt, rebuild, recount

__all__ = [
    "Drift",
    "Rated",
    "Rebuilt",
    "Series",
    "Timeline",
    "activate",
    "active_policy",
    "card",
    "card_inputs_of",
    "cards",
    "derivation",
    "derive",
    "derive_all",
    "derive_touched",
    "inputs_of",
    "install_default_policy",
    "lines_of",
    "lots_of",
    "months_for",
    "months_from_lines",
    "months_of",
    "nonconformances_of",
    "note_touched",
    "policy_for_writing",
    "rate_from_lines",
    "rebuild",
    "recount",
    "stages_of",
    "sums_of",
    "take_turns",
    "timeline",
]
