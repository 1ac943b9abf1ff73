"""The config side of a wired repository: what is in force, whose word it is, and what it serves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.errors import NotEnabledError
from spec_notify.disk.config import load, user_config_file
from spec_notify.disk.environment import Environment
from spec_notify.disk.state import state_root
from spec_notify.disk.trust import TrustStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.core.config import Config, Problem
    from spec_notify.ports import Route


class Settings:
    """The settings of one repository, as its files, the environment and the user's trust say."""

    def __init__(self, root: Path, *, env: Mapping[str, str], config_file: str | None) -> None:
        self.root = root
        self.env = env
        self.config_file = config_file
        self.state_home = state_root(env)
        self.trust = TrustStore(self.state_home / "trust.json")
        self.reload()

    def reload(self) -> None:
        """Read the config again. Raises ConfigError, and then keeps the last good one."""
        self.loaded = load(
            self.root,
            env=self.env,
            config_file=self.config_file,
            trust=self.trust,
            user_config=user_config_file(self.env),
        )
        self._config_read = self._config_stamp()

    @property
    def config(self) -> Config:
        """Answer the settings in force."""
        return self.loaded.config

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should hear about how the config was found."""
        return self.loaded.notices

    def require_enabled(self) -> None:
        """Raise NotEnabledError, naming what to do, unless something trusted enables us."""
        if not self.config.enabled:
            raise NotEnabledError(self.loaded.off_because)

    def config_changed(self) -> bool:
        """Say whether a config file, or what is trusted, was touched since it was read."""
        return self._config_stamp() != self._config_read

    def check_config(self) -> tuple[Problem, ...]:
        """Answer every mistake and warning of every config file, trusted or not."""
        from spec_notify.disk.config import check

        user = user_config_file(self.env)
        return check(self.root, env=self.env, config_file=self.config_file, user_config=user)

    def trust_files(self, *, allow_private: bool, at: int) -> list[str]:
        """Trust the repository's config files as they stand, and read the config again."""
        from spec_notify.disk.config import trust_repository

        files = trust_repository(self.root, self.trust, allow_private=allow_private, at=at)
        self.reload()
        return files

    @property
    def environment(self) -> Environment:
        """Answer where secrets and URLs come from."""
        folder = self.env.get("SPEC_NOTIFY_SECRETS_DIR")
        return Environment(self.env, Path(folder) if folder else None)

    def routes(self) -> dict[str, Route]:
        """Answer every subscription as this process can serve it at this moment."""
        from .routes import routes

        return routes(self.config, self.environment)

    def served(self) -> dict[str, Route] | None:
        """Answer what a worker serves here: the config's, and what the user's environment names.

        None while nothing trusted enables us.
        """
        from .routes import route_of
        from .user_word import asked_for

        if not self.config.enabled:
            return None
        named = asked_for(self.environment)
        own = {named.name: route_of(named, self.environment)} if named else {}
        return own | self.routes()

    def _config_stamp(self) -> tuple[object, ...]:
        places = [Path(file.path) for file in self.loaded.files]
        places += [self.root / ".spec-notify" / "config.toml", self.root / "pyproject.toml"]
        return tuple(_stamp(each) for each in (*places, self.state_home / "trust.json"))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino)
