"""Only active keys and options can be read from a config."""

import dataclasses
import importlib
import json
import pkgutil
from pathlib import Path

import pytest

import Arch.config as room
from Arch.config.config import Config
from Arch.config.identity import canonical_json
from Arch.errors import InactiveKeyError, NotImplementedYetError, UnknownNameError

PLAIN = {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [8, 4]}


@dataclasses.dataclass(frozen=True)
class MLP:
    widths: tuple[int, ...]
    dropout: float


@dataclasses.dataclass(frozen=True)
class SGD:
    momentum: float
    nesterov: bool


@dataclasses.dataclass(frozen=True)
class Misread:
    no_such_field: int


@dataclasses.dataclass(frozen=True)
class Mapped:
    layer_map: tuple[tuple[int, ...], ...]


def test_every_record_of_the_package_is_frozen():
    modules = [importlib.import_module(f"Arch.config.{module.name}") for module in pkgutil.iter_modules(room.__path__)]
    records = {each for module in modules for each in vars(module).values() if dataclasses.is_dataclass(each)}
    assert len(records) > 10
    assert [each.__name__ for each in records if not each.__dataclass_params__.frozen] == []


def test_not_a_number_has_no_canonical_form():
    with pytest.raises(ValueError, match="Out of range float"):
        canonical_json({"a": float("nan")})


def test_an_active_key_is_read(resolver):
    config = resolver.resolve({**PLAIN, "BatchSize": 64})
    assert (config["BatchSize"], config["NumEpochs"], config["Model"]) == (64, 50, "MLP")


def test_a_switched_off_key_cannot_be_read_even_if_given(resolver):
    config = resolver.resolve({**PLAIN, "Momentum": 0.5})
    with pytest.raises(InactiveKeyError) as refusal:
        config["Momentum"]
    assert str(refusal.value) == (
        "Momentum is switched off for this experiment "
        f"(it counts when {config.conditions_of('Momentum')}), so nothing may read it."
    )
    assert "Optimizer:SGD" in str(refusal.value)
    assert refusal.value.key == "Momentum"


def test_the_reason_joins_all_stanzas_and_all_declarations(resolver):
    with pytest.raises(InactiveKeyError, match="VanillaKD,FeatureKD and DataAugmentation"):
        resolver.resolve(PLAIN)["AugmentTeacher"]


def test_an_unknown_key_and_an_option_are_not_active_keys(resolver):
    config = resolver.resolve(PLAIN)
    with pytest.raises(UnknownNameError, match=r"no active key named 'BatchSzie'\. Did you mean 'BatchSize'"):
        config["BatchSzie"]
    with pytest.raises(UnknownNameError, match="no active key named 'NumRuns'"):
        config["NumRuns"]


def test_an_option_is_read_by_its_own_method(resolver):
    assert resolver.resolve({**PLAIN, "NumRuns": 3}).option("NumRuns") == 3
    assert resolver.resolve(PLAIN).option("DataPath") == ""
    with pytest.raises(UnknownNameError, match="no option named 'BatchSize'"):
        resolver.resolve(PLAIN).option("BatchSize")


def test_a_component_is_filled_from_the_keys_of_its_fields(resolver):
    config = resolver.resolve({**PLAIN, "Optimizer": "SGD", "Nesterov": True, "MLPDropout": 0.5})
    assert config.fill(MLP, "MLP") == MLP((8, 4), 0.5)
    assert config.fill(SGD, "SGD") == SGD(0.9, True)


def test_a_component_whose_keys_are_off_or_unknown_is_not_filled(resolver):
    with pytest.raises(InactiveKeyError, match="Momentum is switched off"):
        resolver.resolve(PLAIN).fill(SGD, "SGD")
    with pytest.raises(UnknownNameError, match="no_such_field"):
        resolver.resolve(PLAIN).fill(Misread, "MLP")


def test_a_filled_component_is_deeply_frozen(resolver):
    raw = {**PLAIN, "FeatureKD": True, "Teacher": "MLP", "LayerMappingMethod": "PreDefined", "LayerMap": [[1, 2], [3]]}
    assert hash(resolver.resolve(raw).fill(Mapped, "PreDefined")) == hash(Mapped(((1, 2), (3,))))


def test_a_path_is_relative_to_the_folder_of_the_config(resolver, tmp_path, monkeypatch):
    config = resolver.resolve(PLAIN, tmp_path / "configs")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert config.resolve_path("data/x.zip") == tmp_path / "configs" / "data" / "x.zip"
    assert config.resolve_path("/data/x.zip") == Path("/data/x.zip")
    assert config.resolve_path("~/x.zip") == Path("/home/somebody/x.zip")
    assert config.resolve_path("~nobody-of-this-name/x") == tmp_path / "configs" / "~nobody-of-this-name" / "x"


def test_only_values_that_differ_from_their_defaults_are_named(resolver):
    config = resolver.resolve({**PLAIN, "BatchSize": 128, "Momentum": 0.5, "NumRuns": 3})
    assert config.named == {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [8, 4]}
    assert config.default_of("BatchSize") == 128
    assert config.default_of("Dataset") == ""


def test_a_title_says_network_data_and_teacher(resolver):
    teacher = {"Dataset": "Digits", "Model": "resnet8"}
    taught = {**PLAIN, "VanillaKD": True}
    assert resolver.resolve(PLAIN).title == "MLP on Digits"
    assert resolver.resolve({**taught, "Teacher": teacher}).title == "MLP on Digits, taught by resnet8"
    assert resolver.resolve({**taught, "Teacher": "timm/x"}).title == "MLP on Digits, taught by timm/x"
    images = {"Dataset": "ImageFolder", "DataName": "birds", "Model": "resnet8"}
    assert resolver.resolve(images).title == "resnet8 on birds"


def test_the_document_holds_the_active_values_and_their_defaults(resolver):
    config = resolver.resolve({**PLAIN, "VanillaKD": True, "Teacher": "resnet8", "Seed": 2})
    document = json.loads(json.dumps(config.document()))
    teacher = config.references["Teacher"]
    assert document["Fingerprint"] == config.fingerprint
    assert document["Title"] == "MLP on Digits, taught by resnet8"
    assert document["References"] == {"Teacher": {"Fingerprint": teacher.fingerprint, "Title": "resnet8 on Digits"}}
    assert document["Active"].keys() == document["Defaults"].keys() == config.active.keys()
    assert (document["Active"]["Seed"], document["Defaults"]["Seed"]) == (2, 0)
    assert document["Active"]["Teacher"] == teacher.fingerprint
    assert "Momentum" not in document["Active"]
    assert "NumRuns" not in document["Active"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Model": "TcT"}, 'Model = "TcT" has an identity but cannot run yet: '),
        ({"Dataset": "CIFAR100S"}, 'Dataset = "CIFAR100S" has an identity but cannot run yet: no source defines'),
        ({"PreTrained": True}, "cannot run yet: PreTrainedFrom has to be given. Whose weights: torchvision/NAME"),
        ({"Trainer": "ProbeTrainer"}, "probing is planned. What runs: "),
        ({"FeatureKD": True, "Teacher": "MLP"}, "FeatureKD = true has an identity but cannot run yet: "),
        ({"VanillaKD": True, "Teacher": "TcT"}, 'Model = "TcT" has an identity but cannot run yet: '),
        ({"VanillaKD": True, "Teacher": "0" * 32}, "the network 'experiment 00000000' has an identity but cannot run"),
    ],
)
def test_a_planned_value_is_refused_by_name_only_before_a_run(change, words, resolver):
    config = resolver.resolve({**PLAIN, **change})
    assert len(config.fingerprint) == 32
    with pytest.raises(NotImplementedYetError) as refusal:
        config.require_implemented()
    assert words in str(refusal.value)


def test_implemented_values_and_planned_ones_that_are_off_may_run(resolver):
    resolver.resolve({**PLAIN, "ProjectionMethod": "PCA", "Teacher": "ViT_B"}).require_implemented()
    resolver.resolve({**PLAIN, "VanillaKD": True, "Teacher": "resnet8"}).require_implemented()


def test_two_configs_are_never_confused_with_one(resolver):
    one, other = resolver.resolve(PLAIN), resolver.resolve(PLAIN)
    assert one != other
    assert one.fingerprint == other.fingerprint
    assert isinstance(dataclasses.replace(one, options={}), Config)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1.0, "a": [2.0, -0.5, "é", True, None]}, '{"a":[2,-0.5,"é",true,null],"b":1}'),
        ({"a": (1, [2.5])}, '{"a":[1,[2.5]]}'),
        ({"a": {"c": 0.1, "b": 1e22}}, '{"a":{"b":1e+22,"c":0.1}}'),
        ({"a": 1e-8}, '{"a":1e-08}'),
        ({"a": 2.0**53, "b": 2.0**54}, '{"a":9007199254740992,"b":1.8014398509481984e+16}'),
    ],
)
def test_canonical_json_has_one_form(value, text):
    assert canonical_json(value) == text


def test_versions_are_those_of_the_active_values(resolver):
    config = resolver.resolve({**PLAIN, "Optimizer": "SGD"})
    named = ("Trainer", "Precision", "Dataset", "Normalization", "Model", "Optimizer", "LRScheduler", "Select")
    assert config.versions == dict.fromkeys(named, 1)
