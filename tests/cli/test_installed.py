"""The package as it is built and installed: it works in an empty folder, far from its repository."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.repository import ROOT

pytestmark = pytest.mark.slow

FILES = ("setup.py", "pyproject.toml", "requirements.txt", "README.md", "LICENSE", "KDTrainer/BaselineConfig.cjson")
SOURCES = ("Arch", "ExperimentConfigs/Quickstart", *FILES)
SDIST = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what pip installed of a wheel that was built from an sdist of the sources alone."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    for name in SOURCES:
        copy, target = (shutil.copytree if (ROOT / name).is_dir() else shutil.copy), source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, target)
    finished([sys.executable, "-c", SDIST, str(folder)], source)
    (sdist,) = folder.glob("*.tar.gz")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    finished([*pip, "--no-build-isolation", "--target", str(folder / "site"), str(sdist)], folder)
    return folder / "site"


@pytest.fixture
def command(installed, tmp_path):
    """Runs an installed command in an empty folder."""

    def run(name, *words):
        return finished([sys.executable, str(installed / "bin" / name), *words], tmp_path, installed)

    return run


def finished(words, folder, path=None):
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_the_installed_commands_are_those_of_the_wheel(command, installed):
    for name in ("arch-kd", "arch-kd-figures"):
        assert command(name, "--version").stdout.rstrip().endswith(f"from {installed / 'Arch'}")


def test_the_configs_of_the_demonstration_are_installed(command, installed):
    configs = installed / "Arch/package_data/ExperimentConfigs/Quickstart"
    assert "3 experiments (0 only as dependencies)" in command("arch-kd", "plan", str(configs)).stdout


def test_the_workers_of_a_sweep_find_the_package_and_the_rules(command, tmp_path):
    config = {"Dataset": "Synthetic", "SyntheticSamples": 32, "Model": "MLP", "MLPWidths": [6], "NumEpochs": 1}
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/a.json").write_text(json.dumps(config))
    assert "runs: 1 made" in command("arch-kd", "-e", "configs").stderr


def test_the_doctor_says_that_there_is_no_repository(command):
    assert "without a repository" in command("arch-kd", "doctor").stdout
