"""Classifies operations: non-linearities, sums, changes of layout, flattenings, linear layers."""

from __future__ import annotations

from torch import fx, nn

ACTIVATIONS = (
    nn.CELU,
    nn.ELU,
    nn.GELU,
    nn.GLU,
    nn.Hardshrink,
    nn.Hardsigmoid,
    nn.Hardswish,
    nn.Hardtanh,  # includes ReLU6
    nn.LeakyReLU,
    nn.LogSigmoid,
    nn.Mish,
    nn.PReLU,
    nn.ReLU,
    nn.RReLU,
    nn.SELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Softplus,
    nn.Softshrink,
    nn.Softsign,
    nn.Tanh,
    nn.Tanhshrink,
    nn.Threshold,
)
ATTENTION = (nn.MultiheadAttention, nn.Softmax)
BLOCKS = (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer, nn.TransformerDecoder, nn.Transformer)
"""torch's own blocks, which are traced as one operation."""

# Names of activations that are called as functions or methods, in place or not.
_ACTIVATION_NAMES = frozenset(
    {
        "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "logsigmoid",
        "mish", "prelu", "relu", "relu6", "rrelu", "selu", "sigmoid", "silu", "softplus", "softshrink", "softsign",
        "tanh", "tanhshrink", "threshold",
    }
)  # fmt: skip
_ATTENTION_NAMES = frozenset({"scaled_dot_product_attention", "multi_head_attention_forward", "softmax"})
_MERGE_NAMES = frozenset({"add", "sub", "cat", "concat", "concatenate", "stack", "where", "maximum"})
_LAYOUT_NAMES = frozenset(
    {"permute", "transpose", "reshape", "view", "contiguous", "expand", "cat", "concat", "add", "dropout"}
)
_LAYOUT_MODULES = (nn.Dropout, nn.Identity)
_IN_PLACE = {"iadd": "add", "isub": "sub", "imul": "mul", "itruediv": "truediv", "ipow": "pow"}
_FLATTEN_NAMES = frozenset({"flatten"})


def is_activation(module: nn.Module) -> bool:
    """Returns whether a module is a non-linearity; a custom one declares it by `is_activation = True`."""
    return isinstance(module, ACTIVATIONS) or getattr(type(module), "is_activation", False) is True


def module_of(node: fx.Node, network: nn.Module) -> nn.Module | None:
    """Returns the module that a node calls, or None."""
    return network.get_submodule(str(node.target)) if node.op == "call_module" else None


def operation_name(node: fx.Node) -> str:
    """Returns the name of the function or method that a node calls, the same in place or not; empty for other nodes."""
    if node.op == "call_method":
        return str(node.target).rstrip("_")
    if node.op == "call_function":
        name = getattr(node.target, "__name__", "").strip("_")
        return _IN_PLACE.get(name, name)
    return ""


def activates(node: fx.Node, network: nn.Module) -> bool:
    """Returns whether a node is a non-linearity."""
    module = module_of(node, network)
    return is_activation(module) if module is not None else operation_name(node) in _ACTIVATION_NAMES


def attends(node: fx.Node, network: nn.Module) -> bool:
    """Returns whether a node is attention or a part of it."""
    module = module_of(node, network)
    return isinstance(module, ATTENTION) if module is not None else operation_name(node) in _ATTENTION_NAMES


def merges(node: fx.Node) -> bool:
    """Returns whether a node merges branches as residual and dense connections do; a product only gates a branch."""
    return operation_name(node) in _MERGE_NAMES


def flattens(node: fx.Node, network: nn.Module) -> bool:
    """Returns whether a node is a flattening, by its name."""
    return isinstance(module_of(node, network), nn.Flatten) or operation_name(node) in _FLATTEN_NAMES


def arranges_tokens(node: fx.Node, network: nn.Module) -> bool:
    """Returns whether a node only rearranges tokens or adds their position embedding."""
    module = module_of(node, network)
    return isinstance(module, _LAYOUT_MODULES) if module is not None else operation_name(node) in _LAYOUT_NAMES


def is_linear(node: fx.Node, network: nn.Module) -> bool:
    """Returns whether a node is a linear layer."""
    module = module_of(node, network)
    return isinstance(module, nn.Linear) if module is not None else operation_name(node) in {"linear", "addmm"}


def is_pointwise(node: fx.Node, network: nn.Module) -> bool:
    """Returns whether a node is a 1x1 convolution, which is a linear layer at every position."""
    module = module_of(node, network)
    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    return isinstance(module, kinds) and set(module.kernel_size) == {1}
