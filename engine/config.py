"""Configuration: one complete table (TOML or JSON) → nested frozen dataclasses, strictly.

Every mistake is told in one sentence that names the source, the key, its value and what is allowed. A rule over several
fields lives in a dataclass's own `__post_init__`, which raises `EngineError` without knowing the source.
"""

import dataclasses
import difflib
import json
import math
import re
import tomllib
import types
import typing
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from engine.errors import EngineError

T = TypeVar("T")
NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false", Path: "a path"}


@dataclass(frozen=True)
class Range:
    """The numbers a field may hold, both ends included; `step` is for sliders only."""

    low: float
    high: float
    step: float | None = None

    def __str__(self) -> str:
        low, high = (int(end) if end == int(end) else end for end in (self.low, self.high))
        return f"{low} to {high}"


@dataclass(frozen=True)
class Slider:
    """A note on a field that people set by hand: its title, and what it does, in words. Its `Range` gives the ends.

    unset: what the field's None means: "auto", the seed draws it, or "off", the picture is made without it.
    """

    title: str
    help: str
    unset: Literal["auto", "off"] = "auto"


@dataclass(frozen=True)
class Control:
    """One setting by hand, as a screen or a command line shows it. name: the field's; low, high, step: its range.

    unset: what it is while it has no value, see `Slider`.
    """

    name: str
    title: str
    help: str
    low: float
    high: float
    step: float
    unset: Literal["auto", "off"] = "auto"


def controls_of(cls: type) -> tuple[Control, ...]:
    """The fields of a dataclass that bear a `Slider`, in order."""
    found = []
    for name, annotation in typing.get_type_hints(cls, include_extras=True).items():
        notes = list(notes_of(annotation))
        slider = next((note for note in notes if isinstance(note, Slider)), None)
        span = next((note for note in notes if isinstance(note, Range)), None)
        if slider is not None and span is not None:
            step = span.step or (span.high - span.low) / 100
            found.append(Control(name, slider.title, slider.help, span.low, span.high, step, slider.unset))
    return tuple(found)


def notes_of(annotation: Any) -> typing.Iterator[Any]:
    """Everything that `Annotated` says of a field, also inside of `X | None`."""
    if get_origin(annotation) is Annotated:
        yield from get_args(annotation)[1:]
    if get_origin(annotation) in (Annotated, Union, types.UnionType):
        for part in get_args(annotation):
            yield from notes_of(part)


@dataclass(frozen=True)
class _Place:
    """Where a value stands, for error sentences: the source and the dotted key."""

    source: str
    key: str = ""

    def at(self, name: object) -> "_Place":
        return _Place(self.source, f"{self.key}.{name}" if self.key else str(name))

    def wrong(self, value: object, expected: str) -> EngineError:
        subject = f"{self.key} = {shown(value)}" if self.key else shown(value)
        return EngineError(f"{self.source}: {subject}; {expected} is expected.")


def read_toml(path: Path) -> dict[str, Any]:
    """The table in a TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EngineError(f"{path} is not valid TOML: {error}.") from error


def from_table(cls: type[T], table: object, where: str) -> T:
    """Build the dataclass `cls` from plain values; `where` names their source in errors."""
    return _build(cls, table, _Place(where))


def to_table(config: Any) -> dict[str, Any]:
    """The inverse of `from_table`: plain values only. What is None is left out, as TOML has no null."""
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config) if field.init}
    return {name: _plain(value) for name, value in values.items() if value is not None}


def assign(table: dict[str, Any], assignment: str) -> dict[str, Any]:
    """The table with one "a.b=value" applied. The value is read as TOML and, failing that, as bare text; `none` unsets."""
    dotted, equals, text = (part.strip() for part in assignment.partition("="))
    *parents, last = dotted.split(".")
    if not equals or not all((*parents, last)):
        raise EngineError(f"--set {shown(assignment)} is not an assignment; table.key=value is expected.")
    result = inner = deepcopy(table)
    for name in parents:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            raise EngineError(f"--set {dotted}: '{name}' holds {shown(inner)}, not a table.")
    if text == "none":
        inner.pop(last, None)
    else:
        inner[last] = _parsed(text)
    return result


def number_text(value: float) -> str:
    """The shortest text that is read as just this number: 1 and not 1.0."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def shown(value: object) -> str:
    """A value as an error sentence quotes it: short whatever a file held."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def suggestion(name: str, known: typing.Iterable[str]) -> str:
    """What to say behind an unknown name: the nearest known one, else all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names) or 'none'}."


def _build(cls: type[T], table: object, place: _Place) -> T:
    if not isinstance(table, dict):
        raise place.wrong(table, "a table")
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            raise EngineError(f"{place.source}: unknown key '{place.at(key).key}'; {suggestion(str(key), fields)}")
    values = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _value(hints[name], table[name], place.at(name))
        elif _has_no_default(field):
            _absent(hints[name], place.at(name))
            values[name] = None
    try:
        return cls(**values)
    except EngineError as error:
        raise EngineError(f"{place.source}: {error}") from error


def _has_no_default(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _absent(annotation: Any, place: _Place) -> None:
    if type(None) not in get_args(annotation):
        raise EngineError(f"{place.source}: key '{place.key}' is missing.")


def _value(annotation: Any, value: object, place: _Place) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if dataclasses.is_dataclass(annotation):
        kind = typing.cast(type, annotation)
        return value if isinstance(value, kind) else _build(kind, value, place)  # a record was checked when it was read
    if origin in PARSERS:
        return PARSERS[origin](arguments, value, place)
    if annotation in NAMES:
        return _scalar(annotation, value, place)
    return value  # Any: the caller's own business


def _scalar(kind: type, value: object, place: _Place) -> object:
    if kind is Path:
        if not isinstance(value, str | Path):
            raise place.wrong(value, NAMES[kind])
        return Path(value)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:  # not isinstance: True is an int
        raise place.wrong(value, NAMES[kind])
    if isinstance(value, float) and not math.isfinite(value):
        raise place.wrong(value, "a finite number")
    return value


def _annotated(arguments: tuple[Any, ...], value: object, place: _Place) -> object:
    base, *notes = arguments
    result = _value(base, value, place)
    for note in notes:
        if isinstance(note, Range) and result is not None and not note.low <= result <= note.high:
            raise place.wrong(value, str(note))
    return result


def _literal(arguments: tuple[Any, ...], value: object, place: _Place) -> object:
    if not any(type(value) is type(allowed) and value == allowed for allowed in arguments):
        raise place.wrong(value, " or ".join(repr(allowed) for allowed in arguments))
    return value


def _tuple(arguments: tuple[Any, ...], value: object, place: _Place) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise place.wrong(value, "a list")
    open_ended = arguments[-1] is Ellipsis
    if not open_ended and len(value) != len(arguments):
        raise place.wrong(value, f"a list of {len(arguments)}")
    kinds = [arguments[0]] * len(value) if open_ended else list(arguments)
    return tuple(
        _value(kind, item, place.at(index)) for index, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _mapping(arguments: tuple[Any, ...], value: object, place: _Place) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise place.wrong(value, "a table")
    return {key: _value(arguments[1], item, place.at(key)) for key, item in value.items()}


def _optional(arguments: tuple[Any, ...], value: object, place: _Place) -> Any:
    """X | None, the only union a configuration knows."""
    (kind,) = (argument for argument in arguments if argument is not type(None))
    return None if value is None else _value(kind, value, place)


PARSERS: dict[Any, typing.Callable[[tuple[Any, ...], object, _Place], Any]] = {
    Annotated: _annotated,
    Literal: _literal,
    Union: _optional,
    types.UnionType: _optional,
    tuple: _tuple,
    dict: _mapping,
}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_table(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


JSON_LIMIT_BYTES = 16 << 20  # a scribbled 1024x512 case with superpixels takes about 1 MiB
DEPTH_LIMIT = 4  # a case is a table with a list of boxes; inside a picture's provenance it stands one deeper


def parse_json(
    text: str | bytes, where: str, limit_bytes: int = JSON_LIMIT_BYTES, depth_limit: int = DEPTH_LIMIT
) -> Any:
    """JSON from a stranger: capped in length and depth, numbers finite; `where` names its source in errors."""
    if len(text) > limit_bytes:
        raise EngineError(f"{where} is {len(text)} bytes of JSON; at most {limit_bytes} are read.")

    def refuse(constant: str) -> None:
        raise EngineError(f"{where} holds {constant}; only finite numbers are allowed.")

    try:
        readable = text if isinstance(text, str) else text.decode("utf-8")
        _check_depth(readable, where, depth_limit)
        return json.loads(readable, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise EngineError(f"{where} is not valid JSON: {error}.") from error


def _check_depth(text: str, where: str, limit: int) -> None:
    depth = 0
    for bracket in re.findall(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{\]}])', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(bracket, 0)
        if depth > limit:
            raise EngineError(f"{where} is nested deeper than {limit} levels, which no case is.")
