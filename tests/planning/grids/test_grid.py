"""A grid is the product of the values over a template, each experiment once."""

import itertools
import json
import os
import re

import pytest

from Arch.errors import ConfigError, UnknownNameError
from Arch.planning.grids.axes import split
from Arch.planning.grids.grid import make_grid, write


@pytest.fixture
def template(tmp_path):
    """Writes a template and returns its path."""

    def at(name="template.json", **values):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"Model": "Net", **values}))
        return path

    return at


@pytest.fixture
def grid(workspace, tmp_path):
    """Makes the grid of some words over a template, for the folder `grid/`."""
    return lambda path, *words, to=None, overrides=(): make_grid(
        workspace.resolver, path, words, to or tmp_path / "grid", overrides
    )


def documents(made):
    return {variant.path.name: json.loads(variant.text) for variant in made.variants}


def test_the_files_are_the_product_of_the_values(grid, template):
    made = grid(template(Seed=9), "Temperature=1,2.5", "Seed=1,2,3")
    expected = {
        f"Temperature={temperature},Seed={seed}.json": {"Model": "Net", "Seed": seed, "Temperature": temperature}
        for temperature, seed in itertools.product((1, 2.5), (1, 2, 3))
    }
    assert documents(made) == expected
    assert made.duplicates == ()


def test_only_varying_keys_are_in_a_file_name(grid, template):
    assert list(documents(grid(template(), "Temperature=2", "Seed=1,2"))) == ["Seed=1.json", "Seed=2.json"]
    assert list(documents(grid(template(), "Temperature=2"))) == ["Temperature=2.json"]


def test_an_experiment_is_written_once_and_its_duplicates_are_listed(grid, template):
    made = grid(template(), "Fancy=false,true", "Depth=1,2")
    assert [variant.words for variant in made.variants] == [
        "Fancy=false,Depth=1",
        "Fancy=true,Depth=1",
        "Fancy=true,Depth=2",
    ]
    assert made.duplicates == (("Fancy=false,Depth=2", "Fancy=false,Depth=1"),)
    made = grid(template(), "Seed=1,1.0", "NumRuns=1,2")
    assert len(made.variants) == 1
    assert [kept for _, kept in made.duplicates] == ["Seed=1,NumRuns=1"] * 3


def test_the_written_files_are_the_planned_experiments(grid, template, workspace, tmp_path):
    template("teachers/big.json", Seed=3)
    path = template(Taught=True, Teacher="teachers/big.json", DataPath="pictures")
    made = grid(path, "Temperature=1,2", to=tmp_path / "deep/down")
    write(made.variants)
    for variant in made.variants:
        config = workspace.resolver.load(variant.path)
        assert config.fingerprint == variant.fingerprint
        assert config.references["Teacher"].active["Seed"] == 3
        assert os.path.realpath(config.resolve_path(config.option("DataPath"))) == str(tmp_path / "pictures")


def test_relative_paths_are_rewritten_and_absolute_ones_are_kept(grid, template, tmp_path):
    teacher = {"Model": "Net", "Taught": True, "Teacher": "t/other.json", "DataPath": "near"}
    template("t/other.json")
    made = grid(template(Taught=True, Teacher=teacher, DataPath="/far"), "Seed=1", to=tmp_path / "a/b")
    [document] = documents(made).values()
    assert document["DataPath"] == "/far"
    assert document["Teacher"] == {**teacher, "Teacher": "../../t/other.json", "DataPath": "../../near"}


def test_weights_in_a_file_are_found_from_the_new_folder(grid, template, tmp_path, workspace):
    (tmp_path / "w.safetensors").write_bytes(b"weights")
    made = grid(template(Taught=True, Teacher="Net@w.safetensors"), "Seed=1", to=tmp_path / "a")
    write(made.variants)
    assert documents(made)["Seed=1.json"]["Teacher"] == "Net@../w.safetensors"
    assert workspace.resolver.load(made.variants[0].path).fingerprint == made.variants[0].fingerprint


@pytest.mark.parametrize("teacher", ["Other", "torchvision/a.json@b", "timm/x"])
def test_values_that_are_no_paths_are_unchanged(grid, template, teacher):
    if teacher == "torchvision/a.json@b":
        teacher = "torchvision/a@b"
    made = grid(template(Taught=True, Teacher=teacher), "Seed=1")
    assert documents(made)["Seed=1.json"]["Teacher"] == teacher


def test_a_path_in_a_word_is_relative_to_the_working_directory(grid, template, tmp_path, monkeypatch, workspace):
    template("here/one.json", Seed=1)
    template("here/two.json", Seed=2)
    monkeypatch.chdir(tmp_path / "here")
    made = grid(template("there/student.json", Taught=True), "Teacher=one.json,two.json", to=tmp_path / "out")
    assert {name: each["Teacher"] for name, each in documents(made).items()} == {
        "Teacher=one.json": "../here/one.json",
        "Teacher=two.json": "../here/two.json",
    }
    write(made.variants)
    seeds = {workspace.resolver.load(each.path).references["Teacher"].active["Seed"] for each in made.variants}
    assert seeds == {1, 2}


def test_a_path_through_an_ambiguous_link_becomes_absolute(grid, template, tmp_path):
    (tmp_path / "real/inside").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real/inside")
    made = grid(template(DataPath="pictures"), "Seed=1", to=tmp_path / "link")
    assert documents(made)["Seed=1.json"]["DataPath"] == str(tmp_path / "pictures")


def test_a_value_replaces_the_one_in_the_template_wherever_it_is(grid, template):
    path = template(Heat=3, **{"Fancy": True, "Fancy:Params": {"Depth": 4}})
    made = grid(path, "Temperature=5", "Depth=6")
    assert documents(made) == {
        "Temperature=5,Depth=6.json": {"Model": "Net", "Heat": 5, "Fancy": True, "Fancy:Params": {"Depth": 6}}
    }


def test_overrides_apply_to_every_config(grid, template):
    made = grid(template(), "Seed=1,2", overrides=["Widths=[3,4]"])
    assert [document["Widths"] for document in documents(made).values()] == [[3, 4]] * 2


def test_lists_are_written_in_brackets(grid, template):
    made = grid(template(), "Widths=[32],[64,64]")
    assert documents(made) == {
        "Widths=32.json": {"Model": "Net", "Widths": [32]},
        "Widths=64x64.json": {"Model": "Net", "Widths": [64, 64]},
    }


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a , b ", ["a", "b"]),
        ("[1,2],[3]", ["[1,2]", "[3]"]),
        ("[[1,2],[3]],[4]", ["[[1,2],[3]]", "[4]"]),
        ('{"a":1,"b":[2,3]},c', ['{"a":1,"b":[2,3]}', "c"]),
        ('"a,b",c', ['"a,b"', "c"]),
        (r'"a\",b",c', [r'"a\",b"', "c"]),
        (r'"a\\",b', [r'"a\\"', "b"]),
        ('"[",2', ['"["', "2"]),
        ("", [""]),
    ],
)
def test_commas_split_only_outside_brackets_and_quotes(text, pieces):
    assert split(text, "word") == pieces


@pytest.mark.parametrize("text", ["[1,2", "1]", '"a', "]["])
def test_unbalanced_brackets_and_quotes_are_refused(text):
    with pytest.raises(ConfigError, match=r"^Widths=.*: a bracket or a quotation mark is not closed or not opened\.$"):
        split(text, f"Widths={text}")


@pytest.mark.parametrize("text", ["a,", ",a", "a,,b", ","])
def test_an_empty_value_between_commas_is_refused(text):
    with pytest.raises(ConfigError, match="expected a value before and after each comma"):
        split(text, "word")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Temprature=1"], r"no key named 'Temprature'. Did you mean 'Temperature'\?.* The word is 'Temprature=1'"),
        (["Temperature=1,warm"], '^Temperature=1,warm: expected a number, got "warm"'),
        (["Temperature=1,-1"], "^Temperature=1,-1: expected more than 0, got -1"),
        (["Model=Nett"], "^Model=Nett: expected one of its choices.* Did you mean 'Net'"),
        (["Seed"], "^expected Key=Value, got 'Seed'"),
        (["=3"], "^expected Key=Value"),
        (["Seed=1", "Seed=2"], "^Seed is given twice. Give all its values in one word: Seed=a,b,c"),
        (["Heat=1", "Temperature=2"], "^Temperature is given twice"),
        (["Taught=true"], "template.json with Taught=true: Teacher has to be given"),
        (["Taught=true", "Teacher=nowhere.json"], "with Taught=true,Teacher=nowhere.json: Teacher: .*no such file"),
    ],
)
def test_an_error_names_the_wrong_word(grid, template, words, message):
    with pytest.raises((ConfigError, UnknownNameError), match=message):
        grid(template(), *words)


def test_a_grid_that_is_too_large_is_refused_before_it_is_made(grid, template):
    numbers = ",".join(map(str, range(400)))
    with pytest.raises(ConfigError, match="more than 100000 combinations"):
        grid(template(), f"Seed={numbers}", f"Temperature={numbers.replace('0,', '0.5,', 1)}")


def test_writing_the_same_again_changes_nothing(grid, template):
    made = grid(template(), "Seed=1,2")
    assert made.missing() == made.variants
    write(made.missing())
    assert grid(template(), "Seed=1,2").missing() == ()
    assert grid(template(), "Seed=1,2,3").missing()[0].words == "Seed=3"


def test_a_file_with_other_content_is_kept_and_nothing_is_written(grid, template, tmp_path):
    (tmp_path / "grid").mkdir()
    (tmp_path / "grid/Seed=2.json").write_text("mine")
    made = grid(template(), "Seed=1,2")
    with pytest.raises(ConfigError, match=r"Seed=2\.json exists already with other content. Nothing was written"):
        made.missing()
    with pytest.raises(ConfigError, match="was written by another process in the meantime"):
        write(made.variants[1:])
    assert (tmp_path / "grid/Seed=2.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["Note=/a b/ü,/c,C,c,..,$HOME;*"], None),
        ([f"Note={'x' * 200},{'x' * 200}y"], None),
        (["Note=../up,..\\up,up", "Seed=1"], None),
        ([f"Seed={','.join(map(str, range(20)))}", "Temperature=1,2"], None),
        (['Model="Net","Other"'], {"Model=Net.json", "Model=Other.json"}),
    ],
)
def test_file_names_are_safe_and_short_and_differ_in_more_than_case(grid, template, words, names):
    found = [variant.path.name for variant in grid(template(), *words).variants]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9._+=,-]{0,99}\.json", name) for name in found)
    assert len({name.casefold() for name in found}) == len(found)
    assert names is None or set(found) == names


def test_two_files_of_one_name_get_their_fingerprints(grid, template, tmp_path):
    for folder in ("a", "b"):
        template(f"{folder}/t.json", Seed=ord(folder))
    made = grid(template(Taught=True), f"Teacher={tmp_path}/a/t.json,{tmp_path}/b/t.json")
    assert [each.path.name for each in made.variants] == [
        f"Teacher=t-{each.fingerprint[:12]}.json" for each in made.variants
    ]
