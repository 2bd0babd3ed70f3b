"""Tiny copies of CUB-200, Oxford Pets and Stanford Cars with lists of images, in the original formats."""

import numpy as np
import pytest
import scipy.io
import torchvision
from PIL import Image

from Arch.datasets import DATASETS
from Arch.errors import DataError
from tests.datasets.tiny_images import encoded, photo, write_folder

SIDE = 5


def flat(number):
    """Returns an image of one grey value, its number, which JPEG and resizing do not change."""
    return encoded(np.full((7 + number % 3, 9, 3), 10 * number, dtype=np.uint8), ".jpg")


def read(name, folder, root, split):
    images = DATASETS[name]().located(folder).read_downsampled(root, split, SIDE)
    assert images.pixels.shape[1:] == (3, SIDE, SIDE)
    numbers = [round(float(image.float().mean()) / 10) for image in images.pixels]
    return numbers, [images.classes[label] for label in images.labels], images.classes


@pytest.fixture
def birds(tmp_path):
    """Writes five images of three classes; the second and the fourth are test samples."""
    kinds = ["001.Black_footed_Albatross", "002.Laysan_Albatross", "010.Red_winged_Blackbird"]
    images = [f"{kinds[k]}/{kinds[k][4:]}_{i}.jpg" for i, k in enumerate((0, 0, 1, 2, 2), 1)]
    lists = {
        "classes.txt": [f"{k} {kind}" for k, kind in enumerate(kinds, 1)],
        "images.txt": [f"{i} {name}" for i, name in enumerate(images, 1)],
        "image_class_labels.txt": ["1 1", "2 1", "3 2", "4 3", "5 3"],
        "train_test_split.txt": ["1 1", "2 0", "3 1", "4 0", "5 1"],
    }
    files = {f"images/{name}": flat(i) for i, name in enumerate(images, 1)}
    texts = {name: "".join(f"{line}\n" for line in lines).encode() for name, lines in lists.items()}
    return write_folder(tmp_path / "CUB_200_2011", {**files, **texts}), kinds


def test_cub200_is_split_and_labelled_by_its_lists(birds, root):
    folder, kinds = birds
    assert read("CUB200", folder, root, "train") == ([1, 3, 5], kinds, tuple(kinds))
    assert read("CUB200", folder, root, "test") == ([2, 4], [kinds[0], kinds[2]], tuple(kinds))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("images.txt", "1\n", "entry 1 of .*images.txt has fewer than 2 words"),
        ("train_test_split.txt", "1 1\n", "images.txt contains '2', which no other list has"),
        ("image_class_labels.txt", "1 1\n2 1\n3 2\n4 3\n5 4\n", "contains '4', which no other list has"),
        ("classes.txt", None, "cannot read .*classes.txt: no such file"),
        ("train_test_split.txt", "1 0\n2 0\n3 0\n4 0\n5 0\n", "is listed as an image of this split"),
    ],
)
def test_an_inconsistent_list_is_named_in_the_error(name, text, words, birds, root):
    folder, _ = birds
    (folder / name).unlink() if text is None else (folder / name).write_text(text)
    with pytest.raises(DataError, match=words):
        read("CUB200", folder, root, "train")


def test_a_listed_image_that_is_missing_is_named_in_the_error(birds, root):
    folder, kinds = birds
    (folder / f"images/{kinds[1]}/Laysan_Albatross_3.jpg").unlink()
    with pytest.raises(DataError, match=r"cannot read .*Laysan_Albatross_3.jpg"):
        read("CUB200", folder, root, "train")


def test_a_changed_label_is_detected(birds, root):
    folder, kinds = birds
    read("CUB200", folder, root, "train")
    (folder / "image_class_labels.txt").write_text("1 3\n2 1\n3 2\n4 3\n5 3\n")
    assert read("CUB200", folder, root, "train")[1] == [kinds[2], *kinds[1:]]


@pytest.mark.parametrize("name", ["CUB200", "OxfordPets", "StanfordCars", "ImageNet"])
def test_images_of_many_sizes_are_refused_without_a_size(name, root, tmp_path):
    words = f"the images of {name} differ in size: set DownSample to the side in pixels to resize them to, usually 224"
    for dataset in (DATASETS[name](), DATASETS[name]().located(tmp_path)):
        with pytest.raises(DataError, match=words):
            dataset.read(root, "train")


def test_images_that_are_too_small_are_enlarged_as_in_pillow(root, tmp_path):
    picture = photo(3, size=3)
    name = "american_bulldog_1"
    lists = {"annotations/trainval.txt": f"{name} 1 2 1\n".encode(), f"images/{name}.jpg": encoded(picture)}
    folder = write_folder(tmp_path / "pets", lists)
    images = DATASETS["OxfordPets"]().located(folder).read_downsampled(root, "train", 8)
    expected = Image.fromarray(picture).resize((8, 8), Image.Resampling.BILINEAR)
    assert np.array_equal(images.pixels[0].permute(1, 2, 0).numpy(), np.asarray(expected))


PETS = ("Abyssinian_100", "american_bulldog_2", "Abyssinian_7", "yorkshire_terrier_1")


def test_oxford_pets_equal_torchvision(root, tmp_path):
    texts = {
        "annotations/trainval.txt": "{0} 1 1 1\n{1} 2 2 1\n{3} 3 2 9\n".format(*PETS).encode(),
        "annotations/test.txt": "# a comment\n{2} 1 1 1\n".format(*PETS).encode(),
    }
    files = {f"images/{name}.jpg": flat(i) for i, name in enumerate(PETS)}
    folder = write_folder(tmp_path / "oxford-iiit-pet", {**texts, **files})
    theirs = torchvision.datasets.OxfordIIITPet(tmp_path, "trainval")
    numbers, names, classes = read("OxfordPets", folder, root, "train")
    assert list(classes) == theirs.classes == ["Abyssinian", "American Bulldog", "Yorkshire Terrier"]
    assert [classes.index(name) for name in names] == theirs._labels
    assert numbers == [0, 1, 3]
    assert read("OxfordPets", folder, root, "test")[:2] == ([2], ["Abyssinian"])


def write_cars(folder):
    """Writes the development kit: MATLAB structs with the box, class (from 1 on) and file of each image."""
    kind = [("bbox_x1", object), ("class", object), ("fname", object)]
    names = np.array([["AM General Hummer SUV 2000", "Ram C/V Cargo Van Minivan 2012"]], dtype=object)
    lists = {
        "cars_train": ("devkit/cars_train_annos.mat", (2, 1, 2)),
        "cars_test": ("cars_test_annos_withlabels.mat", (1, 2)),
    }
    files = {}
    for number, (images, (path, labels)) in enumerate(lists.items()):
        rows = [(1, label, f"{i:05}.jpg") for i, label in enumerate(labels, 1)]
        files |= {f"{images}/{name}": flat(10 * number + i) for i, (_, _, name) in enumerate(rows, 1)}
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        scipy.io.savemat(folder / path, {"annotations": np.array([rows], dtype=kind)})
    scipy.io.savemat(folder / "devkit/cars_meta.mat", {"class_names": names})
    return write_folder(folder, files)


@pytest.mark.parametrize(("split", "numbers"), [("train", [1, 2, 3]), ("test", [11, 12])])
def test_stanford_cars_equal_torchvision(split, numbers, root, tmp_path):
    folder = write_cars(tmp_path / "stanford_cars")
    theirs = torchvision.datasets.StanfordCars(tmp_path, split)
    found, names, classes = read("StanfordCars", folder, root, split)
    assert list(classes) == theirs.classes
    assert [classes.index(name) for name in names] == [int(label) for _, label in theirs._samples]
    assert found == numbers


def test_stanford_cars_may_be_in_class_folders(root, tmp_path):
    files = {f"{split}/{name}/1.jpg": flat(i) for i, name in enumerate("ab") for split in ("train", "test")}
    assert read("StanfordCars", write_folder(tmp_path / "c", files), root, "test") == ([0, 1], ["a", "b"], ("a", "b"))


def test_missing_test_labels_of_stanford_cars_are_an_error(root, tmp_path):
    folder = write_cars(tmp_path / "stanford_cars")
    (folder / "cars_test_annos_withlabels.mat").unlink()
    with pytest.raises(DataError, match=r"has no cars_test_annos_withlabels.mat, the labels of the test split"):
        read("StanfordCars", folder, root, "test")
