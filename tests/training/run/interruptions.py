"""Runs that are stopped and resumed, and what is left on disk of them."""

import json

from Arch.callbacks import Requests, SilentWatcher


class StopAfterEach(SilentWatcher):
    """Requests a stop after every `stride`-th step; 0: never."""

    def __init__(self, stride):
        self.stride, self.requests, self.steps = stride, Requests(), 0

    def step_done(self):
        self.steps += 1
        if self.stride and self.steps % self.stride == 0:
            self.requests.stop()


def files_of(entry):
    """Returns the bytes of the tensors that run 0 has kept, by file."""
    return {path.name: path.read_bytes() for path in entry.run_folder(0).glob("*.safetensors")}


def record_of(entry):
    """Returns Run.json without times and the number of attempts."""
    document = json.loads((entry.run_folder(0) / "Run.json").read_text())
    del document["Seconds"]
    for name in ("attempts", "device_seconds", "startup_seconds", "begin", "end"):
        del document["Provenance"][name]
    for epoch in document["Epochs"]:
        del epoch["Seconds"]
    return document
