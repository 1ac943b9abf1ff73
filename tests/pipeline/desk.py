"""A repository that is looked at by hand, and looked at through parts put together by a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.disk.git import find
from spec_notify.disk.workspace import Folder
from spec_notify.pipeline.context import Context
from spec_notify.pipeline.intake import Intake, Looked, Wish
from spec_notify.pipeline.reading import Reader
from spec_notify.pipeline.trees import is_tree
from spec_notify.ports import Query
from spec_notify.wiring import Wiring, now
from tests.acceptance.shop import board
from tests.repository import Repository, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.ports import History, StoredDocument, Text, Unreadable, Workspace

ANY = '[[subscriptions]]\nname = "any"\nevents = ["*"]\nurl = "https://example.org/"\n'
ANY += 'secret_env = "SPEC_NOTIFY_S"\n'
MAIN = ANY.replace('"any"', '"main"') + 'branches = ["main"]\n'


class Desk:
    """A repository that is looked at by hand."""

    def __init__(self, folder: Path, config: str = ANY, top: str = "") -> None:
        env = environment(folder, SPEC_NOTIFY_STATE_DIR=str(folder / "state"))
        self.repository = Repository(folder / "shop", env=env)
        self.file = folder / "config.toml"
        self.env = env
        self.configure(config, top)
        self.wiring = self._open()
        self.repository.commit({"SPEC.md": board(T1="Backlog", T2="Backlog")}, "board")
        self.look()

    def configure(self, config: str = ANY, top: str = "") -> None:
        """Write the config; who has read it already reads it again by `reload`."""
        self.file.write_text(f"enabled = true\n{top}\n{config}", "utf-8")

    def _open(self, mark: Callable[[str], None] = lambda _: None) -> Wiring:
        """Open the repository's parts; `mark` is called at each named step of a look."""
        file = str(self.file)
        return Wiring.open(self.repository.root, config_file=file, env=self.env, mark=mark)

    def save(self, **statuses: str) -> None:
        self.repository.write("SPEC.md", board(**statuses))

    def commit(self, **statuses: str) -> None:
        self.repository.commit({"SPEC.md": board(**statuses)}, "work")

    def look(self, wish: Wish | None = None) -> Looked:
        return self.wiring.intake().look(wish)

    def look_through(
        self,
        *,
        workspace: Workspace | None = None,
        history: History | None = None,
        wish: Wish | None = None,
    ) -> Looked:
        """Look with another workspace or another git than the checkout's own."""
        wiring = self.wiring
        workspace = workspace or Folder(self.repository.root)
        history = history or wiring.git
        reader = Reader(
            workspace=workspace,
            history=history,
            config=wiring.config,
            clock=now,
            trees=wiring.trees,
        )
        context = Context(
            workspace=workspace,
            history=history,
            config=wiring.config,
            repository=wiring.identity,
            generation=wiring.spool.generation,
            evidence_root=wiring.evidence_root,
        )
        intake = Intake(
            spool=wiring.spool, reader=reader, context=context, config=wiring.config, clock=now
        )
        return intake.look(wish)

    def deaf_git(self, folder: Path) -> History:
        """Answer this checkout's git where there is no git program to ask."""
        git = find(self.repository.root, environ=self.env | {"PATH": str(folder)})
        assert git is not None
        return git

    def documents(self) -> dict[str, StoredDocument]:
        """Answer what is remembered of documents; the evidence trees stand aside."""
        known = self.wiring.spool.documents()
        return {path: each for path, each in known.items() if not is_tree(path)}

    def told(self, wish: Wish | None = None) -> list[tuple[str | None, str | None]]:
        """Look, and answer (task, status) of every event."""
        return [(each.task, each.status) for each in self.look(wish).events]

    def sent_to(self, name: str) -> list[str | None]:
        """Answer the tasks of a subscription's deliveries, oldest first."""
        found = self.wiring.spool.find(Query(subscription=name))
        return [each.task for each in reversed(found)]


class Interrupted(Folder):
    """A workspace where something happens just before a document is read."""

    def __init__(self, root: Path, happens: Callable[[str], None]) -> None:
        super().__init__(root)
        self._happens = happens

    def read(self, path: str) -> Text | Unreadable | None:
        self._happens(path)
        return super().read(path)
