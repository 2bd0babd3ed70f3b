"""The Python interface to experiments: load a config, run it, read its result."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from Arch.cache.entry import Entry
from Arch.callbacks import SilentWatcher, Watcher
from Arch.config.config import Config
from Arch.errors import ConfigError
from Arch.planning.plan import make_plan
from Arch.planning.workspace import Workspace
from Arch.sweep.in_process import carry_out
from Arch.sweep.worker import Worker, load_model
from Arch.types import Result, Run

if TYPE_CHECKING:
    import pandas as pd

    from Arch.models.imodel import IModel


@dataclass(frozen=True)
class Experiment(Result):
    """A result with its config, its runs epoch by epoch, and its trained networks.

    Attributes:
        config: the resolved config.
        entry: the experiment's folder in the cache.
    """

    config: Config = dataclasses.field(kw_only=True)
    entry: Entry = dataclasses.field(kw_only=True)

    def frame(self) -> pd.DataFrame:
        """Returns a table with one row per run: its index, scores and seconds."""
        import pandas as pd  # a cached answer without a table must not pay 0.3 s

        rows = [
            {"run": index, **scores, "seconds": self.seconds[index]} for index, scores in sorted(self.scores.items())
        ]
        return pd.DataFrame(rows)

    def runs(self) -> tuple[Run, ...]:
        """Returns every run with its epochs."""
        return self.entry.runs()

    def model(self, run: int = 0, weights: str = "Last") -> IModel:
        """Returns the network that a run trained, in eval mode on the CPU; `weights` is `Last` or `Best`.

        Raises:
            CacheError: there are no such weights.
        """
        return load_model(self.config, self.entry, run, weights)


def load_config(source: Path | str | Mapping[str, Any], *, cache: Path | str | None = None) -> Config:
    """Resolves the config in a file or a mapping under the rules of a cache.

    Raises:
        ConfigError: the config is invalid.
    """
    return _resolved(source, Workspace.at(cache))


def run(
    config: Config | Path | str | Mapping[str, Any],
    *,
    cache: Path | str | None = None,
    data: Path | str | None = None,
    device: str = "auto",
    watcher: Watcher | None = None,
    accept_unlike: bool = False,
) -> Experiment:
    """Returns the result of one experiment, after training its missing runs and those of the experiments it depends on.

    Args:
        config: a file, a mapping or a resolved config.
        cache: the folder of the results; the repository's `KDTrainer/` by default.
        data: the root of the datasets; the repository's `data/` by default.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        watcher: is notified of the progress.
        accept_unlike: whether runs may be added although a network that they are made from has other weights, or sees
            images under other constants, than in the earlier runs; the experiment is marked then.

    A key of the config that nothing reads is logged as a warning.

    Raises:
        ArchError: the config is invalid, or a training failed.
    """
    workspace = Workspace.at(cache, data)
    resolved = _resolved(config, workspace)
    _warn_of_unread(resolved, config)
    plan = make_plan([(resolved, "")], workspace.store)
    shown = watcher or SilentWatcher()
    worker = Worker(workspace.store, workspace.data, device, shown, accepts_unlike=accept_unlike)
    failures = carry_out(plan, worker)
    if failures:
        raise failures[0].error
    entry = workspace.store.entry(resolved)
    result = entry.result()
    fields = {field.name: getattr(result, field.name) for field in dataclasses.fields(Result)}
    return Experiment(**fields, config=resolved, entry=entry)


def _warn_of_unread(config: Config, source: object) -> None:
    """Logs a warning of the keys that have no effect in a config, if there are some."""
    from Arch.report.unread_words import unread_keys, unread_text

    label = str(source) if isinstance(source, (str, Path)) else config.unread.source.label
    if note := unread_text(unread_keys([(config, label)])):
        import logging  # a cached answer must not import it

        logging.getLogger(__name__).warning(note)


def _resolved(source: Config | Path | str | Mapping[str, Any], workspace: Workspace) -> Config:
    if isinstance(source, Config):
        return source
    if isinstance(source, Mapping):
        return workspace.resolver.resolve(source)
    if isinstance(source, (str, Path)):
        return workspace.resolver.load(Path(source))
    raise ConfigError(f"expected a config, a file or a dictionary, got {source!r}.")
