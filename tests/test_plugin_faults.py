"""Faults of plugin files, from a syntax error to a loss that is no number."""

import json
import re

import pytest

from Arch.cli.main import main
from Arch.cli.plotfigs import main as plot
from Arch.errors import DataError, PluginError, TrainingError
from tests.plugin_page import changed, shown, trained

IMPORT, NET, LOSS = "import torch\n", '@MODELS.register("MyNet")', '@METHODS.register("Confidence")'
FAULTS = {
    "a torn file": ("class MyNet(", "class MyNet((", r"my_file\.py:\d+: SyntaxError: "),
    "a missing module": (IMPORT, "import nosuch\n", r"my_file\.py:6: ModuleNotFoundError: No module named 'nosuch'\."),
    "an unknown name": (NET, "@Model", r"my_file\.py:12: NameError: name 'Model' is not defined"),
    "an exit": (IMPORT, "raise SystemExit('no')\n", r"my_file\.py:6: SystemExit: no\."),
    "another name": (NET, '@MODELS.register("N")', r'"::": {"Model": {"choices": {"N": 1}}}\.'),
    "no network": (NET, "", r'my_file\.cjson offers Model = "MyNet", which .*does not register. Add there: @MODELS'),
    "no switch": ('= "Confidence"', '= "Odd"', r'Add there: "Odd": false, "Odd:Params": {"ConfidenceWeight": 1\.0}\.'),
    "no key": ("width: int", "depth: int", r'has the field \'depth\'.*Add to .*"Model:MyNet:Params": {"MyNetDepth": '),
    "nothing at all": (shown()["my_file.py"], "", r'offers Model = "MyNet", which .*my_file\.py does not register\. '),
    "a file beside it": (IMPORT, "import my_figures\n", r"No module named 'my_figures'\. A plugin is one file and "),
    "a relative import": (IMPORT, "from . import torch\n", r"no known parent package\. A plugin is one file and "),
    "a taken name": (
        LOSS,
        '@METHODS.register("VanillaKD")',
        r"my_file\.py and .*vanilla_kd\.py both register the method",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_file_is_reported_in_a_sentence(fault, page):
    old, new, message = FAULTS[fault]
    changed(page, old, new)
    with pytest.raises(PluginError, match=message) as refusal:
        trained(page, Confidence=True)
    assert "\n" not in str(refusal.value)
    assert str(page) in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "return nn.Sequential(",
            "return 1 / 0, nn.Sequential(",
            r"my_file\.py:\d+: ZeroDivisionError: division by zero",
        ),
        ("log_p.exp() * log_p", "log_p.exp() * log_q", r"my_file\.py:\d+: NameError: name 'log_q' is not defined"),
        ("- self.margin", "@ batch.labels.float()[:1]", r"my_file\.py:\d+: RuntimeError: "),
        ("- self.margin", "- exit()", r"my_file\.py:\d+: SystemExit"),
    ],
)
def test_an_error_while_a_plugin_is_used_names_its_line(old, new, message, page):
    changed(page, old, new)
    with pytest.raises(PluginError, match=message):
        trained(page, Confidence=True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "network(self, shape, classes)",
            "network(self)",
            r"TypeError: MyNet\.network\(\) takes 1 positional argument",
        ),
        ("return nn.Sequential(", "nn.Sequential(", r"AttributeError: 'NoneType' object has no attribute 'modules'"),
        ("def read(", "def reed(", r"TypeError: Can't instantiate abstract class Stripes"),
    ],
)
def test_a_result_that_cannot_be_used_names_the_plugin_and_its_user(old, new, message, page):
    changed(page, old, new)
    with pytest.raises(PluginError, match=r"my_file\.py, used by .*\.py:\d+: " + message):
        trained(page)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("entropy", r"gives torch\.float32 \(4,\) on cpu: expected a scalar of floating point on cpu"),
        ("batch.labels.sum()", r"gives torch\.int64 \(\) on cpu"),
        ("1.0", "gives a float: "),
        ("None", "gives a NoneType: "),
    ],
)
def test_a_loss_that_is_no_scalar_is_refused_by_its_file(result, message, page):
    changed(page, "return (entropy - self.margin).clamp(min=0).mean()", f"return {result}")
    with pytest.raises(TrainingError, match=rf"the loss Confidence of {page}/my_file\.py {message}"):
        trained(page, Confidence=True)


def test_a_loss_without_gradient_is_refused_by_its_file(page):
    changed(page, "margin).clamp(min=0).mean()", "margin).clamp(min=0).mean().detach()")
    with pytest.raises(
        TrainingError, match=r"can be learned from the loss Confidence of .*my_file\.py: its value does"
    ):
        trained(page, Confidence=True, UseCELoss=False)
    assert trained(page, Confidence=True).n == 1  # beside another one it is but a constant


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("% 2", "% 3", "the labels in the train split of Stripes go from 0 to 2: .* its 2 classes"),
        ("% 2", "% 2 - 1", "the labels in the train split of Stripes go from -1 to 0: "),
        ("of(pixels, labels,", "of(pixels[:0], labels[:0],", "the train split of Stripes holds no samples"),
    ],
)
def test_unusable_data_are_refused(old, new, message, page):
    changed(page, old, new)
    with pytest.raises(DataError, match=message):
        trained(page)


@pytest.mark.slow
def test_an_error_of_a_plugin_in_a_worker_is_kept_with_its_line(page, program):
    changed(page, "log_p.exp() * log_p", "exit(0)")
    (page / "configs").mkdir()
    (page / "configs" / "one.json").write_text((page / "my_config.json").read_text().replace("my_file", "../my_file"))
    done = program("main.py", "-e", "configs", "--cache", "cache", "--quiet", "--device", "cpu", cwd=page)
    assert done.returncode == 1
    assert re.search(r"^error: configs/one\.json: \S+/my_file\.py:\d+: SystemExit: 0$", done.stderr, re.MULTILINE)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sheet.subplots()", "sheet.subplot()", r"my_figures\.py:10: AttributeError: 'Figure' object has no"),
        ("axes = sheet.subplots()", "exit(0)", r"my_figures\.py:10: SystemExit: 0"),
        ("(experiments, sheet)", "(experiments)", r"my_figures\.py, used by .*\.py:\d+: TypeError: seconds\(\) takes"),
    ],
)
def test_a_fault_of_a_figure_names_its_line(old, new, message, page):
    trained(page)
    changed(page, old, new, "my_figures.py")
    with pytest.raises(PluginError, match=message):
        plot(["seconds", "--plugin", "my_figures.py", "--cache", "cache"])


def test_out_of_memory_in_a_line_of_a_plugin_stays_out_of_memory(page):
    changed(page, "return (entropy", 'raise RuntimeError("CUDA out of memory")\n        return (entropy')
    with pytest.raises(TrainingError, match="use fewer workers at a time"):
        trained(page, Confidence=True)
    failure = json.loads(next((page / "cache").glob("*/Work/000/Failure.json")).read_text())
    assert failure["Kind"] == "out-of-memory"


def test_an_interrupt_raised_by_a_plugin_interrupts_the_program(page, capsys):
    changed(page, "import torch\n", "raise KeyboardInterrupt\n")
    assert main(["-c", "my_config.json", "--cache", "cache", "--quiet"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_the_program_gives_no_traceback_for_a_file_that_fails(page, program):
    changed(page, "import torch\n", "import nosuch\n")
    done = program("main.py", "-c", "my_config.json", "--cache", "cache", "--quiet", cwd=page)
    place = page / "my_file.py"
    assert done.stderr == f"error: my_config.json: {place}:6: ModuleNotFoundError: No module named 'nosuch'.\n"
    assert done.returncode == 1
