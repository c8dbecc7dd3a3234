import argparse
import asyncio

from portal.commands.database import bring_up_to_date, database_url
from portal.settings import Settings


def run(arguments: argparse.Namespace, config: Settings) -> int:
    """Migrate with the owner's address; what DATABASE_URL names becomes the role that works with the data."""
    del arguments
    if config.database_url:
        owner = config.migration_url or config.database_url
        asyncio.run(bring_up_to_date(config, owner, config.database_url))
        return 0
    with database_url(config):
        return 0
