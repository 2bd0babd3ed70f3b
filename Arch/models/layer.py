"""One generalized layer, or the head: a stretch of a network's own modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

    from Arch.models.architecture import Shape
    from Arch.models.line import Step


class Layer(nn.Module):
    """Runs a stretch of a network's modules; the modules are the network's, not copies.

    Attributes:
        name: dotted name of the module that ends it.
        shape: of what it gives, without the batch.
        is_overwritten: a later layer of the network works in place on what this one gives, so that whoever keeps it
            keeps a copy.
    """

    def __init__(self, steps: tuple[Step, ...], shape: Shape, *, is_overwritten: bool = False) -> None:
        super().__init__()
        self.name = steps[-1][0]
        self.shape = shape
        self.is_overwritten = is_overwritten
        self.steps = nn.ModuleList(module for _, module in steps)

    def forward(self, x: Tensor) -> Tensor:
        """From what the layer before gave to what this layer gives, batch first."""
        for step in self.steps:
            x = step(x)
        return x

    def extra_repr(self) -> str:
        """The name, and the shape of what it gives."""
        return f"{self.name!r}, gives {'x'.join(map(str, self.shape))}"
