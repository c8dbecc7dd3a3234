import pytest

from portal.storage import make_store
from tests.people import TESTER, invite_everybody, principal_of
from tests.workflows.importing import Office


@pytest.fixture
async def staffed(fresh):
    """A database of its own with the people and companies of the stories, committed."""
    async with fresh.work(TESTER) as db:
        return await invite_everybody(db)


@pytest.fixture
async def office(fresh, staffed, settings):
    return Office(fresh, make_store(settings), settings, principal_of(staffed.elin))
