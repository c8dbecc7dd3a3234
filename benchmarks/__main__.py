"""Every benchmark in one run, with one table at the end."""

import growth
import imports
import pages
import rating
import row_security
import scars
import trail
from bench import run

run(
    rating.measure,
    imports.measure,
    pages.measure,
    row_security.measure,
    growth.measure,
    trail.measure,
    scars.measure,
)
