"""Reading the rules file: defaults, conditions, line numbers and the order of keys."""

from Arch.config.rules.reader import read_rules


def test_the_same_default_may_be_declared_under_several_conditions(rules_of):
    rules = rules_of({"A": False, "B": False, "A:Params": {"X": 1}, "B:Params": {"X": 1}})
    assert [declaration.when for declaration in rules.keys["X"].declarations] == ["A", "B"]


def test_different_defaults_may_be_declared_under_conditions_that_exclude_each_other(rules_of):
    rules = rules_of({"Mode": "a", "Mode:a:Params": {"X": 1}, "Mode:!a:Params": {"X": 2}})
    assert rules.relevance({}).defaults["X"] == 1
    assert rules.relevance({"Mode": "b"}).defaults["X"] == 2


def test_a_key_is_active_if_a_declaration_holds_with_all_its_stanzas(rules_of):
    rules = rules_of(
        {"A": False, "B": False, "C": False, "A:Params": {"B:Params": {"X": 1}}, "C:Params": {"X": 1}},
    )
    assignments = [{"A": a, "B": b, "C": c} for a in (False, True) for b in (False, True) for c in (False, True)]
    for assigned in assignments:
        assert ("X" in rules.relevance(assigned).defaults) == ((assigned["A"] and assigned["B"]) or assigned["C"])


def test_a_condition_reads_the_default_of_a_switched_off_key(rules_of):
    rules = rules_of({"A": False, "A:Params": {"B": False, "B:Params": {"X": 1}}, "B:Params": {"Y": 1}})
    assert rules.relevance({"A": True, "B": True}).off == ()
    assert set(rules.relevance({"A": False, "B": True}).off) == {"B", "X", "Y"}


def test_the_line_number_of_each_key_is_recorded(rules_of):
    rules = rules_of('{\n"A": false,\n"A:Params": {\n\n"X": 1\n}}')
    assert {key: rules.line_of(rule.declarations[0]) for key, rule in rules.keys.items()} == {"A": 2, "X": 5}


def test_the_rules_of_the_repository_can_be_read(rules_path):
    assert len(read_rules(rules_path).keys) > 65


def test_the_keys_of_all_alternatives_come_before_the_keys_under_them(rules_of):
    rules = rules_of({"C|B:x|!A:Params": {"Z": 1}, "Z:Params": {"Y": 1}, "A": False, "B": "y", "C": 0, "D": 1})
    assert rules.keys["Z"].depends_on() == {"A", "B", "C"}
    assert set(rules.gates) == {"A", "B", "C", "Z"}
    assert [*rules.keys].index("Z") > max([*rules.keys].index(key) for key in "ABC")
    assert "Z" not in rules.relevance({"A": True}).defaults
    assert all("Z" in rules.relevance({"A": True, **given}).defaults for given in ({"B": "x"}, {"C": 2}, {"A": False}))
