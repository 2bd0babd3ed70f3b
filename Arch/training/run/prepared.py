"""A run that is ready to begin or to go on: its stages, and their states as one checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from Arch.datasets.data import ImageData
from Arch.training.data_identity import data_record, require_same_data
from Arch.training.networks.given import GivenNetwork
from Arch.training.run.checkpoint import pack, unfit_named, unpack
from Arch.training.run.provenance import provenance
from Arch.training.run.stage import Stage
from Arch.training.run.state import RunState
from Arch.training.streams import Streams, generator_states, set_generators
from Arch.training.study import Study


@dataclass(frozen=True, eq=False)
class PreparedRun:
    """A run between two of its steps.

    Attributes:
        study: whose run it is.
        streams: its random streams.
        stages: in order; at least one.
        headline: the name of the score that displays speak of.
        dataset: on the device; None where the study reads none.
        networks: those that the run is made from, by config key.
    """

    study: Study
    streams: Streams
    stages: Sequence[Stage]
    headline: str
    dataset: ImageData | None = None
    networks: Mapping[str, GivenNetwork] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """The steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    @property
    def steps_done(self) -> int:
        """The steps of all stages that are done."""
        return sum(stage.steps_done for stage in self.stages)

    def record(self) -> dict[str, Any]:
        """What the run records of itself beside its numbers; plain JSON values."""
        config = self.study.config
        return {
            **provenance(self.study.engine, self.streams),
            **(data_record(self.dataset) if self.dataset else {}),
            **{key: value for stage in self.stages for key, value in stage.record().items()},
            "headline": self.headline,
            "versions": dict(config.versions),
            "made_from": {key: each.origin() for key, each in self.networks.items()},
            **({"plugins": config.plugin_records} if config.rules.plugins else {}),
        }

    def packed(self, state: RunState) -> bytes:
        """A checkpoint: the number of the stage that runs, the states of the stages up to it, and the generators."""
        return pack(
            {
                "versions": dict(self.study.config.versions),
                "data_digest": self.dataset.digest if self.dataset else None,
                "stage": state.stage,
                "stages": [stage.state() for stage in self.stages[: state.stage + 1]],
                "generators": generator_states(self.study.engine.device),
                "times": {"seconds": state.seconds, "device_seconds": state.device_seconds},
                "sessions": state.sessions,
            }
        )

    def resume(self, payload: bytes) -> RunState:
        """Brings the stages of a fresh run, and the global generators, to where a checkpoint left them.

        After an error some stages have been changed, and the run is of no use.

        Raises:
            DataError: the data under the same name were others.
            UnfitCheckpointError: the checkpoint was made by other code or for other stages, or cannot be read.
            RuntimeError: the device lacks memory or fails; the checkpoint may be good.
        """
        saved = unpack(payload)
        with unfit_named():
            self._require_same_versions(saved)
            digest = saved["data_digest"]
        if self.dataset:
            whose = f"run {self.streams.run} of this experiment, which was begun earlier"
            require_same_data(self.dataset, ({"data_digest": digest},), whose)
        with unfit_named():
            return self._loaded(saved)

    def _loaded(self, saved: Mapping[str, Any]) -> RunState:
        if not 0 <= saved["stage"] < len(self.stages) or len(saved["stages"]) != saved["stage"] + 1:
            raise ValueError("other stages")
        for stage, state in zip(self.stages, saved["stages"], strict=False):
            stage.load(state)
        state = RunState(saved["stage"], **saved["times"], sessions=saved["sessions"])
        set_generators(saved["generators"], self.study.engine.device)  # last: an error before leaves them as they were
        return state

    def _require_same_versions(self, saved: Mapping[str, Any]) -> None:
        if saved["versions"] != dict(self.study.config.versions):
            raise ValueError("its versions are not what they are now")
