"""The networks of the distillation benchmarks against measurements of the benchmarks' own networks."""

import pytest
import torch
from torch import nn

from Arch.models import MODELS

# name -> parameters, 10^6 multiplications of convolutions and head an image, convolutions, 10^3 numbers that they give
# an image, numbers in the pooled vector; for 100 classes at 3x32x32
TABLE = {
    "resnet8": (83_892, 12.5, 9, 86, 64),
    "resnet14": (181_108, 26.7, 15, 143, 64),
    "resnet20": (278_324, 40.8, 21, 201, 64),
    "resnet32": (472_756, 69.1, 33, 315, 64),
    "resnet44": (667_188, 97.4, 45, 430, 64),
    "resnet56": (861_620, 125.8, 57, 545, 64),
    "resnet110": (1_736_564, 253.2, 111, 1061, 64),
    "resnet8x4": (1_233_540, 177.1, 10, 377, 256),
    "resnet32x4": (7_433_860, 1083.0, 34, 1294, 256),
    "ResNet50": (23_705_252, 1298.0, 53, 3432, 2048),
    "wrn_16_1": (180_916, 26.7, 15, 143, 64),
    "wrn_16_2": (703_284, 101.1, 16, 303, 128),
    "wrn_40_1": (569_780, 83.3, 39, 373, 64),
    "wrn_40_2": (2_255_156, 327.6, 40, 762, 128),
    "vgg8": (3_965_028, 96.2, 5, 131, 512),
    "vgg11": (9_277_284, 209.4, 8, 164, 512),
    "vgg13": (9_462_180, 284.9, 10, 262, 512),
    "vgg16": (14_774_436, 398.2, 13, 295, 512),
    "vgg19": (20_086_692, 511.4, 16, 328, 512),
    "MobileNetV2x0.5": (812_836, 6.5, 53, 212, 1280),
    "ShuffleV1": (949_258, 38.7, 49, 869, 960),
    "ShuffleV2": (1_355_528, 44.5, 56, 563, 1024),
}
HEADS = {"vgg": "classifier", "Mobile": "classifier.0", "Shuffle": "linear"}


def test_the_benchmark_has_22_networks():
    assert len(TABLE) == 22
    assert set(TABLE) <= set(MODELS)


@pytest.mark.parametrize("name", TABLE)
def test_sizes_and_work_are_the_benchmarks(name, bare):
    parameters, millions, convolutions, thousands, width = TABLE[name]
    network = bare(name, classes=100).eval()
    given = []  # of each convolution: numbers it gives, multiplications for each of them
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda at, _, out: given.append((out[0].numel(), at.weight[0].numel())))
    network(torch.empty(1, 3, 32, 32, device="meta"))
    assert sum(each.numel() for each in network.parameters()) == parameters
    assert len(given) == convolutions
    assert sum(each for each, _ in given) / 1e3 == pytest.approx(thousands, abs=0.5)
    work = sum(each * inner for each, inner in given) + 100 * width
    assert work / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.parametrize("name", TABLE)
def test_the_head_has_the_benchmarks_name_and_reads_the_pooled_vector(name, bare):
    head = next((HEADS[each] for each in HEADS if name.startswith(each)), "fc")
    assert bare(name, classes=100).get_submodule(head).weight.shape == (100, TABLE[name][-1])


# ResNet50 is KD_wo_CE's, too, which counts for 10 classes
@pytest.mark.parametrize("name", sorted(TABLE.keys() - {"ResNet50"}))
def test_a_networks_description_states_its_number_of_parameters(name):
    assert f"{TABLE[name][0]:,} parameters (100 classes)" in MODELS.about(name)
