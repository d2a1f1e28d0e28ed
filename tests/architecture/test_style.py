"""The house's habits, as far as a tool can see them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = sorted((ROOT / "radiogenomics").rglob("*.py"))
SOURCES = [*LIBRARY, *sorted((ROOT / "cli").rglob("*.py"))]
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
VAGUE = re.compile(r"manager|helper|utils?$|common|process(or)?$|handler", re.IGNORECASE)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public(node: ast.Module | ast.ClassDef) -> Iterator[DEFINITIONS]:
    """What a module or class shows: definitions whose name has no leading underscore, and those within them."""
    for inner in node.body:
        if isinstance(inner, DEFINITIONS) and not inner.name.startswith("_"):
            yield inner
            if isinstance(inner, ast.ClassDef):
                yield from public(inner)


def length(function: ast.FunctionDef) -> int:
    """Lines of the body; a command's signature is long because it is its table of options."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_public_name_is_documented(path: Path) -> None:
    module = tree(path)
    assert ast.get_docstring(module), "the module says nothing of itself"
    assert [node.name for node in public(module) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_files_and_functions_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320, "about 300: is it still one room?"
    functions = (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef))
    assert [node.name for node in functions if length(node) > 45] == [], "about 40, signature and docstring aside"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_names_say_what_a_thing_is(path: Path) -> None:
    classes = [node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    assert [word for word in (path.stem, *classes) if VAGUE.search(word)] == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_recipes_are_data_and_no_code_asks_for_their_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"""recipe\.name\s*(==|!=|in\s*["'({[])|match\s+\w*\.?recipe\.name""", text)
    assert not re.search(r"recipes\.\w+ import|import radiogenomics\.recipes\.\w+", text), "no code imports a recipe"


@pytest.mark.parametrize("path", LIBRARY, ids=name)
def test_the_library_prints_nothing_and_ends_no_process(path: Path) -> None:
    calls = [ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert {"print", "input", "exit", "quit", "sys.exit", "SystemExit"} & set(calls) == set()


@pytest.mark.parametrize("path", sorted((ROOT / "radiogenomics" / "recipes").glob("[!_]*.py")), ids=name)
def test_a_recipe_file_holds_nothing_but_data(path: Path) -> None:
    module = tree(path)
    kinds = {type(node) for node in module.body}
    assert kinds <= {ast.Expr, ast.Assign}
    assert not [node for node in ast.walk(module) if isinstance(node, ast.Call)]


def test_cli_is_a_source_root_and_no_package() -> None:
    assert not (ROOT / "cli" / "__init__.py").exists()
