"""The demo's data folder: what is in it, who runs on it, and deleting it."""

import json
import shutil

from portal import embedded
from portal.embedded.errors import sentence
from portal.errors import NotReadyError
from portal.settings import Settings

MARK = "demo-data"
RUNNING = "demo-running.json"


class Folder:
    """``demo-data`` says that all in here is the demo's, ``demo-running.json`` at which address it is."""

    def __init__(self, config: Settings) -> None:
        self.path = config.data_dir
        self.postgres = config.data_dir / "postgres"
        self.documents = config.documents_dir

    @property
    def has_database(self) -> bool:
        try:
            return self.postgres.is_dir() and any(self.postgres.iterdir())
        except OSError as error:
            raise sentence(error, self.path) from None

    def mark(self) -> None:
        """Written before the sample is loaded, so that `--fresh` also clears a start that broke off."""
        (self.path / MARK).write_text("Sample data; assay demo --fresh deletes it.\n", encoding="utf-8")

    def note(self, address: str) -> None:
        (self.path / RUNNING).write_text(json.dumps({"address": address}) + "\n", encoding="utf-8")

    def forget(self) -> None:
        (self.path / RUNNING).unlink(missing_ok=True)

    def where_it_runs(self) -> str | None:
        """Say where the demo that owns this folder is shown; None where no demo says so."""
        try:
            address = json.loads((self.path / RUNNING).read_text(encoding="utf-8"))["address"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (
            f"The demo already runs at {address}. Open that in a browser; or stop it with Ctrl-C where it "
            "was started, then start again."
        )

    def erase(self) -> None:
        """Delete the demo's database and documents, and nothing else.

        Raises:
            NotReadyError: a demo runs on it, or the database is not the demo's.
            EmbeddedError: it cannot be deleted.
        """
        if not (self.path / MARK).is_file():
            if not self.has_database:
                return
            raise NotReadyError(
                f"The database in {self.path} was not made by assay demo, so it stays. Delete the folder "
                "yourself, or set ASSAY_DATA_DIR to another one."
            )
        try:
            embedded.erase(self.postgres)
            if self.documents.is_dir() and not self.documents.is_symlink():
                shutil.rmtree(self.documents)
            (self.path / MARK).unlink()
        except embedded.AlreadyRunningError as running:
            raise NotReadyError(self.where_it_runs() or str(running)) from None
        except OSError as error:
            raise sentence(error, self.path) from None
