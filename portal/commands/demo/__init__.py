"""`assay demo`: database, sample data, website and worker from one command, ended by one Ctrl-C.

The demo keeps a database of its own in the data folder. DATABASE_URL, the mail server and S3 are left
alone, whatever the environment says: nothing made up may reach a real one.
"""

import argparse
import asyncio
import time
from dataclasses import dataclass, replace

from portal import embedded, sample
from portal.access.principal import system
from portal.access.roles import APP
from portal.commands.database import bring_up_to_date, connected
from portal.commands.demo import ports, words
from portal.commands.demo.children import Children, EndedError
from portal.commands.demo.folder import Folder
from portal.commands.demo.signals import Signals
from portal.db import because
from portal.embedded import EmbeddedServer
from portal.errors import NotReadyError
from portal.settings import Settings
from portal.storage import make_store

_WHO = system("command demo")
LOOKS_EVERY = 0.3  # seconds between two looks at what runs


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fresh", action="store_true", help="delete the demo's data and begin again")
    parser.add_argument("--port", type=int, help="port of the website (default: 8000, or a free one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def run(given: argparse.Namespace, config: Settings) -> int:
    if given.port is not None and not 0 <= given.port <= 65535:
        raise NotReadyError(
            f"--port {given.port} is no port. Give a number up to 65535, or 0 for any free one."
        )
    with Signals() as signals:
        try:
            return Demo(config, signals).run(port=given.port, fresh=given.fresh, browser=not given.no_browser)
        except BaseException:
            # A signal may come in the middle of anything; what breaks because of it is no failure.
            if not signals.count:
                raise
            words.say("Stopped.")
            return 0


@dataclass(slots=True)
class Demo:
    config: Settings
    signals: Signals

    def run(self, *, port: int | None, fresh: bool, browser: bool) -> int:
        folder = Folder(self.config)
        if fresh:
            folder.erase()
        words.say(f"Assay demo in {folder.path}")
        with self._database(folder) as server:
            begun = time.monotonic()
            asyncio.run(bring_up_to_date(self.config, server.url(), server.url(role=APP)))
            words.step("Tables are up to date", begun)
            is_empty = asyncio.run(self._look(server, folder))
            with ports.take(port) as number, Children(self._told(server, number), folder.path) as children:
                return self._show(children, server, folder, number, is_empty=is_empty, browser=browser)

    def _database(self, folder: Folder) -> EmbeddedServer:
        begun = time.monotonic()
        is_new = not folder.has_database
        if is_new:
            words.say("  Making the database, once …")
        try:
            server = embedded.start(folder.postgres)
        except embedded.AlreadyRunningError as running:
            raise NotReadyError(folder.where_it_runs() or str(running)) from None
        words.step("PostgreSQL is made and runs" if is_new else "PostgreSQL runs", begun)
        return server

    async def _look(self, server: EmbeddedServer, folder: Folder) -> bool:
        """Whether the database is empty.

        Raises:
            NotReadyError: somebody else's data is in it.
        """
        url = server.url(role=APP)
        async with connected(self.config, url, pool_size=1) as database, database.work(_WHO) as db:
            is_empty = await sample.is_empty(db)
            if not is_empty and not await sample.is_synthetic(db):
                raise NotReadyError(
                    f"The database in {folder.path} holds real data, so no demo is started on it. Use assay "
                    "serve, or set ASSAY_DATA_DIR to another folder."
                )
        return is_empty

    async def _fill(self, server: EmbeddedServer, folder: Folder) -> None:
        """Load the sample in one transaction: a start that breaks off leaves an empty database."""
        begun = time.monotonic()
        words.say("  Making up suppliers and two years of deliveries …")
        folder.mark()
        url = server.url(role=APP)
        async with connected(self.config, url, pool_size=1) as database, database.work(_WHO) as db:
            await because(db, "Made-up data, so that a portal in use can be seen.")
            loaded = await sample.load(db)
            store = make_store(replace(self.config, s3=None))
            await sample.send_documents(db, store, self.config, loaded.anchor)
            await sample.hand_in_certificates(db, store, self.config, loaded.anchor)
            await sample.publish_months(db, self.config, loaded.anchor)
        counts = {table.model.__name__: len(table.rows) for table in loaded.tables}
        words.step(
            f"{counts['Supplier']} suppliers and {counts['DeliveryLine']:,} delivery lines are in", begun
        )

    def _told(self, server: EmbeddedServer, port: int) -> dict[str, str]:
        """What the website and the worker are told beside the caller's own environment."""
        return {
            "DATABASE_URL": server.dsn(role=APP),
            "ASSAY_MIGRATION_URL": "",
            "ASSAY_BASE_URL": ports.address(port),
            "ASSAY_DATA_DIR": str(self.config.data_dir),
            "ASSAY_DEVELOPMENT": "1",
            "ASSAY_METRICS_TOKEN": "",
            "ASSAY_S3_BUCKET": "",
            "ASSAY_SMTP_URL": "",
            "ASSAY_TRUSTED_PROXIES": "",
        }

    def _show(
        self,
        children: Children,
        server: EmbeddedServer,
        folder: Folder,
        port: int,
        *,
        is_empty: bool,
        browser: bool,
    ) -> int:
        address = ports.address(port)
        begun = time.monotonic()
        try:
            # The website takes a while to come up, so it does while the sample is loaded.
            website = children.start("website", "serve", "--port", str(port))
            if is_empty:
                asyncio.run(self._fill(server, folder))
            website.wait_for(lambda: ports.is_ready(port))
            words.step("The website answers", begun)
            children.start("worker", "worker")
            folder.note(address)
            words.welcome(address, folder.path)
            if browser:
                words.open_browser(address)
            self._watch(children, server)
        except EndedError as ended:
            if not self.signals.count:  # otherwise they were told to end, as we were
                words.complain(str(ended))
                return 1
        finally:
            self.signals.be_quiet()
            words.say("\nStopping …")
            children.stop(is_impatient=lambda: self.signals.count > 1)
            folder.forget()
        words.say(f"Stopped. The data stays in {folder.path}.")
        return 0

    def _watch(self, children: Children, server: EmbeddedServer) -> None:
        """Return when a signal asks for the end.

        Raises:
            EndedError: something that should run does not.
        """
        while not self.signals.wait(LOOKS_EVERY):
            children.check()
            if not server.running:
                raise EndedError(f"PostgreSQL has ended. Its log is {server.log}.")
