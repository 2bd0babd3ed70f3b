"""References: a teacher is the same experiment however it is referred to."""

import hashlib
import json
import os

import pytest

from Arch.config.foreign import ForeignNetwork
from Arch.config.resolve import Resolver
from Arch.errors import ConfigError, NotImplementedYetError, UnknownNameError
from tests.config.teachers import STUDENT, TEACHER, refused, taught_by


@pytest.fixture
def storing(rules_path, resolver):
    """A resolver that finds some experiments by the start of their fingerprints."""

    def with_stored(*configs):
        entries = {}
        for raw in configs:
            config = resolver.resolve(raw)
            for each in (config, *config.references.values()):
                entries[each.fingerprint] = dict(each.active)

        def stored(prefix):
            found = [active for fingerprint, active in entries.items() if fingerprint.startswith(prefix)]
            if len(found) != 1:
                raise UnknownNameError("experiment", prefix, entries)
            return found[0]

        return Resolver.at(rules_path, stored)

    return with_stored


def test_a_teacher_is_the_same_however_it_is_referred_to(storing, resolver, write, tmp_path):
    keeping = storing(TEACHER)
    fingerprint = resolver.resolve(TEACHER).fingerprint
    path = write("teachers/big.json", TEACHER)
    ways = [
        "resnet32x4",
        TEACHER,
        "teachers/big.json",
        str(path),
        "../x/teachers/big.json",
        fingerprint,
        fingerprint[:8],
    ]
    (tmp_path / "x").symlink_to(tmp_path)
    students = [
        taught_by(keeping, way, tmp_path / "x" if way.startswith("..") else tmp_path)
        if isinstance(way, str)
        else taught_by(keeping, way)
        for way in ways
    ]
    assert {student.references["Teacher"].fingerprint for student in students} == {fingerprint}
    assert len({student.fingerprint for student in students}) == 1
    assert {student["Teacher"] for student in students} == {fingerprint}


def test_a_bare_name_is_this_config_with_all_distillation_off(resolver):
    student = taught_by(resolver, "resnet32x4", MaxLR=0.02, DataAugmentation=True, NumRuns=3, TeacherRun=1)
    teacher = student.references["Teacher"]
    alone = {**TEACHER, "MaxLR": 0.02, "DataAugmentation": True}
    assert teacher.fingerprint == resolver.resolve(alone).fingerprint
    assert teacher.references == {}


@pytest.mark.parametrize("key", ["Temperature", "LGLossWeight", "TeacherRun"])
def test_students_that_differ_in_their_distillation_share_one_teacher(key, resolver):
    one, other = (taught_by(resolver, "resnet32x4", **{key: value}) for value in (2, 3))
    assert one.fingerprint != other.fingerprint
    assert one.references["Teacher"] is other.references["Teacher"]


def test_a_bare_teacher_learns_from_labels_though_its_student_does_not(resolver):
    student = taught_by(resolver, "resnet32x4", UseCELoss=False)
    teacher = student.references["Teacher"]
    assert teacher["UseCELoss"] is True
    assert teacher.fingerprint == resolver.resolve(TEACHER).fingerprint
    weighted = taught_by(resolver, "resnet32x4", CELossWeight=0.1, SeparateLinear=True)
    assert weighted.references["Teacher"].fingerprint == teacher.fingerprint


def test_a_bare_name_may_be_another_spelling(resolver_of):
    rules = {
        "Model": "",
        "Taught": False,
        "Taught:Params": {"Teacher": ""},
        "::": {
            "Model": {"choices": {"Net": 1}, "aliases": {"net": "Net"}, "required": True},
            "Teacher": {"type": "reference", "model_key": "Model", "resets": {"Taught": False}, "required": True},
        },
    }
    student = resolver_of(rules).resolve({"Model": "Net", "Taught": True, "Teacher": "net"})
    assert student.references["Teacher"].active == {"Model": "Net", "Taught": False}


def test_a_teachers_keys_are_checked_where_they_are_active(resolver):
    message = refused(resolver, "MLP", MLPWidths=[0])
    assert message == "config: Teacher: config: MLPWidths: expected at least 1, got 0."


def test_the_recipe_of_a_teacher_changes_the_students_fingerprint(resolver):
    names = {taught_by(resolver, {**TEACHER, "MaxLR": rate}).fingerprint for rate in (0.01, 0.02, 0.03)}
    assert len(names) == 3


def test_a_path_is_relative_to_the_file_that_has_it(resolver, write):
    write("teachers/big.json", {**STUDENT, "Teacher": "more/giant.json"})
    write("teachers/more/giant.json", TEACHER)
    student = resolver.load(write("student.json", {**STUDENT, "Teacher": "teachers/big.json"}))
    giant = student.references["Teacher"].references["Teacher"]
    assert giant.fingerprint == resolver.resolve(TEACHER).fingerprint


def test_a_missing_home_folder_is_an_ordinary_missing_file(resolver, tmp_path):
    assert refused(resolver, "~nobody-of-this-name/t.json", tmp_path).endswith(
        "~nobody-of-this-name/t.json: no such file."
    )


def test_a_fingerprint_finds_an_experiment_with_its_own_teacher(storing, resolver):
    middle = {**STUDENT, "Teacher": TEACHER}
    fingerprint = resolver.resolve(middle).fingerprint
    found = taught_by(storing(middle), fingerprint[:12]).references["Teacher"]
    assert found.fingerprint == fingerprint
    assert found.references["Teacher"].fingerprint == resolver.resolve(TEACHER).fingerprint


def test_a_fingerprint_without_a_cache_or_unknown_to_it_is_refused(storing, resolver):
    assert "there is no cache to find it in" in refused(resolver, "0123456789abcdef")
    assert "no experiment named '0123456789abcdef'" in refused(storing(TEACHER), "0123456789abcdef")


def test_a_whole_fingerprint_is_a_reference_also_without_its_entry(storing, resolver):
    fingerprint = resolver.resolve(TEACHER).fingerprint
    gone, there = taught_by(storing(), fingerprint), taught_by(storing(TEACHER), fingerprint)
    assert gone.fingerprint == there.fingerprint
    there.require_implemented()
    with pytest.raises(NotImplementedYetError, match=f"'experiment {fingerprint[:8]}' .*: no experiment named"):
        gone.require_implemented()


def test_an_experiment_of_other_rules_is_refused(rules_path):
    resolver = Resolver.at(rules_path, lambda prefix: TEACHER)
    assert "experiment 01234567 was named under other rules; the current rules name it " in refused(
        resolver, "01234567"
    )


@pytest.mark.parametrize("network", ["torchvision/resnet50@IMAGENET1K_V2", "timm/vit_base_patch16_224"])
def test_the_fingerprint_of_a_foreign_network_is_that_of_its_source_by_hand(network, resolver):
    teacher = taught_by(resolver, network).references["Teacher"]
    digest = hashlib.sha256(f'{{"Network":"{network}"}}'.encode()).hexdigest()[:32]
    assert isinstance(teacher, ForeignNetwork)
    assert (teacher.title, teacher.fingerprint, teacher.obstacle) == (network, digest, "")


def test_weights_in_a_file_are_named_by_their_digest_not_their_path(resolver, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"weights")
    (tmp_path / "b.safetensors").write_bytes(b"weights")
    (tmp_path / "c.safetensors").write_bytes(b"others")
    names = [taught_by(resolver, f"resnet20@{file}.safetensors", tmp_path)["Teacher"] for file in "abc"]
    text = json.dumps({"Digest": hashlib.sha256(b"weights").hexdigest(), "Network": "resnet20"}, separators=(",", ":"))
    assert names[0] == names[1] == hashlib.sha256(text.encode()).hexdigest()[:32]
    assert names[2] != names[0]
    assert taught_by(resolver, "resnet8@a.safetensors", tmp_path)["Teacher"] != names[0]


def test_a_teacher_that_is_switched_off_is_not_resolved(resolver):
    assert resolver.resolve({**STUDENT, "VanillaKD": False, "Teacher": "no/such.json"}).references == {}


def test_an_override_may_name_a_teacher_in_the_working_directory(resolver, write, tmp_path, monkeypatch):
    write("here/teacher.json", TEACHER)
    path = write("there/student.json", STUDENT)
    monkeypatch.chdir(tmp_path / "here")
    student = resolver.load(path, ["Teacher=teacher.json"])
    assert student.references["Teacher"].fingerprint == resolver.resolve(TEACHER).fingerprint
    assert os.fspath(student.folder) == str(tmp_path / "there")


def test_a_study_that_trains_no_network_is_no_teacher(resolver):
    looking = {"Trainer": "Evaluation", "Dataset": "Digits", "Network": "resnet8"}
    with pytest.raises(ConfigError, match="Teacher: Evaluation of resnet8 on Digits trains no network"):
        resolver.resolve({"Dataset": "Digits", "Model": "MLP", "VanillaKD": True, "Teacher": looking})
