"""Commands made of request records: every field is an option, and the command line adds nothing of its own."""

import inspect
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import typer

from engine import service
from engine.cli.app import AsJson, Bars
from engine.config import Range, Slider, from_table, notes_of

PLAIN = (str, int, float, bool, Path)
SETTINGS = "settings"  # the field of a record that holds what the generator is told
AS_JSON = "as_json"  # the parameter behind --json


def command(app: typer.Typer, verb: str, tell: Callable[[Any, bool], None] | None = None) -> None:
    """Add the command of a verb, which prints what came of it as a sentence.

    tell: prints (what came of it, whether as JSON) instead, and gives the command the option --json.
    """
    record = service.VERBS[verb]

    def run(**given: Any) -> None:
        as_json = given.pop(AS_JSON, False)
        asked = _record(record, verb, given)
        with Bars(asked) as watch:
            found = service.run(asked, watch)
        if tell is None:
            print(found.sentence())
        else:
            tell(found, as_json)

    run.__doc__ = record.__doc__
    parameters = list(_parameters(record))
    if tell is not None:
        parameters.append(inspect.Parameter(AS_JSON, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(verb.split()[-1])(run)


def _record(record: type, verb: str, given: dict[str, Any]) -> Any:
    """What typer collected, as the record: an option that was not given is none."""
    names = {field.name for field in fields(record)}
    told = {name: value for name, value in given.items() if value not in (None, [], ())}
    table = {name: value for name, value in told.items() if name in names}
    if generator := {name: value for name, value in told.items() if name not in names}:
        table[SETTINGS] = generator
    return from_table(record, table, verb)


def _parameters(record: type) -> Iterator[inspect.Parameter]:
    hints = typing.get_type_hints(record, include_extras=True)
    own = {field.name for field in fields(record)}
    for field in sorted(fields(record), key=lambda one: one.default is not MISSING):
        option = next(note for note in notes_of(hints[field.name]) if isinstance(note, service.Option))
        if option.settings_of:
            settings = {
                k: v for start in option.settings_of for k, v in service.settings_types(start == "noise").items()
            }
            for name, annotation in settings.items():
                if name not in own:
                    yield _parameter(name, annotation, _help_of(name, annotation), None)
            continue
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        default = None if default == () else default
        yield _parameter(field.name, hints[field.name], option, default)


def _help_of(name: str, annotation: Any) -> service.Option:
    notes = list(notes_of(annotation))
    said = next((note.help for note in notes if isinstance(note, Slider)), HELP.get(name, ""))
    allowed = next((f", {note}" for note in notes if isinstance(note, Range)), "")
    return service.Option(f"{said.rstrip('.')}{allowed}.")


HELP = {
    "tone": "Skin type I..VI; else the seed draws it.",
    "seed": "Seed",
    "diagnosis": "One of the preset's; else in the training data's proportion.",
}


def _parameter(name: str, annotation: Any, option: service.Option, default: Any) -> inspect.Parameter:
    kind = _base(annotation)
    if kind in (tuple, list):
        shown: Any = list[_base(get_args(_bare(annotation))[0])]  # type: ignore[misc]  # a type made at run time
    else:
        shown = kind if kind in PLAIN else str
    required = default is inspect.Parameter.empty
    if not required and kind is not bool and default is None:
        shown = shown | None
    if option.positional:
        said: Any = typer.Argument(help=option.help)
    else:
        flags = [option.flag or f"--{name.replace('_', '-')}"] if kind is not bool else []
        said = typer.Option(*flags, help=option.help)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[shown, said])


def _bare(annotation: Any) -> Any:
    """The type without notes and without None."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            (annotation,) = (part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation


def _base(annotation: Any) -> Any:
    bare = _bare(annotation)
    return get_origin(bare) or bare
