"""A plugin that leaves a file where it is run, and a cached experiment of it."""

import pytest

from tests.plugin_marks import forget
from tests.plugin_page import changed, trained


@pytest.fixture
def marked(page):
    """Makes the plugin of the page leave a file wherever it is run; returns the path of that file."""
    mark = page / "was-run"
    changed(page, "import torch\n", f"import torch\n\nopen({str(mark)!r}, 'w').close()\n")
    return mark


@pytest.fixture
def teacher(page, marked):
    """The fingerprint of a cached experiment that the plugin of the page made, on data of the page."""
    done = trained(page)
    marked.unlink()
    forget()
    return done.fingerprint
