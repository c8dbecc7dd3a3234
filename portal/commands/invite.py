import argparse
import asyncio

from portal.access.principal import system
from portal.commands.database import connected, database_url
from portal.models.people import Role
from portal.settings import Settings
from portal.web.forms import is_email
from portal.workflows import invitations


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", help="the address that the account will have")
    parser.add_argument("name", help='what they are called, such as "Elin Sandberg"')


def run(given: argparse.Namespace, config: Settings) -> int:
    try:
        email = is_email(given.email.strip())
    except ValueError as wrong:
        print(f"{given.email}: {wrong}")
        return 2
    with database_url(config) as url:
        link = asyncio.run(invite(config, url, email, given.name.strip()[:200]))
    print(f"{email} is invited as an administrator. This link opens the account, once and within 7 days:")
    print(link)
    return 0


async def invite(config: Settings, url: str, email: str, name: str) -> str:
    """Invite the first administrator, whom nobody in the portal could. The link is only shown here."""
    offer = invitations.Offer(email, name, Role.ADMINISTRATOR)
    async with connected(config, url, pool_size=1) as database, database.work(system("command")) as db:
        _, token = await invitations.invite(db, config, system("command"), offer, by_mail=False)
    return f"{config.base_url}/invitation?token={token}"
