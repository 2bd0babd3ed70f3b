"""Plugins in the rules: they add keys and choices, change no fingerprint, and contradictions name both files."""

import json

import pytest

from Arch.config.names import PLUGINS
from Arch.config.resolve import Resolver
from Arch.errors import ConfigError, PluginError
from tests.config.conftest import RULES_PATH

ONE = {"Dataset": "Digits", "Model": "MLP"}
NET = {"Model:MyNet:Params": {"MyNetWidth": 8}, "::": {"Model": {"choices": {"MyNet": 1}}}}
LOSS = {"Odd": False, "Odd:Params": {"OddWeight": 1.0}}
TAUGHT = {
    "MyKD": False,
    "MyKD:Params": {"MyKDWeight": 1.0, "Teacher": "", "TeacherRun": 0, "TeacherWeights": "Last"},
    "::": {"Teacher": {"resets": {"MyKD": False}}},
}
SMALL = {
    "Model": "MLP", "Flag": False, "Plugins": [], ":": ["Plugins"],
    "::": {"Model": {"choices": {"MLP": 1, "VGG": 1}}, "Plugins": {"type": "paths"}},
}  # fmt: skip


@pytest.fixture
def resolver():
    return Resolver.at(RULES_PATH)


@pytest.fixture
def plugin(write):
    """Writes a plugin's two files."""

    def make(name, document, code="raise RuntimeError('no Python is run to resolve a config')\n"):
        write(f"{name}.cjson", document)
        return str(write(f"{name}.py", code))

    return make


def named(resolver, *paths, **keys):
    return resolver.resolve({PLUGINS: list(paths), **ONE, **keys})


def test_the_keys_of_a_plugin_change_the_fingerprint_but_not_its_path(resolver, plugin):
    here, there = plugin("here/net", NET), plugin("there/net", NET)
    default, wide = named(resolver, here, Model="MyNet"), named(resolver, here, Model="MyNet", MyNetWidth=9)
    assert dict(default.named) == {"Dataset": "Digits", "Model": "MyNet"}
    assert dict(wide.named) == {"Dataset": "Digits", "Model": "MyNet", "MyNetWidth": 9}
    assert named(resolver, there, Model="MyNet").fingerprint == default.fingerprint


def test_a_plugin_that_is_not_used_changes_nothing(resolver, plugin):
    alone = resolver.resolve(ONE)
    beside = named(resolver, plugin("net", NET), plugin("loss", LOSS), Odd=False)
    assert beside.document() == alone.document()


def test_only_used_plugins_are_recorded(resolver, plugin):
    net, loss = plugin("net", NET), plugin("loss", LOSS)
    assert [each["Path"] for each in named(resolver, net, loss, Odd=True).document()[PLUGINS]] == [loss]
    assert [each["Path"] for each in named(resolver, net, loss, Model="MyNet").document()[PLUGINS]] == [net]


def test_all_choices_but_some_excepts_the_choices_of_plugins(resolver, plugin):
    heeding = {**NET, "Model:MyNet:Params": {"MyNetWidth": 8, "BatchNorm": True}}
    assert "BatchNorm" not in named(resolver, plugin("net", NET), Model="MyNet").active
    assert named(resolver, plugin("other", heeding), Model="MyNet")["BatchNorm"] is True


def test_alternatives_with_all_choices_but_some_except_those_of_plugins(tmp_path, plugin):
    (tmp_path / "rules.cjson").write_text(json.dumps({**SMALL, "Flag|Model:!MLP:Params": {"X": 1}}))
    resolver = Resolver.at(tmp_path / "rules.cjson")
    net = plugin("net", NET)
    assert "X" in resolver.resolve({"Model": "VGG"}).active
    assert "X" not in resolver.resolve({PLUGINS: [net], "Model": "MyNet"}).active
    assert "X" in resolver.resolve({PLUGINS: [net], "Model": "MyNet", "Flag": True}).active


def test_a_plugin_activates_a_key_only_if_each_alternative_is_its_own(resolver, plugin):
    own = {**NET, **LOSS, "Odd|Model:MyNet:Params": {"Temperature": 4.0}}
    assert named(resolver, plugin("own", own), Odd=True)["Temperature"] == 4.0
    assert "Temperature" not in named(resolver, plugin("own", own)).active
    with pytest.raises(PluginError, match=r"'Temperature' is .*nowhere else"):
        named(resolver, plugin("more", {**NET, **LOSS, "Odd|Model:MLP:Params": {"Temperature": 4.0}}))


def test_a_bare_teacher_has_the_plugins_of_its_student_but_not_the_loss_that_it_resets(resolver, plugin):
    student = named(resolver, plugin("net", NET), plugin("kd", TAUGHT), MyKD=True, Teacher="MyNet")
    teacher = student.references["Teacher"]
    assert dict(teacher.named) == {"Dataset": "Digits", "Model": "MyNet"}
    assert [path.rpartition("/")[2] for path in student.plugins] == ["net.py", "kd.py"]


def test_a_teacher_s_file_has_its_own_plugins_only(resolver, plugin, write):
    net = plugin("net", NET)
    with_own = write("own.json", {PLUGINS: ["net.py"], **ONE, "Model": "MyNet"})
    without = write("bare.json", {**ONE, "Model": "MyNet"})
    student = resolver.resolve({**ONE, "VanillaKD": True, "Teacher": str(with_own)})
    assert list(student.plugins) == [net]
    assert student.rules.plugins == ()
    with pytest.raises(ConfigError, match="expected one of its choices"):
        named(resolver, net, VanillaKD=True, Teacher=str(without))


def test_an_inline_teacher_may_name_further_plugins(resolver, plugin):
    teacher = {PLUGINS: [plugin("net", NET)], **ONE, "Model": "MyNet", "Odd": True}
    student = named(resolver, plugin("loss", LOSS), VanillaKD=True, Teacher=teacher)
    assert dict(student.references["Teacher"].named) == {"Dataset": "Digits", "Model": "MyNet", "Odd": True}


def test_overrides_may_name_plugins_and_their_keys(resolver, plugin, write):
    path = write("one.json", ONE)
    config = resolver.load(path, [f"Plugins={plugin('net', NET)}", "Model=MyNet", "MyNetWidth=3"])
    assert config["MyNetWidth"] == 3


def test_the_rules_of_one_set_of_plugins_are_read_once(resolver, plugin, monkeypatch):
    net = plugin("net", NET)
    first = named(resolver, net, Model="MyNet", Seed=1)
    monkeypatch.setattr("Arch.config.plugins.joining.read_code", None)  # reading again would fail
    others = [named(resolver, net, Model="MyNet", Seed=seed, MyNetWidth=seed) for seed in range(2, 5)]
    assert {id(each.rules) for each in others} == {id(first.rules)}


CONTRADICTIONS = {
    "another default": (
        {"Odd": False, "Odd:Params": {"BatchSize": 64}},
        "'BatchSize' is a key of .*cannot change that",
    ),
    "without a condition": ({"BatchSize": 128}, "'BatchSize' is a key of .*nowhere else"),
    "a built-in condition": ({"Model:MLP:Params": {"Temperature": 4.0}}, "'Temperature' is .*nowhere else"),
    "a condition that holds": ({"Mode": "a", "Mode:a:Params": {"Temperature": 4.0}}, "'Temperature' is .*nowhere else"),
    "a fact": ({"::": {"BatchSize": {"at_least": 1}}}, "'BatchSize' is a key of .*cannot redefine"),
    "a choice": ({"::": {"Model": {"choices": {"MLP": 2}}}}, '"MLP" is a choice of Model in .* already'),
    "a pattern over a choice": ({"::": {"Model": {"choices": {"ML*": 1}}}}, r'"ML\*" covers "MLP", a choice of Model'),
    "a pattern over all": ({"::": {"Dataset": {"choices": {"*": 1}}}}, r'"\*" covers ".*", a choice of Dataset in '),
    "a pattern over a family": (
        {"::": {"Model": {"choices": {"*vision/r*": 1}}}},
        r'"\*vision/r\*" covers "torchvision/\*", a choice of Model',
    ),
    "a member of a family": ({"::": {"Model": {"choices": {"timm/mine": 1}}}}, '"timm/mine" is a choice of Model in '),
    "an endless name": ({"::": {"Model": {"choices": {"x" * 201: 1}}}}, "a choice has at most 200 characters"),
    "a choice of none": ({"::": {"Seed": {"choices": {"x": 1}}}}, "Seed has no choices that could be added to"),
    "a reset of a built-in key": (
        {"::": {"Teacher": {"resets": {"Seed": 1}}}},
        "'Seed' is a key of .*resets keys of its own",
    ),
    "always on": ({"Odd": True}, "'Odd' would be on in every experiment"),
    "a Python name": ({"Batch_Size": 3}, "'Batch_Size' is taken: .*'BatchSize'"),
    "an old spelling": ({"SeperateLinear": 3}, "'SeperateLinear' is taken: .*'SeparateLinear'"),
    "options": ({"Odd": False, ":": ["Odd"]}, "nothing would read options of a plugin"),
    "unknown facts": ({"::": {"Modle": {"choices": {"x": 1}}}}, "facts about 'Modle', which is not declared"),
    "an unknown condition": ({"Modle:Params": {"Odd": 1}}, "names the unknown key 'Modle'"),
    "torn": ('{"Odd": fal', "not valid JSON"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_plugin_that_contradicts_the_rules_or_itself_is_refused_by_line(case, resolver, plugin):
    document, message = CONTRADICTIONS[case]
    with pytest.raises(PluginError, match=rf"Plugins: .*odd\.cjson:\d+: {message}|odd\.cjson:\d+: .*{message}"):
        named(resolver, plugin("odd", document))


def test_every_built_in_choice_is_safe_from_a_pattern(resolver, plugin):
    for key, rule in resolver.rules.keys.items():
        for choice in (*rule.schema.choices, *rule.schema.planned, *rule.schema.aliases):
            with pytest.raises(PluginError, match=r"covers|already|has no choices"):
                named(resolver, plugin("odd", {"::": {key: {"choices": {f"{choice[:-1]}*": 1}}}}))


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [(NET, {"::": NET["::"]}, "Model 'MyNet'"), (LOSS, LOSS, "key 'Odd'"), (NET, {"MyNetWidth": 1}, "key")],
)
def test_two_plugins_with_one_name_are_refused_by_both_files(first, second, what, resolver, plugin):
    with pytest.raises(PluginError, match=rf"two\.cjson and .*one\.cjson both have the {what}"):
        named(resolver, plugin("one", first), plugin("two", second))


def test_a_pattern_over_the_choice_of_another_plugin_is_refused_by_both_files(resolver, plugin):
    over = {"::": {"Model": {"choices": {"My*": 1}}}}
    with pytest.raises(PluginError, match=r"one\.cjson and .*two\.cjson have the Model 'MyNet' and 'My\*', of which"):
        named(resolver, plugin("one", NET), plugin("two", over))


def test_two_files_of_one_name_are_refused(resolver, plugin):
    with pytest.raises(PluginError, match=r"b/net\.py and .*a/net\.py both have the file 'net\.py'"):
        named(resolver, plugin("a/net", NET), plugin("b/net", LOSS))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["gone.py"], r"gone\.py: no such file\."),
        (["."], r"expected a Python file, whose name ends in \.py\."),
        (["folder.py"], r"expected a file, got a folder\."),
        (["bare.py"], r"bare\.cjson: no such file\. It says which keys and choices .*bare\.py adds"),
        ("net.py", 'expected a list of paths, each as text, got "net.py"'),
        ([3], "expected a list of paths, each as text, got"),
    ],
)
def test_a_wrong_value_of_plugins_is_refused_in_a_sentence(value, message, resolver, tmp_path, write):
    (tmp_path / "folder.py").mkdir()
    write("bare.py", "")
    path = write("one.json", {PLUGINS: value, **ONE})
    with pytest.raises(ConfigError, match=rf"one\.json:2: Plugins: .*{message}"):
        resolver.load(path)


def test_plugins_inside_a_stanza_are_refused(resolver, plugin):
    with pytest.raises(ConfigError, match="Plugins has to be at the top level"):
        resolver.resolve({**ONE, "Model:MLP:Params": {PLUGINS: [plugin("net", NET)]}})


def test_an_explanation_names_the_plugin_s_file_and_line(resolver, plugin):
    from Arch.config.explain import explain

    config = named(resolver, plugin("net", json.dumps(NET, indent=1)), Model="MyNet")
    story = next(each for each in explain(config) if each.key == "MyNetWidth")
    assert story.why == "net.cjson, line 3: counts as Model:MyNet; not given, so not in the name"
