"""A loss of a user's own; it imports nothing of the program but the registry that docs/plugins.md names."""

from dataclasses import dataclass
from typing import ClassVar

from Arch.distillation import METHODS


@METHODS.register("Confidence")
@dataclass(frozen=True)
class Confidence:
    """The mean entropy of the student's prediction beyond `margin` nats."""

    switch_key: ClassVar[str] = "Confidence"
    weight_key: ClassVar[str] = "ConfidenceWeight"

    margin: float

    def __call__(self, batch, student, teacher):
        """Returns the mean over the batch as a scalar; the labels and a teacher do not matter."""
        log_p = student.logits.log_softmax(dim=1)
        entropy = -(log_p.exp() * log_p).sum(dim=1)
        return (entropy - self.margin).clamp(min=0).mean()
