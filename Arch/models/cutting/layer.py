"""One generalized layer, or the head: a stretch of a network's own forward."""

from __future__ import annotations

from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models.architecture import Shape
from Arch.models.graph.layer_sequence import Part


class Layer(nn.Module):
    """Runs a stretch of a network's forward; the modules and parameters are the network's, not copies.

    Attributes:
        name: dotted name of the module that ends it.
        shape: of what it gives, without the batch.
        is_overwritten: a later layer of the network works in place on what this one gives, so that whoever keeps it
            keeps a copy.
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
        self._networks = (network,)  # in a tuple: what of it belongs here is registered already

    @property
    def ends_in_activation(self) -> bool:
        """Whether its last operation is a non-linearity."""
        return self._part.with_input is not None

    def forward(self, x: Tensor) -> Tensor:
        """From what the layer before gave to what this layer gives, batch first."""
        return self.consume([x])

    def consume(self, held: list[Tensor]) -> Tensor:
        """As `forward` for the one tensor in a list, which is emptied.

        So nobody here holds a map longer than the network's own forward does, and memory peaks where it does.
        """
        network = self._networks[0]
        result: Tensor = self._part.programs.of(network).function(network, held.pop())
        return result

    def consume_before_activation(self, held: list[Tensor]) -> tuple[Tensor, Tensor]:
        """As `consume`: what its last non-linearity reads, and what it gives.

        Raises:
            ModelError: it ends in none.
        """
        network = self._networks[0]
        if self._part.with_input is None:
            raise ModelError(f"layer {self.name} does not end in a non-linearity.")
        read, result = self._part.with_input.of(network).function(network, held.pop())
        return read, result

    def extra_repr(self) -> str:
        """The name, and the shape of what it gives."""
        return f"{self.name!r}, gives {'x'.join(map(str, self.shape))}"
