"""The floors hold: who may import whom, and what loads when."""

import graphlib
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import radiogenomics

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FRAMEWORK_ROOMS = {"models", "training", "pipeline", "serving", "explain"}
HEAVY = {"tensorflow", "keras", "sklearn", "matplotlib", "scipy"}
ROOMS = sorted(path.stem for path in Path(radiogenomics.__file__).parent.iterdir() if path.suffix in {"", ".py"})


def run(script: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_rooms_import_only_from_floors_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == EXIT_STATUS_SUCCESS


def test_every_room_stands_on_a_floor() -> None:
    (contract,) = PYPROJECT["tool"]["importlinter"]["contracts"]
    placed = {room.strip().removeprefix("radiogenomics.") for floor in contract["layers"] for room in floor.split("|")}
    assert set(ROOMS) - {"__init__", "__pycache__"} <= placed


def test_contributing_lists_the_floors_as_they_are_enforced() -> None:
    (contract,) = PYPROJECT["tool"]["importlinter"]["contracts"]
    floors = [floor.replace("radiogenomics.", "") for floor in contract["layers"]]
    assert "\n".join(f"    {floor}" for floor in floors) in (ROOT / "CONTRIBUTING.md").read_text()


def test_no_import_goes_in_a_circle() -> None:
    graph = grimp.build_graph("radiogenomics", "radiogen", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    graphlib.TopologicalSorter(imports).prepare()


def test_rooms_without_a_framework_load_none() -> None:
    light = sorted(set(ROOMS) - FRAMEWORK_ROOMS - {"experiment", "__init__", "__pycache__"})
    # A report is rebuilt, runs are compared and folders are scanned without TensorFlow.
    conductors = ["experiment.report", "experiment.compare", "experiment.scan"]
    script = f"""
import importlib, pkgutil, sys
import radiogenomics
for room in {light + conductors}:
    module = importlib.import_module("radiogenomics." + room)
    for inner in pkgutil.walk_packages(getattr(module, "__path__", []), module.__name__ + "."):
        importlib.import_module(inner.name)
print(*sorted({HEAVY} & set(sys.modules)))
"""
    assert run(script).split() == []


def test_help_loads_no_framework() -> None:
    script = f"""
import contextlib, io, sys
from radiogen.app import app, main
from typer.main import get_command
for words in ([], *([verb] for verb in sorted(get_command(app).commands))):
    sys.argv = ["radiogen", *words, "--help"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main()
    assert "Usage" in said.getvalue(), words
print(*sorted({HEAVY} & set(sys.modules)))
"""
    assert run(script).split() == []


def test_every_module_loads_and_every_row_of_the_tables_names_something() -> None:
    script = """
import importlib, pkgutil
import radiogen, radiogenomics, radiogenomics.tables
from radiogenomics.registry import load
for package in (radiogenomics, radiogen):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
for module in pkgutil.iter_modules(radiogenomics.tables.__path__, "radiogenomics.tables."):
    for table in vars(importlib.import_module(module.name)).values():
        if isinstance(table, dict) and not isinstance(table.get("__name__"), str):
            for row in table.values():
                path = row if isinstance(row, str) else getattr(row, "builder", "")
                assert not path or callable(load(path)), path
print("all")
"""
    assert run(script).split()[-1] == "all"
