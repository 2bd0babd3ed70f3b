"""Missing and cyclic references are refused with the line of every reference in between."""

import json

import pytest

from Arch.config.config import Config
from Arch.errors import ConfigError
from tests.config.teachers import STUDENT, TEACHER, refused


@pytest.mark.parametrize("file", ["no.safetensors", ".", "a\0b"])
def test_weights_that_cannot_be_read_are_refused(file, resolver, tmp_path):
    assert "config: Teacher: the weights " in refused(resolver, f"resnet20@{file}", tmp_path)


def test_weights_of_an_unknown_network_are_refused(resolver, tmp_path):
    (tmp_path / "a.pt").write_bytes(b"x")
    assert "Did you mean 'resnet20'?" in refused(resolver, "resnt20@a.pt", tmp_path)


def test_a_teacher_that_refers_to_itself_is_refused_with_the_cycle(resolver, write):
    path = write("a.json", {**STUDENT, "Teacher": "a.json"})
    with pytest.raises(ConfigError) as refusal:
        resolver.load(path)
    assert str(refusal.value) == (
        f"{path}:6: Teacher: {path}: the references form a cycle: {path} -> {path}. Give one of them another teacher."
    )


def test_a_cycle_of_teachers_is_refused_with_the_cycle(resolver, write, tmp_path):
    for name, teacher in (("a", "b"), ("b", "c"), ("c", "b")):
        write(f"{name}.json", {**STUDENT, "Teacher": f"{teacher}.json"})
    with pytest.raises(ConfigError) as refusal:
        resolver.load(tmp_path / "a.json")
    ring = " -> ".join(str(tmp_path / f"{name}.json") for name in "bcb")
    assert f"the references form a cycle: {ring}." in str(refusal.value)


def test_a_cycle_through_a_linked_folder_is_refused(resolver, write, tmp_path):
    (tmp_path / "again").symlink_to(tmp_path)
    path = write("a.json", {**STUDENT, "Teacher": "again/a.json"})
    with pytest.raises(ConfigError):
        resolver.load(path)


def test_after_a_refusal_the_resolver_works_on(resolver, write):
    path = write("a.json", {**STUDENT, "Teacher": "a.json"})
    with pytest.raises(ConfigError):
        resolver.load(path)
    write("a.json", TEACHER)
    assert isinstance(resolver.load(path), Config)


def test_a_missing_file_is_refused_with_its_path_and_the_referring_line(resolver, write, tmp_path):
    path = write("a.json", {**STUDENT, "Teacher": "no/such.json"})
    with pytest.raises(ConfigError) as refusal:
        resolver.load(path)
    assert str(refusal.value) == f"{path}:6: Teacher: {tmp_path / 'no' / 'such.json'}: no such file."


@pytest.mark.parametrize(
    ("teacher", "words"),
    [
        ("resnt20", "got \"resnt20\". Did you mean 'resnet20'?"),
        ("ResNET20", "Did you mean 'ResNet20' or 'resnet20' (names are case-sensitive)?"),
        ("zebra", "expected a model's name, a config's path (ending in .json), an inline config or a fingerprint"),
        ("resnet*", "expected a model's name"),
        ("0123", "expected a model's name"),
        ("0123456789abcdef0123456789abcdef0", "expected a model's name"),
        ("", "config: Teacher has to be given: The network to learn from"),
        ({}, "config: Teacher has to be given"),
        (3, "config: Teacher: expected an experiment: a model's name"),
        (["resnet20"], "config: Teacher: expected an experiment"),
        (None, "config: Teacher: expected an experiment"),
        (True, "config: Teacher: expected an experiment"),
    ],
)
def test_a_reference_that_names_nothing_is_refused(teacher, words, resolver):
    assert words in refused(resolver, teacher)


def test_a_mistake_in_a_teachers_file_is_reported_with_both_lines(resolver, write):
    teacher = write("t.json", '{"Dataset": "CIFAR10",\n"Modell": "MLP"}')
    path = write("s.json", {**STUDENT, "Teacher": "t.json"})
    with pytest.raises(ConfigError) as refusal:
        resolver.load(path)
    assert str(refusal.value) == f"{path}:6: Teacher: {teacher}:2: unknown key 'Modell'. Did you mean 'Model'?"


def test_a_mistake_in_an_inline_teacher_is_reported_with_its_line(resolver, write):
    inner = {**STUDENT, "Teacher": {**TEACHER, "Optimzer": "SGD"}}
    path = write("s.json", {**STUDENT, "Teacher": inner})
    with pytest.raises(ConfigError) as refusal:
        resolver.load(path)
    line = 1 + path.read_text().splitlines().index('   "Optimzer": "SGD"')
    assert str(refusal.value).startswith(
        f"{path}:{line}: Teacher: Teacher: unknown key 'Optimzer'. Did you mean 'Optimizer'"
    )


@pytest.mark.parametrize("depth", [300, 900])
def test_experiments_nested_too_deeply_are_refused(depth, resolver, write):
    start = json.dumps(STUDENT)[:-1] + ', "Teacher": '
    path = write("s.json", start * depth + '"resnet20"' + "}" * depth)
    with pytest.raises(ConfigError) as refusal:
        resolver.load(path)
    assert str(refusal.value).startswith(str(path))
    assert len(str(refusal.value)) < 200 + len(str(path))


def test_a_chain_of_files_that_is_too_long_is_refused(resolver, write, tmp_path):
    for number in range(400):
        write(f"{number}.json", {**STUDENT, "Teacher": f"{number + 1}.json"})
    write("400.json", TEACHER)
    with pytest.raises(ConfigError) as refusal:
        resolver.load(tmp_path / "0.json")
    assert str(refusal.value) == f"{tmp_path / '0.json'}: too many experiments inside each other."
