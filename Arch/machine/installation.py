"""Paths of the package, its rules, its default cache and data, in a repository or an installation."""

from __future__ import annotations

import os
import site
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NAME = "arch-kd"
RULES_NAME = "BaselineConfig.cjson"
_COPIES = "package_data"  # `setup.py` copies the repository's files there, under their own relative paths


@dataclass(frozen=True)
class Installation:
    """The folders of one installed copy of the package.

    Attributes:
        package: the folder of the package `Arch`.
    """

    package: Path

    @cached_property
    def repository(self) -> Path | None:
        """The repository around the package, or None if the package was installed without one."""
        root = self.package.parent
        try:
            project = (root / "pyproject.toml").read_text(encoding="utf-8")
        except OSError:
            return None
        return root if f'name = "{NAME}"' in project and (root / "KDTrainer" / RULES_NAME).exists() else None

    @property
    def files(self) -> Path:
        """The folder with the files that come with the package: the repository, or a folder inside the package."""
        return self.repository or self.package / _COPIES

    @property
    def rules(self) -> Path:
        """The rules file of caches that have none of their own."""
        return self.files / "KDTrainer" / RULES_NAME

    @property
    def demonstration(self) -> Path:
        """The folder with the configs of the demonstration."""
        return self.files / "ExperimentConfigs" / "Quickstart"

    @property
    def cache(self) -> Path:
        """The default cache: in the repository, else in the working directory."""
        return (self.repository or Path.cwd()) / "KDTrainer"

    @property
    def data(self) -> Path:
        """The default folder of the datasets: in the repository, else in the working directory."""
        return (self.repository or Path.cwd()) / "data"

    @property
    def version(self) -> str:
        """The version: the repository's own where there is one, else that of the installed distribution."""
        if self.repository is not None:
            import tomllib  # only `--version` and `doctor` ask

            project = tomllib.loads((self.repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            return str(project["version"])
        from importlib import metadata

        return metadata.version(NAME)

    @property
    def import_paths(self) -> tuple[str, ...]:
        """The folders that PYTHONPATH needs so that another process finds this package; empty for an installed one.

        The site packages must stay out of PYTHONPATH: there they would come before the standard library.
        """
        places = (*site.getsitepackages(), site.getusersitepackages())
        parent = self.package.parent
        return () if parent in {Path(os.path.realpath(place)) for place in places} else (str(parent),)


def environment_for_python() -> dict[str, str]:
    """Returns the environment in which another process of this interpreter finds the same package."""
    paths = [*INSTALLATION.import_paths, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})}


INSTALLATION = Installation(Path(__file__).resolve().parents[1])
