"""The rules of the house, read from the source itself: rooms, the one way in which imports point, sizes, arguments."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "studio").rglob("*.py")])
TOP_LEVEL = {
    "pyproject.toml", "README.md", "LICENSE", "uv.lock", "studio", "engine", "tests", "presets", "scripts",
}  # fmt: skip
# Lowest first: a room imports only of the lines above its own, and never of one on the same line.
ORDER = (
    ("errors",), ("config", "seeds"), ("paths", "pixels"),
    ("cases",),
    ("photos", "weights"),
    ("formats",),
    ("data",),
    ("evaluate",),
    ("generators",),
    ("judges",),
    ("training",),
    ("rendering",),
    ("stores",),
    ("experiments",),
    ("service",),
    ("cli", "canvas"),
    ("screens",),
    ("studio",),
)  # fmt: skip
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
MOST_ROOMS, MOST_ARROWS, MOST_FILES = 25, 110, 6
MOST_ARGUMENTS = 5
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FILE = 400, 60, 200


def module_of(source):
    return ".".join(source.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(source): source for source in SOURCES}


@cache
def tree_of(source):
    return ast.parse(source.read_text(encoding="utf-8"))


def imported(source):
    """Names of the modules of this house that a file imports, also inside of functions."""
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in whole]
        else:
            continue
        yield from (name for name in names if name in MODULES)


def room_of(module):
    """A folder of engine/ or studio/, or a file directly in engine/; what lies directly in studio/ is "studio"."""
    parts = module.split(".")
    if parts[0] == "studio":
        return parts[1] if len(parts) > 1 and (ROOT / "studio" / parts[1]).is_dir() else "studio"
    return parts[1] if len(parts) > 1 else "engine"


ARROWS = {
    (room_of(module), room_of(name)) for module, source in MODULES.items() for name in imported(source)
}  # fmt: skip
ARROWS = {(a, b) for a, b in ARROWS if a != b and "engine" not in (a, b)}
SHARED_BY_SCREENS = {"studio.streams", "studio.theme", "studio.words", "studio.access"}
"""Files directly in studio/ that its rooms stand on; app.py stands on the rooms."""


def test_the_house_has_few_rooms_and_few_arrows_between_them():
    rooms = {room_of(module) for module in MODULES} - {"engine", "studio"}
    files = [source for source in (ROOT / "engine").glob("*.py") if source.name != "__init__.py"]

    assert len(rooms) <= MOST_ROOMS, sorted(rooms)
    assert len(ARROWS) <= MOST_ARROWS, sorted(ARROWS)
    assert len(files) <= MOST_FILES


def test_every_import_points_one_way():
    guilty = []
    for module, source in MODULES.items():
        for name in imported(source):
            here, there = room_of(module), room_of(name)
            if here != there and there != "engine" and name not in SHARED_BY_SCREENS and LEVEL[there] >= LEVEL[here]:
                guilty.append(f"{module} imports {name}")

    assert guilty == []


def test_there_is_no_circle_between_files():
    edges = {module: set(imported(source)) - {module} for module, source in MODULES.items()}
    while leaves := [module for module, names in edges.items() if not names & edges.keys()]:
        for module in leaves:
            del edges[module]

    assert {module: names & edges.keys() for module, names in edges.items()} == {}


def test_the_studio_knows_the_engine_by_its_front_door_and_no_torch():
    for module, source in MODULES.items():
        if module.startswith("studio"):
            of_engine = {name for name in imported(source) if name.startswith("engine")} - {"engine"}
            assert of_engine <= {"engine.service"}, f"{module} imports {sorted(of_engine)}"
            assert not re.search(r"^\s*(import|from) torch\b", source.read_text(encoding="utf-8"), re.MULTILINE), module


def test_127_point_5_stands_in_one_place():
    holders = [s.name for s in SOURCES if "127.5" in s.read_text(encoding="utf-8")]

    assert holders == ["pixels.py"]


def test_only_paths_knows_the_users_folders():
    holders = [s.name for s in SOURCES if "platformdirs" in s.read_text(encoding="utf-8")]

    assert holders == ["paths.py"]


def test_nobody_branches_on_a_name_or_asks_a_configuration_what_it_is():
    rules = (
        r"\bif (preset\.|family\.|self\.)?name ==|getattr\([\w.]*(model|config), \""
        r"|type\([\w.]*\) is \w+Data\b|isinstance\([\w.]*\bdata, "
    )
    guilty = [s.name for s in SOURCES if re.search(rules, s.read_text())]

    assert guilty == []


def test_no_pickle_is_read():
    guilty = [
        s.name
        for s in SOURCES
        if re.search(r"import pickle|weights_only=False|np\.load\(.*allow_pickle=True", s.read_text())
    ]

    assert guilty == []


def functions_of(source):
    return [node for node in ast.walk(tree_of(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_files_and_functions_keep_to_the_sizes():
    lengths = {source: source.read_text(encoding="utf-8").count("\n") for source in SOURCES}

    assert max(lengths.values()) <= LONGEST_FILE, max(lengths, key=lengths.get)
    assert sorted(lengths.values())[len(lengths) // 2] <= MEDIAN_FILE
    for source in SOURCES:
        for node in functions_of(source):
            length = node.end_lineno - node.lineno
            assert length <= LONGEST_FUNCTION, f"{source.relative_to(ROOT)}: {node.name} is too long"


def test_no_function_hands_on_more_than_five_of_its_arguments():
    guilty = []
    for source in SOURCES:
        for function in functions_of(source):
            given = function.args
            own = {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)} - {"self", "cls"}
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                values = [*call.args, *(word.value for word in call.keywords)]
                handed = {value.id for value in values if isinstance(value, ast.Name)} & own
                if len(handed) > MOST_ARGUMENTS:
                    guilty.append(f"{source.relative_to(ROOT)}: {function.name} hands on {sorted(handed)}")

    assert guilty == []


def test_only_the_listed_things_stand_at_the_top():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    found = {line.split("/")[0] for line in listed if line}

    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("module", ["engine", "engine.service", "engine.cli", "engine.training.presets"])
def test_the_front_of_the_engine_loads_no_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'gradio' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
