import argparse
import asyncio

from portal.access.principal import system
from portal.commands.database import connected, database_url
from portal.migrations.run import migrate
from portal.settings import Settings
from portal.workflows import second_factor
from portal.workflows.keyring import Keyring


def run(arguments: argparse.Namespace, config: Settings) -> int:
    del arguments
    with database_url(config) as url:
        asyncio.run(bring_up_to_date(config, url))
    return 0


async def bring_up_to_date(config: Settings, url: str) -> None:
    async with connected(config, url, pool_size=1) as database:
        await migrate(database)
        async with database.work(system("assay migrate")) as db:
            await second_factor.lock_again(db, Keyring(config))
