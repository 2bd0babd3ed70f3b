"""The files of a figure: their content, that it is reproducible, and the errors."""

from __future__ import annotations

import os
import subprocess
import sys

import matplotlib as mpl
import pytest

from Arch.errors import ArchError, DiskError, UnknownNameError
from Arch.figures import FIGURES, UnsuitableError
from Arch.figures.writer import draw
from tests.repository import ROOT

EPOCHS = [({"loss": 2.0, "accuracy": 0.2}, {"loss": 2.5, "accuracy": 0.1})]


@pytest.fixture
def experiments(shown):
    return [shown("resnet8", [0.9, 0.92], [EPOCHS, EPOCHS]), shown("vgg8", [0.95], [EPOCHS])]


def contents(paths):
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("name", list(FIGURES))
def test_a_figure_is_saved_as_png_and_pdf(name, experiments, tmp_path):
    png, pdf = draw(name, experiments, tmp_path / "new" / "folder").paths
    assert (png, pdf) == (tmp_path / "new" / "folder" / f"{name}.png", tmp_path / "new" / "folder" / f"{name}.pdf")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", list(FIGURES))
def test_equal_experiments_give_equal_bytes(name, experiments, tmp_path):
    first, second = (draw(name, experiments, tmp_path / folder) for folder in ("a", "b"))
    assert contents(first.paths) == contents(second.paths)


@pytest.mark.parametrize("name", list(FIGURES))
def test_pdf_files_embed_truetype_fonts_and_no_date(name, experiments, tmp_path):
    pdf = draw(name, experiments, tmp_path).paths[1].read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf


@pytest.mark.parametrize("name", list(FIGURES))
def test_png_files_have_200_dots_per_inch_of_one_or_two_columns(name, experiments, tmp_path):
    png = draw(name, experiments, tmp_path).paths[0].read_bytes()
    assert int.from_bytes(png[16:20], "big") in {3.5 * 200, 7 * 200}  # the width in a PNG's IHDR chunk


def test_the_users_settings_have_no_effect_and_are_kept(experiments, tmp_path):
    plain = contents(draw("accuracy-bars", experiments, tmp_path / "a").paths)
    with mpl.rc_context({"font.size": 30, "pdf.fonttype": 3}):
        assert contents(draw("accuracy-bars", experiments, tmp_path / "b").paths) == plain
        assert (mpl.rcParams["font.size"], mpl.rcParams["pdf.fonttype"]) == (30, 3)


def test_a_stem_is_a_prefix_and_cannot_leave_the_folder(experiments, tmp_path):
    png, _ = draw("accuracy-bars", experiments, tmp_path, "../Quick start").paths
    assert png == tmp_path / "..-Quick-start-accuracy-bars.png"


def test_an_unknown_figure_is_refused_with_the_nearest_name(experiments, tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'accuracy-bars'"):
        draw("accuracy-bar", experiments, tmp_path / "never")
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("name", list(FIGURES))
def test_no_experiments_are_an_error_that_leaves_nothing(name, tmp_path):
    with pytest.raises(ArchError, match=f"no experiment to draw as {name}"):
        draw(name, [], tmp_path / "never")
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("name", list(FIGURES))
def test_experiments_that_lack_what_a_figure_shows_are_left_out_and_named(name, experiments, shown, tmp_path):
    norms = shown("norms", [], [[({"norm": 1.0}, {})]])
    drawing = draw(name, [norms, *experiments, shown("none", [], [[]])], tmp_path / "a")
    assert [label for label, _ in drawing.left_out] == ["norms", "none"]
    assert all(str(reason).startswith("no run has ") for _, reason in drawing.left_out)
    assert contents(drawing.paths) == contents(draw(name, experiments, tmp_path / "b").paths)


@pytest.mark.parametrize("name", list(FIGURES))
def test_a_figure_that_suits_no_experiment_is_an_error_that_leaves_nothing(name, shown, tmp_path):
    with pytest.raises(UnsuitableError, match=r"^no run has "):
        draw(name, [shown("norms", []), shown("others", [])], tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_a_file_in_the_place_of_the_folder_is_a_clear_error(experiments, tmp_path):
    (tmp_path / "figures").write_text("")
    with pytest.raises(DiskError, match="figures"):
        draw("accuracy-bars", experiments, tmp_path / "figures")


def test_every_figure_has_a_description():
    assert list(FIGURES) == ["accuracy-bars", "confusion", "reliability", "training-curves"]
    assert all(len(FIGURES.about(name)) > 20 for name in FIGURES)


def python(program, **environment):
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_listing_the_figures_imports_no_heavy_library():
    heavy = {"torch", "numpy", "pandas", "matplotlib"}
    assert (
        python(f"import sys; from Arch.figures import FIGURES; list(FIGURES); print({heavy} & {{*sys.modules}})")
        == "set()"
    )


def test_drawing_needs_neither_pyplot_nor_torch_and_depends_on_no_hash_seed(tmp_path, shown):
    program = """
import sys, pathlib, types
from Arch.figures.writer import draw
result = types.SimpleNamespace(scores={0: {"accuracy": 0.9}, 1: {"accuracy": 0.92}}, unlike={})
draw("accuracy-bars", [types.SimpleNamespace(label="resnet8", result=result)], pathlib.Path(sys.argv[1]))
print({"torch", "pandas", "matplotlib.pyplot"} & {*sys.modules})
"""
    program = program.replace("sys.argv[1]", repr(str(tmp_path / "there")))
    assert python(program, PYTHONHASHSEED="7") == "set()"
    here = contents(draw("accuracy-bars", [shown("resnet8", [0.9, 0.92])], tmp_path / "here").paths)
    assert contents([tmp_path / "there" / f"accuracy-bars.{ending}" for ending in ("png", "pdf")]) == here
