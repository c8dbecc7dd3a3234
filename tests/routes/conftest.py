"""Browsers of the people who are in most stories."""

import pytest


@pytest.fixture
async def elin(site, cast):
    return await site(cast.elin)


@pytest.fixture
async def karin(site, cast):
    return await site(cast.karin)


@pytest.fixture
async def tomasz(site, cast):
    return await site(cast.tomasz)
