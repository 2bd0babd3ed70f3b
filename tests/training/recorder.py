"""A watcher that keeps the events of a training."""

from Arch.callbacks import SilentWatcher


class Recorder(SilentWatcher):
    """Keeps every event in a list, in order."""

    def __init__(self):
        self.lines = []

    def run_started(self, title, run, epochs, steps):
        self.lines.append(("started", run, epochs, steps))

    def step_done(self):
        self.lines.append("step")

    def epoch_done(self, epoch):
        self.lines.append(("epoch", epoch.number))

    def run_finished(self, scores, seconds):
        self.lines.append("finished")
