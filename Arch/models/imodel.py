"""Presents any network as a sequence of generalized layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import Tensor, nn

from Arch.errors import ModelError, ShapeError, UnknownNameError
from Arch.models.architecture import Shape
from Arch.models.cutting.exactness import require_exact
from Arch.models.cutting.hooked import HookedLayer, capture, hooked_layers
from Arch.models.cutting.layer import Layer
from Arch.models.cutting.state_names import hide_in_state_dict
from Arch.models.graph.layer_sequence import make_layer_sequence
from Arch.models.isolation import attributes_restored
from Arch.tensors import Trace


class IModel(nn.Module):
    """Presents a network as layers 0 ... L-1 and a head, whose composition is exactly the network's own forward.

    The network is cut after each non-linearity outside a block, each block (residual, inverted residual, attention,
    dense) and each flattening, up to its last linear layer. A layer is selected by its index (negative ones count from
    the end) or by the dotted name of a module that ends with it. Nothing of the network is copied; a state dict has the
    network's own names. After replacing one of the network's modules, wrap it again.

    A network that cannot be cut still trains and provides features: its layers are then modules whose outputs are
    captured
    by hooks, by index or by any module's dotted name; everything that needs a cut raises an error with the reason.

    Attributes:
        network: the wrapped network.
        name: its name in messages.
        shape: the shape of one example, (C, H, W) for images.
        layers: the generalized layers.
        obstacle: why the network cannot be cut, naming the module; empty if it is cut.
        classes: K, the number of logits.

    Raises:
        ModelError: the network cannot read examples of this shape, or does not return one tensor of logits.
    """

    layers: tuple[Layer, ...] | tuple[HookedLayer, ...]
    _names: Mapping[str, int]

    def __init__(self, network: nn.Module, shape: Shape, *, name: str = "") -> None:
        super().__init__()
        self.network = network
        self.name = name or type(network).__name__
        self.shape = tuple(shape)
        self.obstacle = ""
        self._heads: tuple[Layer, ...] = ()  # in a tuple: its modules are registered already, through the network
        with attributes_restored(network):
            try:
                self._cut()
            except ModelError as reason:
                self.obstacle = str(reason)
                self.layers, logits = hooked_layers(network, self.shape)
                self._names = {layer.name: index for index, layer in enumerate(self.layers)}
                self.classes = logits[0] if logits else 1
        hide_in_state_dict(self, "network")

    def _cut(self) -> None:
        network = self.network
        sequence = make_layer_sequence(network, self.shape)
        layers = [Layer(network, part, shape) for part, shape in zip(sequence.layers, sequence.shapes, strict=True)]
        head = Layer(network, sequence.head, sequence.logits)
        if not any(parameter.is_meta for parameter in network.parameters()):  # else nothing to compare
            for layer, flag in zip(layers, require_exact(network, layers, head, self.shape), strict=True):
                layer.is_overwritten = flag
        self.layers, self._heads = tuple(layers), (head,)
        self._names, self.classes = sequence.names, sequence.logits[0]

    @property
    def is_cut(self) -> bool:
        """Whether the network is cut into layers, rather than captured by hooks."""
        return not self.obstacle

    @property
    def head(self) -> Layer:
        """The head, from the last layer's features to logits; raises ModelError if the network cannot be cut."""
        self._require_cut()
        return self._heads[0]

    @property
    def backbone(self) -> nn.Sequential:
        """All layers without the head; the modules are the network's own. Raises as `head`."""
        self._require_cut()
        return nn.Sequential(*self._cut_layers)

    @property
    def parameters_count(self) -> int:
        """The number of the network's parameters."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def forward(self, x: Tensor) -> Tensor:
        """Returns logits `(B, K)` of examples `(B, *shape)`, by the network's own forward.

        Raises:
            ShapeError: `x` does not have this shape.
        """
        self._require_shape(x, 0)
        return self.network(x)  # type: ignore[no-any-return]  # nn.Module's calls are untyped

    def trace(
        self, x: Tensor, layers: Iterable[int | str] = (), *, start: int | str = 0, before_activation: bool = False
    ) -> Trace:
        """Returns the logits and the outputs of the requested layers, in the requested order.

        Args:
            x: examples `(B, *shape)`, or the output of the layer before `start`.
            layers: indices or names.
            start: the first layer that runs; L runs the head alone.
            before_activation: for a layer that ends in a non-linearity, return that non-linearity's input.

        Raises:
            ModelError: a layer's index is out of range, or it comes before `start`, or the network cannot be cut and
                `start` is not 0.
            UnknownNameError: no layer has this name.
            ShapeError: `x` does not have the shape that `start` reads.
        """
        if self.obstacle:
            return self._captured(x, layers, start, is_all=True, before_activation=before_activation)
        first = self._first(start)
        wanted = self._wanted(layers, first)
        h, kept = self._walk(x, first, len(self.layers), frozenset(wanted), before_activation=before_activation)
        return Trace(self.head(h), tuple(kept[index] for index in wanted))

    def tap(
        self, x: Tensor, layers: Iterable[int | str], *, start: int | str = 0, before_activation: bool = False
    ) -> tuple[Tensor, ...]:
        """Returns the outputs of the requested layers, without running later ones; otherwise as `trace`."""
        if self.obstacle:
            return self._captured(x, layers, start, is_all=False, before_activation=before_activation).features
        first = self._first(start)
        wanted = self._wanted(layers, first)
        end = max(wanted, default=first - 1) + 1
        _, kept = self._walk(x, first, end, frozenset(wanted), before_activation=before_activation)
        return tuple(kept[index] for index in wanted)

    def features(self, x: Tensor) -> Tensor:
        """Returns the head's input for examples `(B, *shape)`; raises ModelError if the network cannot be cut."""
        self._require_cut()
        return self._walk(x, 0, len(self.layers), frozenset())[0]

    def classify(self, features: Tensor) -> Tensor:
        """Returns logits `(B, K)` of the last layer's output.

        Raises:
            ShapeError: `features` does not have the shape that the head reads.
        """
        self._require_cut()
        return self.trace(features, start=len(self.layers)).logits

    def index(self, layer: int | str) -> int:
        """Returns a layer's index counted from the start, for its index from either end or its name.

        Raises:
            ModelError: the index is out of range.
            UnknownNameError: no layer has this name.
        """
        if isinstance(layer, str):
            if layer not in self._names:
                raise UnknownNameError(f"layer of {self.name}", layer, self._names)
            return self._names[layer]
        count = len(self.layers)
        if layer not in range(-count, count):
            ways = f"{count} layers, 0 to {count - 1} or -1 to -{count} from the end" if count else "no layers"
            raise ModelError(f"{self.name} has {ways}; {layer!r} is none of them.")
        return int(layer) % count

    def _first(self, start: int | str) -> int:
        return len(self.layers) if start == len(self.layers) else self.index(start)

    def _wanted(self, layers: Iterable[int | str], first: int) -> tuple[int, ...]:
        wanted = tuple(self.index(layer) for layer in self._listed(layers))
        if wanted and min(wanted) < first:
            raise ModelError(f"layer {min(wanted)} of {self.name} does not run when the start is layer {first}.")
        return wanted

    def _listed(self, layers: Iterable[int | str]) -> Iterable[int | str]:
        if isinstance(layers, str) or not isinstance(layers, Iterable):
            raise ModelError(
                f"the layers of {self.name} must be given as a list of indices or names, not as {layers!r}."
            )
        return layers

    def _walk(
        self, x: Tensor, first: int, end: int, wanted: frozenset[int], *, before_activation: bool = False
    ) -> tuple[Tensor, dict[int, Tensor]]:
        """Runs layers `first` to `end - 1`; returns the last one's output and the output of each wanted one."""
        self._require_shape(x, first)
        layers = self._cut_layers
        kept: dict[int, Tensor] = {}
        held = [x.clone() if first and layers[first - 1].is_overwritten else x]
        for index in range(first, end):
            layer = layers[index]
            if index in wanted and before_activation and layer.ends_in_activation:
                kept[index], h = layer.consume_before_activation(held)
            else:
                h = layer.consume(held)
                if index in wanted:
                    kept[index] = h.clone() if layer.is_overwritten else h
            held.append(h)
            del h
        return held.pop(), kept

    def _captured(
        self, x: Tensor, layers: Iterable[int | str], start: int | str, *, is_all: bool, before_activation: bool
    ) -> Trace:
        """Captures features by hooks, otherwise as `trace`; a name may be that of any module."""
        if start != 0:
            self._require_cut()
        self._require_shape(x, 0)
        modules = dict(self.network.named_modules())
        names = [
            str(layer) if layer in modules else self.layers[self.index(layer)].name for layer in self._listed(layers)
        ]
        logits, features = capture(self.network, x, names, is_all=is_all, before_activation=before_activation)
        return Trace(x.new_empty(0) if logits is None else logits, features)

    @property
    def _cut_layers(self) -> tuple[Layer, ...]:
        self._require_cut()
        return self.layers  # type: ignore[return-value]  # only networks that cannot be cut have hooked layers

    def _require_cut(self) -> None:
        if self.obstacle:
            raise ModelError(
                f"{self.name} cannot be cut, so it has no head, backbone or part to start from; its features can be "
                f"traced. {self.obstacle}"
            )

    def _require_shape(self, x: Tensor, first: int) -> None:
        expected = self.layers[first - 1].shape if first else self.shape
        if tuple(x.shape[1:]) != expected:
            reader = f"layer {first} of {self.name}" if first else self.name
            wanted = ", ".join(map(str, ("B", *expected)))
            raise ShapeError(f"{reader} reads tensors of shape ({wanted}), not {tuple(x.shape)}.")
