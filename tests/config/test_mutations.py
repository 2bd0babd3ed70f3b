"""Configs and rules with a few random mistakes: each is read or gives one clear error."""

import json
import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from Arch.config.config import Config
from Arch.config.resolve import Resolver
from Arch.config.rules.reader import read_rules
from Arch.errors import ArchError, RulesError
from tests.config import kd_wo_ce

PUBLISHED = kd_wo_ce.published()
SOUND = [
    {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [16]},
    {"Dataset": "CIFAR10", "Model": "resnet8x4", "VanillaKD": True, "Teacher": "resnet32x4", "NumRuns": 3},
    {"Dataset": "CIFAR10", "Model": "resnet8", "VanillaKD": True, "Teacher": {"Dataset": "CIFAR10", "Model": "vgg8"}},
    {
        "Dataset": "ImageFolder",
        "DataName": "x",
        "DataPath": "x-{split}.zip",
        "Model": "VGG11",
        "LRScheduler": "MultiStep",
    },
    {
        "Dataset": "CIFAR10",
        "Model": "ViT_B",
        "VanillaKD": True,
        "VanillaKD:Params": {"Temperature": 2, "Teacher": "VGG11"},
    },
    PUBLISHED["CIFAR10/ResNet34->ResNet9/VKD"],
    PUBLISHED["TinyImagenet/ViT_B->ViT_ETT/SemCKD"],
]
ODD_TEXTS = [
    "", " ", "é", "e\u0301", "\ud800", "\u2028", "\x00", "a\nb", "\x1b[31m", "💥", "*", "ViT_*", "!MLP", ":", "::",
    "NaN", "true", "1", "Teacher", "a\nb.json", "\x00.json", "~/x.json", "~nobody-of-this-name/x.json", "config.json",
    ".json", "no/such.json", "/", "resnet8@x", "@", "resnet8@\x00", "timm/", "torchvision/x", "0123456789abcdef",
    "x" * 300 + ".json", "K:Params", "VanillaKD:Params", "A:b:c:Params", "Model:ViT_*:Params",
]  # fmt: skip
ODD_NUMBERS = [0, -1, 1, 2, 1.5, -0.0, 1e-320, 1e308, 1e999, -1e999, 2**53, 2**53 + 1, 10**400, -(10**30), float("nan")]


@st.composite
def nested(draw):
    """Lists or objects inside each other, up to far beyond what Python's stack takes."""
    value = draw(st.sampled_from([0, "x", {}, [], None]))
    is_list = draw(st.booleans())
    for _ in range(draw(st.sampled_from([1, 2, 5, 90, 300]))):
        value = [value] if is_list else {draw(st.sampled_from(["Teacher", "A:Params"])): value}
    return value


VALUES = st.one_of(
    st.sampled_from([None, True, False, [], {}, [[]], *ODD_TEXTS, *ODD_NUMBERS]),
    st.text(max_size=8),
    st.text(st.characters(), max_size=4),
    st.lists(st.sampled_from([1, 1.5, "a", True, None, [], float("inf"), -1]), max_size=4),
    st.dictionaries(
        st.sampled_from(["Model", "Dataset", "Teacher", "x"]), st.sampled_from(["MLP", "Digits", 3]), max_size=3
    ),
    nested(),
)
NAMES = st.one_of(st.sampled_from(ODD_TEXTS), st.sampled_from(sorted(kd_wo_ce.FLAT)), st.text(max_size=6))


def renamed(draw, members):
    place = draw(st.integers(0, len(members) - 1))
    name = members[place][0]
    cut = draw(st.integers(0, len(name)))
    other = draw(
        st.sampled_from([name[:cut] + name[cut + 1 :], name[:cut] + "x" + name[cut:], name.lower(), name + " "])
    )
    members[place] = (other, members[place][1])


def deleted(draw, members):
    members.pop(draw(st.integers(0, len(members) - 1)))


def duplicated(draw, members):
    name, value = draw(st.sampled_from(members))
    members.insert(draw(st.integers(0, len(members))), (name, draw(st.just(value) | VALUES)))


def revalued(draw, members):
    place = draw(st.integers(0, len(members) - 1))
    members[place] = (members[place][0], draw(VALUES))


def added(draw, members):
    members.insert(draw(st.integers(0, len(members))), (draw(NAMES), draw(VALUES)))


def wrapped(draw, members):
    """A config inside itself, as its own teacher or in a stanza."""
    members.append((draw(st.sampled_from(["Teacher", "VanillaKD:Params", "Model:x:Params"])), dict(members)))


@st.composite
def mistaken(draw):
    """The bytes of a sound config after a few mistakes."""
    members = list(draw(st.sampled_from(SOUND)).items())
    for _ in range(draw(st.integers(1, 3))):
        mistakes = [added, *([renamed, deleted, duplicated, revalued, wrapped] if members else [])]
        draw(st.sampled_from(mistakes))(draw, members)
    is_ascii = draw(st.booleans())
    pairs = (
        f"{json.dumps(name, ensure_ascii=is_ascii)}: {json.dumps(value, ensure_ascii=is_ascii)}"
        for name, value in members
    )
    content = ("{" + ",\n".join(pairs) + "}").encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 5)) == 0:  # a slip of the editor or of the disk
        place = draw(st.integers(0, len(content)))
        tail = draw(st.sampled_from([content[place + 1 :], b"", b"," + content[place:], b"\xff" + content[place:]]))
        content = content[:place] + tail
    return content


REPEATABLE = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The file that every mistaken config is written to in turn."""
    return tmp_path_factory.mktemp("mutations") / "config.json"


@settings(REPEATABLE, max_examples=150)
@given(content=mistaken())
def test_a_mistaken_config_resolves_or_gives_one_clear_error(content, resolver, place):
    require_config_or_clear_error(content, resolver, place)


@pytest.mark.slow
@settings(REPEATABLE, max_examples=1000)
@given(content=mistaken())
def test_each_of_a_thousand_mistaken_configs_resolves_or_gives_one_clear_error(content, resolver, place):
    require_config_or_clear_error(content, resolver, place)


def require_config_or_clear_error(content, resolver, place):
    place.write_bytes(content)
    try:
        config = Resolver(resolver.rules).load(place)
    except ArchError as error:
        assert_is_clear(error, place)
    else:
        assert isinstance(config, Config)
        assert re.fullmatch("[0-9a-f]{32}", config.fingerprint)
        json.dumps(config.document(), allow_nan=False).encode()
    assert [each.name for each in place.parent.iterdir()] == ["config.json"]


DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they act on a terminal


def assert_is_clear(error, place):
    message = str(error)
    assert message.startswith(f"{place}:")
    assert len(message.splitlines()) == 1
    assert len(message) > len(str(place)) + 10
    assert [
        each for each in message if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") or each in DIRECTIONS
    ] == []
    assert error.__suppress_context__ or error.__context__ is None


@st.composite
def mistaken_rules(draw, rules):
    """The rules after a few mistakes anywhere in them."""
    document = json.loads(rules)
    for _ in range(draw(st.integers(1, 3))):
        owner = document
        while True:
            name = draw(st.sampled_from(sorted(owner)))
            if not (isinstance(owner[name], dict) and owner[name] and draw(st.integers(0, 3))):
                break
            owner = owner[name]
        value = owner.pop(name)
        if draw(st.booleans()):
            other = draw(NAMES | st.sampled_from([f"!{name}", f"{name}:Params", name.replace(":Params", ""), name[1:]]))
            owner[other] = value
        elif draw(st.booleans()):
            owner[name] = draw(VALUES)
        if not owner:
            return document
    return document


@settings(REPEATABLE, max_examples=40)
@given(data=st.data())
def test_mistaken_rules_are_read_or_give_one_clear_error(data, rules_path, place):
    require_rules_or_clear_error(data, rules_path, place)


@pytest.mark.slow
@settings(REPEATABLE, max_examples=300)
@given(data=st.data())
def test_each_of_300_mistaken_rules_is_read_or_gives_one_clear_error(data, rules_path, place):
    require_rules_or_clear_error(data, rules_path, place)


def require_rules_or_clear_error(data, rules_path, place):
    rules = place.with_name("rules.cjson")
    document = data.draw(mistaken_rules(rules_path.read_text()))
    rules.write_bytes(json.dumps(document, indent=1).encode())
    try:
        read_rules(rules)
    except RulesError as error:
        assert_is_clear(error, rules)
    finally:
        rules.unlink()
