"""The rules of the house, read from the source itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "studio").rglob("*.py")])
LOW = {
    "appearance", "boxes", "cards", "case", "checkpoints", "clinical", "config", "configs", "diagnoses", "drafts",
    "errors", "formats", "labels", "library", "outlines", "pixels", "presets", "regions", "runs", "sampled", "seeds",
    "starter", "superpixels", "sweeps", "tone", "weights",
}  # fmt: skip
PLAIN_TYPES = {"engine.service", "engine.errors", "engine.labels", "engine.case"}
TOP_LEVEL = {
    "pyproject.toml", "README.md", "LICENSE", "uv.lock", "studio", "engine", "tests", "presets", "scripts",
}  # fmt: skip


def imports(source):
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_engine_imports_nothing_of_the_studio():
    guilty = [
        s for s in SOURCES if s.is_relative_to(ROOT / "engine") and any(n.startswith("studio") for n in imports(s))
    ]

    assert guilty == []


def test_the_studio_knows_the_engine_by_its_front_door_and_no_torch():
    for source in SOURCES:
        if source.is_relative_to(ROOT / "studio"):
            used = {name for name in imports(source) if name.startswith(("engine", "torch"))}
            allowed = {n for n in used if any(n == p or n.startswith(p + ".") for p in PLAIN_TYPES) or n == "engine"}
            assert used <= allowed, f"{source.relative_to(ROOT)} imports {sorted(used - allowed)}"


def test_the_low_rooms_import_only_each_other():
    engine = [source for source in SOURCES if source.is_relative_to(ROOT / "engine")]
    low = [s for s in engine if s.relative_to(ROOT / "engine").parts[0].removesuffix(".py") in LOW]
    assert {s.relative_to(ROOT / "engine").parts[0].removesuffix(".py") for s in low} == LOW
    for source in low:
        used = {i.split(".")[1] for i in imports(source) if i.startswith("engine.")}
        assert used <= LOW, f"{source.name} imports {sorted(used - LOW)}"


def test_127_point_5_stands_in_one_place():
    holders = [s.name for s in SOURCES if "127.5" in s.read_text(encoding="utf-8")]

    assert holders == ["pixels.py"]


def test_nobody_branches_on_a_name():
    guilty = [s.name for s in SOURCES if re.search(r"\bif (preset\.|family\.|self\.)?name ==", s.read_text())]

    assert guilty == []


def test_no_pickle_is_read():
    guilty = [
        s.name
        for s in SOURCES
        if re.search(r"import pickle|weights_only=False|np\.load\(.*allow_pickle=True", s.read_text())
    ]

    assert guilty == []


def test_files_and_functions_keep_to_the_sizes():
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, f"{source.relative_to(ROOT)} is too long"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno <= 60, f"{source.relative_to(ROOT)}: {node.name} is too long"


def test_only_the_listed_things_stand_at_the_top():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    found = {line.split("/")[0] for line in listed if line}

    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("module", ["engine", "engine.service", "engine.cli"])
def test_the_front_of_the_engine_loads_no_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'gradio' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
