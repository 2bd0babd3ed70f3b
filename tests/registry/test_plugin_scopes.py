"""The owner of a registered component; the oracle is the file whose statement registers it."""

import sys
import threading
from contextvars import copy_context

import pytest

from Arch.config.plugins.running import use_files
from Arch.errors import PluginError
from Arch.registry.plugin_scopes import BUILT_IN, PLUGIN_PREFIX, activate, owner_of, registering
from Arch.registry.registry import REGISTRIES, Registry
from tests.test_architecture import imported

PLUGIN = f"{PLUGIN_PREFIX}test"


@pytest.fixture
def components(tmp_path, monkeypatch):
    """A package with a registry whose built-in module is imported on the first look-up, as the real ones are."""
    package = tmp_path / "package_of_components"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from Arch.registry.registry import Registry\nCOMPONENTS = Registry('component', __name__)\n"
    )
    (package / "one.py").write_text(
        "from package_of_components import COMPONENTS\n\n\n"
        "@COMPONENTS.register('one')\ndef one():\n    'The built-in one.'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda: sys.modules["package_of_components"].COMPONENTS
    activate(())
    for name in [each for each in sys.modules if each.startswith(("package_of_components", PLUGIN_PREFIX))]:
        del sys.modules[name]
    REGISTRIES[:] = [each for each in REGISTRIES if each.kind != "component"]


@pytest.fixture
def run(tmp_path):
    """Runs plugins with these texts, and gives their modules."""

    def run_all(*texts):
        paths = [tmp_path / f"plugin_{place}.py" for place, _ in enumerate(texts)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        use_files(paths)
        return [next(each for each in sys.modules.values() if getattr(each, "__file__", "") == str(p)) for p in paths]

    return run_all


OWN = "from package_of_components import COMPONENTS\n\n\n@COMPONENTS.register('own')\ndef own():\n    'My own.'\n"


def test_a_component_of_a_plugin_is_shown_while_the_plugin_is_active(components, run):
    [module] = run(OWN)
    assert list(components()) == ["one", "own"]
    assert [*components().of_plugin(module.__name__)] == ["own"]
    run()
    assert list(components()) == ["one"]
    run(OWN)
    assert list(components()) == ["one", "own"]


@pytest.mark.parametrize(
    "text",
    [
        "from package_of_components.one import one\n",
        "import package_of_components.one\n",
        "try:\n    import nosuch\nexcept ImportError:\n    from package_of_components import one\n",
        "def load():\n    import package_of_components.one\n\n\nload()\n",
        "from package_of_components import COMPONENTS\nCOMPONENTS['one']\n",
        "from package_of_components import COMPONENTS\nassert 'one' in COMPONENTS\n",
    ],
)
def test_modules_that_a_plugin_imports_or_looks_up_stay_built_in(text, components, run):
    [module] = run(text)
    assert not components().of_plugin(module.__name__)
    run()
    assert list(components()) == ["one"]


def test_a_foreign_component_belongs_to_the_plugin_that_registers_it(components, run):
    [module] = run(
        "import functools\nfrom package_of_components import COMPONENTS\nfrom package_of_components.one import one\n"
        "COMPONENTS.register('again')(one)\n"
        "COMPONENTS.register('partial')(functools.partial(one))\n"
        "COMPONENTS.register('made')(type('Made', (), {}))\n"
        "COMPONENTS.register_family('f/*', lambda: ['f/x'], 'strings')(str)\n"
    )
    assert [*components().of_plugin(module.__name__)] == ["again", "partial", "made", "f/*"]
    assert components()["f/x"] == "f/x"
    run()
    assert list(components()) == ["one"]
    assert components().families == ()


@pytest.mark.parametrize("family", ["o*", "*"])
def test_a_family_over_a_built_in_name_is_refused_by_both_files(family, components, run):
    text = f"from package_of_components import COMPONENTS\nCOMPONENTS.register_family({family!r}, list, '')(str)\n"
    with pytest.raises(PluginError, match=r"plugin_0\.py and .*one\.py register the components .* and 'one', of which"):
        run(text)
    assert list(components()) == ["one"]


def test_a_component_that_a_plugin_registers_later_belongs_to_it(components, run):
    [module] = run(
        "from package_of_components import COMPONENTS\n\n\ndef more():\n"
        "    @COMPONENTS.register('later')\n    def later():\n        pass\n"
    )
    module.more()
    assert "later" in components()
    assert [*components().of_plugin(module.__name__)] == ["later"]
    run()
    assert "later" not in components()


@pytest.mark.parametrize(
    ("end", "error"),
    [("1 / 0\n", PluginError), ("raise SystemExit\n", PluginError), ("raise KeyboardInterrupt\n", KeyboardInterrupt)],
)
def test_a_file_that_fails_registers_nothing_and_can_be_run_again(end, error, components, run):
    for _ in range(2):
        with pytest.raises(error):
            run(OWN + end)
        assert list(components()) == ["one"]
        assert not [name for name in sys.modules if name.startswith(PLUGIN_PREFIX)]
    assert owner_of(object()) == BUILT_IN


def test_a_file_that_is_named_twice_is_one_plugin(components, run, tmp_path):
    [module] = run(OWN)
    use_files([tmp_path / "plugin_0.py", tmp_path / "plugin_0.py"])
    assert list(components()) == ["one", "own"]
    assert [*components().of_plugin(module.__name__)] == ["own"]


def test_two_plugins_and_the_package_may_not_register_one_name(components, run):
    with pytest.raises(
        PluginError, match=r"plugin_1\.py and .*plugin_0\.py both register the component 'own'\. Give one"
    ):
        run(OWN, OWN + "# another file\n")
    with pytest.raises(PluginError, match=r"plugin_0\.py and .*one\.py both register the component 'one'\. Give one"):
        run(OWN.replace("'own'", "'one'"))
    assert list(components()) == ["one"]


def test_a_thread_that_starts_while_a_plugin_runs_registers_as_the_package():
    found = []
    with registering(PLUGIN):
        thread = threading.Thread(target=lambda: found.append(owner_of(object())))
        thread.start()
        thread.join()
        assert owner_of(object()) == PLUGIN
    assert found == [BUILT_IN]
    assert copy_context().run(owner_of, object()) == BUILT_IN


def test_the_owner_is_restored_after_a_block_inside_another_and_after_an_error():
    with registering(PLUGIN):
        with pytest.raises(ValueError, match="x"), registering(BUILT_IN):
            raise ValueError("x")
        assert owner_of(object()) == PLUGIN
    assert owner_of(object()) == BUILT_IN


def test_a_name_is_registered_once(components, run):
    with pytest.raises(
        PluginError, match=r"plugin_0\.py:\d+: ValueError: two components register as component 'own'\."
    ):
        run(OWN + "\n\n@COMPONENTS.register('own')\ndef other():\n    pass\n")
    registry = Registry("component", "Arch.distillation")
    registry.register("a")(len)
    with pytest.raises(ValueError, match="two components register as component 'a'"):
        registry.register("a")(len)


def test_a_built_in_module_that_a_plugin_is_the_first_to_import_stays_built_in(tmp_path):
    (tmp_path / "first.py").write_text(
        "from Arch.extend import FIGURES\nfrom Arch.figures.accuracy_bars import accuracy_bars\n\n\n"
        "@FIGURES.register('mine')\ndef mine(experiments, sheet):\n    accuracy_bars(experiments, sheet)\n"
    )
    code = (
        "from Arch.config.plugins.running import use_files\nfrom Arch.figures import FIGURES\n"
        f"use_files([{str(tmp_path / 'first.py')!r}])\nassert {{'mine', 'accuracy-bars'}} <= {{*FIGURES}}\n"
        "use_files([])\nassert 'accuracy-bars' in FIGURES and 'mine' not in FIGURES\n"
    )
    assert "torch" not in imported(code)
