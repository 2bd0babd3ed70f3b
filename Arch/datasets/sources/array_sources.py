"""Addresses and digests of the datasets that are published as NumPy files."""

from __future__ import annotations

from Arch.datasets.download.download import Remote, Source

# The Zenodo records of both datasets, with the digests stated there; pytorch-ood (`CIFAR100C`) has the second one.
CORRUPTED_CIFAR10 = Source(
    "CIFAR-10-C",
    (
        Remote(
            "https://zenodo.org/records/2535967/files/CIFAR-10-C.tar",
            "CIFAR-10-C.tar",
            "56bf5dcef84df0e2308c6dcbcbbd8499",
            size=2_918_471_680,
        ),
    ),
    "CIFAR-10-C",
)
CORRUPTED_CIFAR100 = Source(
    "CIFAR-100-C",
    (
        Remote(
            "https://zenodo.org/records/3555552/files/CIFAR-100-C.tar",
            "CIFAR-100-C.tar",
            "11f0ed0f1191edbf9fa23466ae6021d3",
            size=2_918_470_000,
        ),
    ),
    "CIFAR-100-C",
)

# The address published by its authors (github.com/preetum/cifar5m), on the host without login; no digests.
CIFAR5M_PARTS = tuple(f"part{number}.npz" for number in range(6))
CIFAR5M = Source(
    "CIFAR5M",
    tuple(Remote(f"https://storage.googleapis.com/gresearch/cifar5m/{name}", name) for name in CIFAR5M_PARTS),
)

# The address published by its authors (github.com/hendrycks/outlier-exposure); the MD5 is pytorch-ood's.
RANDOM_IMAGES_FILE = "300K_random_images.npy"
RANDOM_IMAGES = Source(
    "RandomImages300K",
    (
        Remote(
            f"https://people.eecs.berkeley.edu/~hendrycks/{RANDOM_IMAGES_FILE}",
            RANDOM_IMAGES_FILE,
            "64ca64357de98351f28454274a112dc3",
            size=921_600_128,
        ),
    ),
)
