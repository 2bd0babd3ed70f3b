"""Any network as a line of generalized layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from Arch.errors import ModelError, ShapeError, UnknownNameError
from Arch.models.exactness import prove
from Arch.models.layer import Layer
from Arch.models.line import cut
from Arch.types import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from Arch.models.architecture import Shape

NETWORK = "network."


class IModel(nn.Module):
    """Shows a network as layers 0 ... L-1 and a head, whose composition is exactly the network's own forward.

    A layer is asked for by its index (negative ones count from the end) or by the dotted name of the module that
    ends it. Nothing of the network is copied; a state dict has the network's own names. Wrap it again after
    exchanging one of its modules.

    Attributes:
        network: the wrapped network.
        name: what messages call it.
        shape: of one example, (C, H, W) for images.
        layers: the generalized layers.
        head: what makes logits from the last layer's features; it holds the last linear layer.
        classes: K, the number of logits.

    Raises:
        ModelError: the network has no linear layer, cannot read examples of this shape, or is not its modules in order.
    """

    def __init__(self, network: nn.Module, shape: Shape, *, name: str = "") -> None:
        super().__init__()
        self.network = network
        self.name = name or type(network).__name__
        self.shape = tuple(shape)
        line = cut(network)
        proof = prove(network, line, self.shape)
        self.layers = tuple(
            Layer(steps, shape, is_overwritten=flag)
            for steps, shape, flag in zip(line.layers, proof.shapes[:-1], proof.overwritten, strict=True)
        )
        self._heads = (Layer(line.head, proof.shapes[-1]),)  # in a tuple, for its modules are registered already
        self._names = line.names
        self.classes = proof.shapes[-1][0]
        self.register_state_dict_post_hook(_drop_prefix)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.register_load_state_dict_pre_hook(_add_prefix)  # type: ignore[no-untyped-call]  # torch leaves it untyped

    @property
    def head(self) -> Layer:
        """From the last layer's features to logits."""
        return self._heads[0]

    @property
    def backbone(self) -> nn.Sequential:
        """All layers, without the head; the modules are the network's own."""
        return nn.Sequential(*self.layers)

    @property
    def parameters_count(self) -> int:
        """How many numbers the network learns."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def forward(self, x: Tensor) -> Tensor:
        """Logits `(B, K)` of examples `(B, *shape)`, by the network's own forward.

        Raises:
            ShapeError: `x` does not have this shape.
        """
        self._require_shape(x, 0)
        return self.network(x)  # type: ignore[no-any-return]  # nn.Module's calls are untyped

    def trace(self, x: Tensor, layers: Sequence[int | str] = (), *, start: int | str = 0) -> Trace:
        """Logits, and what the asked layers give, in the order asked.

        Args:
            x: examples `(B, *shape)`, or what the layer before `start` gives.
            layers: indices or names.
            start: the first layer that runs; L runs the head alone.

        Raises:
            ModelError: there is no such layer, or it comes before `start`.
            UnknownNameError: no layer has this name.
            ShapeError: `x` does not have the shape that `start` reads.
        """
        first = self._first(start)
        wanted = self._wanted(layers, first)
        h, kept = self._walk(x, first, len(self.layers), frozenset(wanted))
        return Trace(self.head(h), tuple(kept[index] for index in wanted))

    def tap(self, x: Tensor, layers: Sequence[int | str], *, start: int | str = 0) -> tuple[Tensor, ...]:
        """What the asked layers give, in the order asked; no layer after the last of them runs. Else as `trace`."""
        first = self._first(start)
        wanted = self._wanted(layers, first)
        _, kept = self._walk(x, first, max(wanted, default=first - 1) + 1, frozenset(wanted))
        return tuple(kept[index] for index in wanted)

    def features(self, x: Tensor) -> Tensor:
        """What the head reads, for examples `(B, *shape)`."""
        return self._walk(x, 0, len(self.layers), frozenset())[0]

    def classify(self, features: Tensor) -> Tensor:
        """Logits `(B, K)` of what the last layer gives.

        Raises:
            ShapeError: that is not what the head reads.
        """
        return self.trace(features, start=len(self.layers)).logits

    def index(self, layer: int | str) -> int:
        """A layer's number counted from the start, for its number counted from either end or its name.

        Raises:
            ModelError: the number is out of range.
            UnknownNameError: no layer has this name.
        """
        if isinstance(layer, str):
            if layer not in self._names:
                raise UnknownNameError(f"layer of {self.name}", layer, self._names)
            return self._names[layer]
        if not -len(self.layers) <= layer < len(self.layers):
            raise ModelError(
                f"{self.name} has {len(self.layers)} layers, 0 to {len(self.layers) - 1} or -1 to "
                f"-{len(self.layers)} from the end; {layer} is none of them."
            )
        return layer % len(self.layers)

    def _first(self, start: int | str) -> int:
        return len(self.layers) if start == len(self.layers) else self.index(start)

    def _wanted(self, layers: Sequence[int | str], first: int) -> tuple[int, ...]:
        wanted = tuple(self.index(layer) for layer in layers)
        if wanted and min(wanted) < first:
            raise ModelError(f"layer {min(wanted)} of {self.name} does not run when the start is layer {first}.")
        return wanted

    def _walk(self, x: Tensor, first: int, end: int, wanted: frozenset[int]) -> tuple[Tensor, dict[int, Tensor]]:
        """Runs layers `first` to `end - 1`: what the last gives, and what each wanted one gives."""
        self._require_shape(x, first)
        kept: dict[int, Tensor] = {}
        h = x.clone() if first and self.layers[first - 1].is_overwritten else x
        for index in range(first, end):
            h = self.layers[index](h)
            if index in wanted:
                kept[index] = h.clone() if self.layers[index].is_overwritten else h
        return h, kept

    def _require_shape(self, x: Tensor, first: int) -> None:
        expected = self.layers[first - 1].shape if first else self.shape
        if tuple(x.shape[1:]) != expected:
            reader = f"layer {first} of {self.name}" if first else self.name
            raise ShapeError(f"{reader} reads tensors of shape {_batched(expected)}, not {tuple(x.shape)}.")


def _batched(shape: Shape) -> str:
    return f"({', '.join(map(str, ('B', *shape)))})"


def _drop_prefix(_model: nn.Module, state: dict[str, Any], prefix: str, _metadata: dict[str, Any]) -> None:
    for key in [key for key in state if key.startswith(prefix + NETWORK)]:
        state[prefix + key.removeprefix(prefix + NETWORK)] = state.pop(key)


def _add_prefix(_model: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
    for key in [key for key in state if key.startswith(prefix)]:
        state[prefix + NETWORK + key.removeprefix(prefix)] = state.pop(key)
