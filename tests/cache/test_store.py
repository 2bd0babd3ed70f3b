"""Entries are found by name; other names are ignored; reading writes nothing."""

import ast
from pathlib import Path, PurePath

import pytest

from Arch.cache.store import Store
from Arch.errors import CacheError, DiskError, UnknownNameError
from tests.repository import ROOT

CACHE = ROOT / "Arch" / "cache"
MODULES = sorted(path for path in CACHE.rglob("*.py") if path.name != "holder.py")  # which reads only /proc
NAMES = ["abc" + "0" * 29, "abd" + "0" * 29, "f" * 32]


@pytest.fixture
def full(store, make_config):
    for name in NAMES:
        config = make_config(fingerprint=name)
        store.entry(config).open(config)
    return store


def test_asking_for_an_entry_reads_and_writes_nothing(disk, store, config):
    entry = Store(store.root).entry(config)
    assert entry.path == store.root / config.fingerprint
    assert (entry.fingerprint, disk.steps) == (config.fingerprint, [])


def test_entries_are_listed_in_order_and_other_names_ignored(full):
    for name in ("BaselineConfig.cjson", ".trash", "F" * 32, "a" * 31, "a" * 33, "g" * 32):
        (full.root / name).mkdir()
    (full.root / ("1" * 32)).write_text("a file")
    (full.root / ("2" * 32)).mkdir()  # an entry whose process was killed before it wrote the config
    assert [entry.fingerprint for entry in full.entries()] == NAMES


def test_a_cache_that_does_not_exist_is_empty(store):
    assert list(store.entries()) == []
    assert not store.root.exists()


@pytest.mark.parametrize("prefix", ["abc", "ABC", "abc0000", NAMES[0]])
def test_a_prefix_finds_its_entry(full, prefix):
    assert full.find(prefix).fingerprint == NAMES[0]


@pytest.mark.parametrize("prefix", ["", "ab"])
def test_an_ambiguous_prefix_lists_its_candidates(full, prefix):
    with pytest.raises(CacheError, match=f"cached experiments begin with '{prefix}': {NAMES[0]}, {NAMES[1]}.*digits"):
        full.find(prefix)


@pytest.mark.parametrize("prefix", ["abe", "zz", "../" + NAMES[0], NAMES[0] + "0"])
def test_an_unknown_prefix_is_refused_with_the_cache_and_its_entries(full, prefix):
    with pytest.raises(UnknownNameError, match=rf"no cached experiment named '{prefix}'.*{NAMES[2]}.*{full.root}"):
        full.find(prefix)


def test_an_entry_without_its_config_is_not_suggested(full):
    (full.root / NAMES[0] / "Config.json").unlink()
    with pytest.raises(UnknownNameError) as refusal:
        full.find(NAMES[0][:31])
    assert str(refusal.value).count(NAMES[0]) == 0


def test_many_candidates_are_not_all_listed(store, make_config):
    for number in range(20):
        config = make_config(fingerprint=f"a{number:031x}")
        store.entry(config).open(config)
    with pytest.raises(CacheError, match=r"^20 cached .*b and 8 more\. Give more digits\.$"):
        store.find("a")


def test_a_whole_fingerprint_is_found_without_listing_the_cache(full, disk):
    full.find(NAMES[2])
    with pytest.raises(CacheError, match=f"no experiment {'0' * 32} in the cache {full.root}"):
        full.find("0" * 32)
    places = [f"{NAMES[2]}/Config.json", f"{'0' * 32}/Config.json", f"{'0' * 32}/Runs"]
    assert [path for _, path, _ in disk.steps] == [f"{full.root}/{place}" for place in places]


def test_a_file_in_place_of_the_cache_is_refused(tmp_path, config):
    store = Store(tmp_path / "file")
    store.root.write_text("")
    for act in (lambda: list(store.entries()), store.snapshot, lambda: store.entry(config).open(config)):
        with pytest.raises(DiskError, match=r"/file\S*: not a .*move it away"):
            act()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CACHE).as_posix())
def test_the_cache_accesses_the_disk_only_through_files(path):
    tree = ast.parse(path.read_text())
    imported = {
        alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    } | {node.module.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"io", "shutil", "tempfile", "glob", "fcntl", "mmap"}
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert "open" not in {function.id for function in called if isinstance(function, ast.Name)}
    methods = {function for function in called if isinstance(function, ast.Attribute)}
    assert {each.attr for each in methods if ast.unparse(each.value) == "os"} <= {"getpid", "urandom"}
    own = {"files", "entry", "os"}  # `entry.open` is a method of the cache
    assert not {each.attr for each in methods if ast.unparse(each.value) not in own} & PATHS_THAT_ACT


PATHS_THAT_ACT = set(dir(Path)) - set(dir(PurePath)) - {"absolute"}
