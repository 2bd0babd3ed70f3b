"""`names models`: sizes and layers of networks for a dataset, and all layers of one network."""

import json

import pytest


@pytest.fixture
def shown(program):
    def show(*words):
        done = program("main.py", "names", "models", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return show


def test_a_network_is_shown_with_each_layers_shape_and_parameters(shown):
    lines = shown("resnet8", "--dataset", "CIFAR100").splitlines()
    assert lines[0] == "resnet8 for images 3x32x32 and 100 classes: 83,892 parameters"
    cells = [line.replace("*", " ").split() for line in lines[1:-1]]
    # conv 3x3 3->16 and its norm; two convolutions a block, a projection where the width changes; the pooled vector
    assert cells == [
        ["0", "relu", "16x32x32", "464"],
        ["1", "layer1.0", "16x32x32", "4,672"],
        ["2", "layer2.0", "32x16x16", "14,528"],
        ["3", "layer3.0", "64x8x8", "57,728"],
        ["4", "flatten", "64", "0"],
        ["head", "100", "6,500"],
    ]


def test_a_pattern_lists_the_matching_networks_as_json(shown):
    rows = json.loads(shown("resnet*x4", "--dataset", "CIFAR100", "--json"))
    assert [(row["name"], row["parameters"], row["layers"]) for row in rows] == [
        ("resnet32x4", 7_433_860, 17),
        ("resnet8x4", 1_233_540, 5),
    ]
    assert all(row["standard"] and row["obstacle"] == "" for row in rows)


def test_a_network_that_cannot_read_the_images_hides_no_other(shown):
    lines = shown("torchvision/*net1[28]*", "--dataset", "Digits", "--set", "DownSample=4").splitlines()
    assert any(line.startswith("torchvision/densenet121") for line in lines)
    assert any(line.startswith("torchvision/resnet18") for line in lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["RESNET20"], "Did you mean 'ResNet20' or 'resnet20' (names are case-sensitive)?"),
        (["nothing*"], "no model named 'nothing*'"),
        (["MLP", "--dataset", "CIFAR1"], "no dataset named 'CIFAR1'. Did you mean 'CIFAR10'?"),
        (["MLP", "--dataset", "Arrays"], "the shape of the samples of Arrays is known only once it is read"),
    ],
)
def test_a_wrong_name_gets_one_sentence(program, words, message):
    done = program("main.py", "names", "models", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
