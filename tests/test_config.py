"""Tables become dataclasses strictly, and every mistake is one sentence."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Range, assign, from_table, number_text, read_toml, to_table
from engine.errors import EngineError


@dataclass(frozen=True)
class Stage:
    until: Annotated[float, Range(0, 1)]


@dataclass(frozen=True)
class Net:
    width: Annotated[int, Range(1, 256)]
    norm: Literal["instance", "none"]
    deep: bool
    size: tuple[int, int]
    stages: tuple[Stage, ...]
    minutes: Annotated[float, Range(0, 60)] | None
    notes: dict[str, float]
    name: str = "net"


@dataclass(frozen=True)
class Experiment:
    net: Net
    free: Any


@dataclass(frozen=True)
class Ordered:
    low: int
    high: int

    def __post_init__(self):
        if self.low > self.high:
            raise EngineError(f"low = {self.low} is above high = {self.high}.")


NET = {
    "width": 8,
    "norm": "none",
    "deep": True,
    "size": [3, 4],
    "stages": [{"until": 0.5}, {"until": 1}],
    "notes": {"a": 1},
}


def changed(config, assignment):
    return from_table(type(config), assign(to_table(config), assignment), "--set")


def refusal(cls, table):
    with pytest.raises(EngineError) as caught:
        from_table(cls, table, "x.toml")
    sentence = str(caught.value)
    assert sentence.endswith((".", "?")), sentence
    assert "\n" not in sentence
    return sentence


def test_a_table_becomes_a_dataclass_and_back():
    net = from_table(Net, NET, "x.toml")

    assert net == Net(8, "none", True, (3, 4), (Stage(0.5), Stage(1.0)), None, {"a": 1.0})
    assert isinstance(net.stages[1].until, float)
    assert from_table(Net, to_table(net), "again") == net


def test_a_nested_table_names_its_key_by_its_path():
    sentence = refusal(Experiment, {"net": NET | {"stages": [{"until": 2.0}]}, "free": 1})

    assert sentence == "x.toml: net.stages.0.until = 2.0; 0 to 1 is expected."


def test_an_unknown_key_is_answered_with_the_nearest_known_one():
    assert refusal(Net, NET | {"widht": 9}) == "x.toml: unknown key 'widht'; did you mean 'width'?"


def test_an_unlike_key_is_answered_with_all_known_ones():
    assert refusal(Ordered, {"low": 1, "high": 2, "qqq": 3}) == "x.toml: unknown key 'qqq'; known: low, high."


def test_a_missing_key_is_named_unless_it_may_be_none():
    assert refusal(Net, {k: v for k, v in NET.items() if k != "norm"}) == "x.toml: key 'norm' is missing."
    assert from_table(Net, NET, "x").minutes is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"width": "8"}, "width = '8'; a whole number"),
        ({"width": True}, "width = True; a whole number"),
        ({"width": 8.0}, "width = 8.0; a whole number"),
        ({"width": 257}, "width = 257; 1 to 256"),
        ({"deep": 1}, "deep = 1; true or false"),
        ({"norm": "batch"}, "norm = 'batch'; 'instance' or 'none'"),
        ({"norm": True}, "norm = True; 'instance' or 'none'"),
        ({"size": [3]}, "size = [3]; a list of 2"),
        ({"size": 3}, "size = 3; a list"),
        ({"size": [3, "x"]}, "size.1 = 'x'; a whole number"),
        ({"stages": [3]}, "stages.0 = 3; a table"),
        ({"minutes": 61}, "minutes = 61; 0 to 60"),
        ({"minutes": float("nan")}, "minutes = nan; a finite number"),
        ({"notes": {"a": "b"}}, "notes.a = 'b'; a number"),
        ({"name": 3}, "name = 3; text"),
    ],
)
def test_a_wrong_value_is_told_with_its_value_and_what_is_allowed(change, said):
    assert refusal(Net, NET | change) == f"x.toml: {said} is expected."


def test_a_long_value_is_quoted_short():
    assert len(refusal(Net, NET | {"norm": "x" * 5000})) < 200


def test_what_is_no_table_is_refused():
    assert refusal(Net, [1]) == "x.toml: [1]; a table is expected."


def test_a_rule_over_several_fields_speaks_with_the_source():
    assert refusal(Ordered, {"low": 3, "high": 2}) == "x.toml: low = 3 is above high = 2."


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("net.width=16", ("net", "width"), 16),
        ("net.norm=instance", ("net", "norm"), "instance"),
        ("net.deep = false", ("net", "deep"), False),
        ("net.size=[5, 6]", ("net", "size"), (5, 6)),
        ("net.minutes=1.5", ("net", "minutes"), 1.5),
    ],
)
def test_an_assignment_is_typed_by_the_loader(assignment, path, value):
    before = Experiment(from_table(Net, NET, "x"), 1)

    after = changed(before, assignment)

    assert getattr(getattr(after, path[0]), path[1]) == value
    assert before == Experiment(from_table(Net, NET, "x"), 1)


def test_none_unsets():
    net = from_table(Net, NET | {"minutes": 5}, "x")

    assert changed(net, "minutes=none").minutes is None


@pytest.mark.parametrize("assignment", ["width", "=3", "a..b=3", "width.x=3", "widht=3", "width=wide"])
def test_a_bad_assignment_is_refused_by_name(assignment):
    with pytest.raises(EngineError, match="--set"):
        changed(from_table(Net, NET, "x"), assignment)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.booleans() | st.lists(st.integers())))
def test_no_table_breaks_the_loader_with_anything_but_a_sentence(table):
    with pytest.raises(EngineError):
        from_table(Net, table, "x")


@given(st.text().filter(lambda text: "=" not in text))
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(EngineError, match="is not an assignment"):
        assign({"a": 1}, text)


@given(st.text())
def test_any_text_can_be_assigned(text):
    assert assign({"a": 1}, f"b={text}").keys() <= {"a", "b"}


def test_a_toml_file_that_cannot_be_read_is_one_sentence(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("a = [")

    with pytest.raises(EngineError, match="is not valid TOML"):
        read_toml(broken)
    with pytest.raises(EngineError, match="cannot be read: No such file"):
        read_toml(tmp_path / "absent.toml")


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (0.3, "0.3"), (0.12345678, "0.12345678"), (1e-7, "1e-07")])
def test_a_numbers_text_is_short_and_reads_as_just_that_number(value, text):
    assert number_text(value) == text
    assert float(text) == value
