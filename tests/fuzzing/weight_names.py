"""What is known about the files that `weight_files` writes, for processes without torch."""

SOUND = ("sound.safetensors", "sound.pth", "wrapped.pth", "legacy.pth")
"""The files that can be learned from."""

HARMLESS = (
    *SOUND,
    "half.safetensors",
    "double.safetensors",
    "bfloat.pth",
    "integer.pth",
    "parameter.pth",
    "prefixed.safetensors",
    "deep.pth",
)
"""The files that a program may accept."""

OTHER_HEAD = ("empty.pth", "scalar.pth", "transposed.pth", "none.pth", "text.pth")
"""The files whose head does not fit, from which a network may begin with a new head."""
