"""A run in memory: its stages, and their states as one checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from Arch.datasets.data import ImageData
from Arch.files.stamps import Stamp, record_of
from Arch.training.data_identity import data_record, require_same_data
from Arch.training.networks.likeness import Likeness, accepted
from Arch.training.run.checkpoint import invalid_checkpoint_errors, pack, unpack
from Arch.training.run.provenance import provenance
from Arch.training.run.stage import Stage
from Arch.training.run.state import RunState, require_plain, seconds_in
from Arch.training.streams import Streams, generator_states, set_generators
from Arch.training.study import Study


@dataclass(frozen=True, eq=False)
class PreparedRun:
    """A run between two of its steps.

    Attributes:
        study: the experiment of the run.
        streams: its random streams.
        stages: in order; at least one.
        headline: the name of the score that progress shows.
        dataset: on the device; None if the study reads none.
        data_stamps: size and time of the user's own data.
        likeness: the networks that the run is made from.
        unlike: in which respects they are not those of earlier runs or sessions, as the run records it.
    """

    study: Study
    streams: Streams
    stages: Sequence[Stage]
    headline: str
    dataset: ImageData | None = None
    data_stamps: tuple[Stamp, ...] = ()
    likeness: Likeness = field(default_factory=Likeness)
    unlike: dict[str, list[str]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """The number of steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    @property
    def steps_done(self) -> int:
        """The number of finished steps of all stages."""
        return sum(stage.steps_done for stage in self.stages)

    def record(self) -> dict[str, Any]:
        """Returns the provenance of the run; plain JSON values."""
        config = self.study.config
        return {
            **provenance(self.study.engine, self.streams),
            "command": self.study.settings.command,
            **(data_record(self.dataset) if self.dataset else {}),
            **{key: value for stage in self.stages for key, value in stage.record().items()},
            "headline": self.headline,
            "versions": dict(config.versions),
            **self._data_files(),
            **self.likeness.record(self.streams.run),
            **({"accepted_unlike": self.unlike} if self.unlike else {}),
            **({"plugins": config.plugin_records} if config.rules.plugins else {}),
        }

    def _data_files(self) -> dict[str, Any]:
        """Returns where the user's own data were, with size and time of each file or folder."""
        config = self.study.config
        if not self.data_stamps:
            return {}
        path = str(config.resolve_path(config.option("DataPath")).absolute())
        return {"data_path": path, "data_files": record_of(self.data_stamps)}

    def packed(self, state: RunState) -> bytes:
        """Serialises a checkpoint: the index of the running stage, the states up to it, and the generators."""
        return pack(
            {
                "versions": dict(self.study.config.versions),
                "data_digest": self.dataset.digest if self.dataset else None,
                "stage": state.stage,
                "stages": [stage.state() for stage in self.stages[: state.stage + 1]],
                "generators": generator_states(self.study.engine.device),
                "times": {"seconds": state.seconds, "device_seconds": state.device_seconds},
                "begin": state.begin,
                "sessions": state.sessions,
                "networks": self.likeness.record(self.streams.run),
                "unlike": self.unlike,
            }
        )

    def resume(self, payload: bytes) -> RunState:
        """Restores the states of a new run's stages, and of the global generators, from a checkpoint.

        After an error some stages may have been changed: discard the run.

        Raises:
            DataError: the checkpoint was made with other data of the same name.
            UnlikeNetworkError: it was made from other networks, which the settings do not accept.
            InvalidCheckpointError: the checkpoint was made by other code or for other stages, or cannot be read.
            RuntimeError: the device lacks memory or fails; the checkpoint itself may be intact.
        """
        saved = unpack(payload)
        with invalid_checkpoint_errors():
            self._require_same_versions(saved)
            digest = saved["data_digest"]
        if self.dataset:
            whose = f"run {self.streams.run} of this experiment, which was started earlier"
            require_same_data(self.dataset, ({"data_digest": digest},), whose)
        self._compare_networks(saved)
        with invalid_checkpoint_errors():
            return self._loaded(saved)

    def _compare_networks(self, saved: Mapping[str, Any]) -> None:
        if "networks" not in saved:  # a checkpoint of an earlier version
            return
        run = self.streams.run
        found = self.likeness.differences(saved["networks"], run, f"run {run} of this experiment, before it was left,")
        self.unlike.update(saved["unlike"] | accepted(found, accepts=self.study.settings.accepts_unlike))

    def _loaded(self, saved: Mapping[str, Any]) -> RunState:
        if not 0 <= saved["stage"] < len(self.stages) or len(saved["stages"]) != saved["stage"] + 1:
            raise ValueError("it is of other stages")
        for stage, state in zip(self.stages, saved["stages"], strict=False):
            stage.load(state)
        times = {name: seconds_in(saved["times"][name]) for name in ("seconds", "device_seconds")}
        begin, sessions = str(saved.get("begin", "")), [dict(each) for each in saved["sessions"]]
        require_plain(sessions, "sessions")
        state = RunState(saved["stage"], **times, begin=begin, sessions=sessions)
        set_generators(saved["generators"], self.study.engine.device)  # last: an earlier error must not change them
        return state

    def _require_same_versions(self, saved: Mapping[str, Any]) -> None:
        if saved["versions"] != dict(self.study.config.versions):
            raise ValueError("the versions of its components are not the current ones")
