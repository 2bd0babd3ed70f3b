"""The catalogue of datasets: size, folder and download source of each; imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from Arch.datasets.download.download import Remote, Source, is_downloaded
from Arch.datasets.sources.array_sources import CIFAR5M, CORRUPTED_CIFAR10, CORRUPTED_CIFAR100, RANDOM_IMAGES
from Arch.errors import DataError


@dataclass(frozen=True)
class Facts:
    """The facts about one dataset that are known before it is read.

    Attributes:
        classes: number of classes; 0 if it depends on the data or the config.
        train: number of training samples; 0 for the same reason.
        test: number of test samples; 0 for the same reason.
        shape: shape of a sample, for display.
        home: its folder, relative to the data folder; empty if it has none.
        source: the files to download; None if it cannot be downloaded.
        by_hand: if there is no source, one sentence on the origin of the data or on what to provide.
        customary_size: the usual `DownSample` of images that differ in size; 0 if all have one size.
        needs_path: whether it can be read only from `DataPath`.
    """

    classes: int
    train: int
    test: int
    shape: str
    home: str = ""
    source: Source | None = None
    by_hand: str = ""
    customary_size: int = 0
    needs_path: bool = False

    def folder(self, root: Path) -> Path | None:
        """Returns the folder of the dataset below the data folder `root`; None if it has none."""
        return root / self.home if self.home else None


def _of_source(counts: tuple[int, int, int], shape: str, source: Source, customary_size: int = 0) -> Facts:
    return Facts(*counts, shape, source.name, source, customary_size=customary_size)


def _archive(name: str, file: Remote, top: str = "") -> Source:
    return Source(name, (file,), top)


def _idx(address: str, sums: Mapping[str, str], sizes: tuple[int, ...], mirror: str = "") -> tuple[Remote, ...]:
    """Returns the four files of MNIST or a dataset in its format."""
    return tuple(
        Remote(address + name, name, md5, size=size, mirrors=(mirror + name,) if mirror else ())
        for (name, md5), size in zip(sums.items(), sizes, strict=True)
    )


# Addresses and MD5 sums are those of torchvision (a test compares them) unless a comment says otherwise; sizes are for
# display.
_TORONTO = "https://www.cs.toronto.edu/~kriz/"
_CIFAR10 = _archive(
    "cifar-10-batches-py",
    Remote(
        f"{_TORONTO}cifar-10-python.tar.gz",
        "cifar-10-python.tar.gz",
        "c58f30108f718f92721af3b95e74349a",
        size=170_498_071,
    ),
    "cifar-10-batches-py",
)
_CIFAR100 = _archive(
    "cifar-100-python",
    Remote(
        f"{_TORONTO}cifar-100-python.tar.gz",
        "cifar-100-python.tar.gz",
        "eb9058c3a382ffc7106e4002c42a8d85",
        size=169_001_437,
    ),
    "cifar-100-python",
)
_MNIST = Source(
    "MNIST/raw",
    _idx(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        (9_912_422, 28_881, 1_648_877, 4_542),
        "http://yann.lecun.com/exdb/mnist/",
    ),
)
_FASHION = Source(
    "FashionMNIST/raw",
    _idx(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        (26_421_880, 29_515, 4_422_102, 5_148),
    ),
)
_HOUSENUMBERS = "http://ufldl.stanford.edu/housenumbers/"
_SVHN = Source(
    "SVHN",
    (
        Remote(
            f"{_HOUSENUMBERS}train_32x32.mat",
            "train_32x32.mat",
            "e26dedcc434d2e4c54c9b2d4a06d8373",
            size=182_040_794,
        ),
        Remote(f"{_HOUSENUMBERS}test_32x32.mat", "test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3", size=64_275_384),
    ),
)
_STL10 = _archive(
    "stl10_binary",
    Remote(
        "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
        "stl10_binary.tar.gz",
        "91f7769df0f17e558f3565bffb0c7dfb",
        size=2_640_397_119,
    ),
    "stl10_binary",
)
_EUROSAT = _archive(
    "eurosat",
    Remote(
        "https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip",
        "EuroSAT.zip",
        "c8fa014336c82ac7804f0398fcb19387",
        size=94_280_567,
    ),
)
_VGG = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
_PETS = Source(
    "oxford-iiit-pet",
    (
        Remote(f"{_VGG}images.tar.gz", "images.tar.gz", "5c4f3ee8e5d25df40f4fd59a7f44e54c", size=791_918_971),
        Remote(f"{_VGG}annotations.tar.gz", "annotations.tar.gz", "95a8c909bbe2e81eed6a22bccdf3f68f", size=19_173_078),
    ),
)
_TINY = _archive(  # the address of the course of its authors, who publish no digest
    "tiny-imagenet-200",
    Remote("http://cs231n.stanford.edu/tiny-imagenet-200.zip", "tiny-imagenet-200.zip", size=248_100_043),
    "tiny-imagenet-200",
)
_CUB = _archive(  # CaltechDATA, record 65de6-vp158
    "CUB_200_2011",
    Remote(
        "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz", "CUB_200_2011.tgz", size=1_150_585_339
    ),
    "CUB_200_2011",
)
_PATTERNNET = _archive(  # address and SHA-256 of torchgeo
    "PatternNet",
    Remote(
        "https://hf.co/datasets/torchgeo/PatternNet/resolve/2dbd901b00e301967a5c5146b25454f5d3455ad0/PatternNet.zip",
        "PatternNet.zip",
        sha256="456dd031950b0429518b8ec7d30a5c4b3f6456261ee1dd573a3eee43efb29958",
        size=1_430_000_000,
    ),
    "PatternNet",
)

CATALOGUE: dict[str, Facts] = {
    "CIFAR10": _of_source((10, 50_000, 10_000), "3x32x32", _CIFAR10),
    "CIFAR100F": _of_source((100, 50_000, 10_000), "3x32x32", _CIFAR100),
    "CIFAR100C": _of_source((20, 50_000, 10_000), "3x32x32", _CIFAR100),
    "MNIST": _of_source((10, 60_000, 10_000), "1x28x28", _MNIST),
    "FashionMNIST": _of_source((10, 60_000, 10_000), "1x28x28", _FASHION),
    "SVHN": _of_source((10, 73_257, 26_032), "3x32x32", _SVHN),
    "STL10": _of_source((10, 5_000, 8_000), "3x96x96", _STL10),
    "EuroSAT": _of_source((10, 21_600, 5_400), "3x64x64", _EUROSAT),
    "PatternNet": _of_source((38, 24_320, 6_080), "3x256x256", _PATTERNNET),
    "TinyImageNet": _of_source((200, 100_000, 10_000), "3x64x64", _TINY),
    "OxfordPets": _of_source((37, 3_680, 3_669), "RGB, many sizes", _PETS, 224),
    "CUB200": _of_source((200, 5_994, 5_794), "RGB, many sizes", _CUB, 224),
    "StanfordCars": Facts(
        196,
        8_144,
        8_041,
        "RGB, many sizes",
        "stanford_cars",
        by_hand="Its original address is offline: a copy has cars_train/, cars_test/ and devkit/, or train/ and test/ "
        "with a folder for each class.",
        customary_size=224,
    ),
    "ImageNet": Facts(
        1000,
        1_281_167,
        50_000,
        "RGB, many sizes",
        "ImageNet",
        by_hand="Download it from image-net.org after registration: train/ and val/ with a folder for each synset.",
        customary_size=224,
    ),
    "ImageFolder": Facts(
        0,
        0,
        0,
        "as the files",
        by_hand="Give DataPath: a folder or zip of split/class/image files, or {split}.",
        needs_path=True,
    ),
    "Arrays": Facts(
        0,
        0,
        0,
        "as the file",
        by_hand="Give DataPath: an .npz or .safetensors file of x_train, y_train, x_test and y_test.",
        needs_path=True,
    ),
    "CIFAR10-C": _of_source((10, 50_000, 10_000), "3x32x32", CORRUPTED_CIFAR10),
    "CIFAR100-C": _of_source((100, 50_000, 10_000), "3x32x32", CORRUPTED_CIFAR100),
    "CIFAR5M": _of_source((10, 0, 0), "about 6 million 3x32x32", CIFAR5M),
    "RandomImages300K": _of_source((1, 0, 0), "300,000 3x32x32, no test", RANDOM_IMAGES),
    "SUB": Facts(33, 0, 0, "768 numbers, or RGB", "SUB", by_hand="Give embeddings in a file, or images in folders."),
    "Digits": Facts(10, 1_442, 355, "1x8x8", by_hand="It comes with scikit-learn."),
    "Spirals": Facts(7, 14_000, 7_000, "2 numbers", by_hand="It is generated when it is read."),
    "Synthetic": Facts(0, 0, 0, "as configured", by_hand="It is generated when it is read."),
}


def home_of(name: str, root: Path) -> Path:
    """Returns the folder of a dataset that cannot be downloaded.

    Raises:
        DataError: the folder is missing, empty or unreadable, or the dataset has none.
    """
    facts = CATALOGUE[name]
    folder = facts.folder(root)
    if folder is None:
        raise DataError(f"there is nothing to download for {name}. {facts.by_hand}")
    if not is_downloaded(folder):
        raise DataError(
            f"{name} cannot be downloaded: put it into {folder}, or name its folder in DataPath. {facts.by_hand}",
            folder,
        )
    return folder
