"""One generalized layer or the head: a segment of a network's own forward."""

from __future__ import annotations

from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models.architecture import Shape
from Arch.models.graph.layer_sequence import Part


class Layer(nn.Module):
    """Runs a segment of a network's forward; modules and parameters are the network's own, not copies.

    Attributes:
        name: dotted name of the module that ends it.
        shape: the shape of its output, without the batch.
        is_overwritten: a later layer overwrites this one's output in place, so a caller that keeps it must copy it.
    """

    def __init__(self, network: nn.Module, part: Part, shape: Shape, *, is_overwritten: bool = False) -> None:
        super().__init__()
        self.name = part.name
        self.shape = shape
        self.is_overwritten = is_overwritten
        self.steps = nn.ModuleList()
        self.parameters_between = nn.ParameterList()
        for target in part.targets:
            owner, _, name = target.rpartition(".")
            used = getattr(network.get_submodule(owner), name)
            if isinstance(used, nn.Module):
                self.steps.append(used)
            elif isinstance(used, nn.Parameter):
                self.parameters_between.append(used)
        self._part = part
        self._networks = (network,)  # in a tuple: this layer's modules are registered already

    @property
    def ends_in_activation(self) -> bool:
        """Whether its last operation is a non-linearity."""
        return self._part.with_input is not None

    def forward(self, x: Tensor) -> Tensor:
        """Maps the previous layer's output to this layer's output, batch first."""
        return self.consume([x])

    def consume(self, held: list[Tensor]) -> Tensor:
        """Runs `forward` on the one tensor in a list, and empties the list first.

        No caller then holds a map longer than the network's own forward does, so memory peaks where the network's does.
        """
        network = self._networks[0]
        result: Tensor = self._part.programs.of(network).function(network, held.pop())
        return result

    def consume_before_activation(self, held: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Runs `consume`, and returns the input of the layer's last non-linearity and the layer's output.

        Raises:
            ModelError: the layer does not end in a non-linearity.
        """
        network = self._networks[0]
        if self._part.with_input is None:
            raise ModelError(f"layer {self.name} does not end in a non-linearity.")
        read, result = self._part.with_input.of(network).function(network, held.pop())
        return read, result

    def extra_repr(self) -> str:
        """Returns the name and the output shape."""
        return f"{self.name!r}, gives {'x'.join(map(str, self.shape))}"
