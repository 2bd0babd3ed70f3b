"""Files of arrays with a fault each, for the table of faults."""

import numpy as np


def arrays(path, **changes):
    """Vectors of three numbers and their two classes; `changes` replaces arrays, or removes them by None."""
    sound = {
        "x_train": np.linspace(0, 1, 48, dtype=np.float32).reshape(16, 3),
        "y_train": np.arange(16) % 2,
        "x_test": np.linspace(0, 1, 24, dtype=np.float32).reshape(8, 3),
        "y_test": np.arange(8) % 2,
    }
    np.savez(path, **{name: array for name, array in {**sound, **changes}.items() if array is not None})


FAULTY = {
    "sound": arrays,
    "an array missing": lambda path: arrays(path, y_test=None),
    "a negative label": lambda path: arrays(path, y_train=np.arange(16) % 2 - (np.arange(16) == 4)),
    "too few labels": lambda path: arrays(path, y_train=np.arange(15) % 2),
    "Python objects": lambda path: arrays(path, x_train=np.array([{}] * 16, dtype=object)),
    "no number": lambda path: arrays(path, x_train=np.full((16, 3), np.nan)),
    "an ambiguous layout": lambda path: arrays(path, x_train=np.zeros((16, 3, 3, 3), dtype=np.uint8)),
    "long integers": lambda path: arrays(path, x_train=np.zeros((16, 3), dtype=np.int64)),
    "no zip": lambda path: path.write_bytes(b"plain words"),
}
