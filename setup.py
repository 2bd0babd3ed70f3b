"""Builds the package together with files of the repository outside it: rules, demonstration, requirements.

All other settings are in `pyproject.toml`.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

COPIES = Path("Arch/package_data")  # as `Arch.machine.installation` expects them, under their own relative paths
PATTERNS = ("KDTrainer/BaselineConfig.cjson", "ExperimentConfigs/Quickstart/*.json", "requirements.txt")


class BuildWithFiles(build_py):
    """Copies the files into the package that is built, and names them as sources, so that an sdist has them."""

    def run(self) -> None:
        """Builds the package; an editable one reads the files in the repository."""
        super().run()
        for source in () if self.editable_mode else sources():
            target = Path(self.build_lib, COPIES, source)
            self.mkpath(str(target.parent))
            self.copy_file(source, str(target))

    def get_source_files(self) -> list[str]:
        """Returns the package's own source files and the copied ones."""
        return [*super().get_source_files(), *sources()]


def sources() -> list[str]:
    """Returns the files to copy, relative to this folder."""
    return sorted(str(path) for pattern in PATTERNS for path in Path().glob(pattern))


setup(cmdclass={"build_py": BuildWithFiles})
