"""The shape of the code, checked: sizes, docstrings, names, and the contracts of imports.

There is no list of exemptions. Two kinds of file have a shape that others chose: migrations, which
are generated, and `apps.py`, which the docstring of the app's `__init__` describes.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("apps", "fincloud")
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
CLASS_LINES_MAX = 150
VAGUE_NAMES = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> Iterator[Path]:
    """Yield the Python files under `folders` that people wrote."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(parsed(path)) if isinstance(node, FUNCTIONS))


def classes(path: Path) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef))


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything that the module imports, at any depth."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def where(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def lines_of(node: Function | ast.ClassDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def layer(name: str) -> list[Path]:
    """Return the files of one layer in all apps, be it a module or a folder of that name."""
    found = [*(ROOT / "apps").glob(f"*/{name}.py"), *(ROOT / "apps").glob(f"*/{name}/*.py")]
    return sorted(found)


def test_modules_functions_and_classes_stay_small():
    too_long = [
        where(path)
        for path in modules(*PRODUCT, "devtools", "benchmarks")
        if len(path.read_text(encoding="utf-8").splitlines()) > MODULE_LINES_MAX
    ]
    for path in modules(*PRODUCT, "devtools", "benchmarks", "tests"):
        too_long += [where(path, f) for f in functions(path) if lines_of(f) > FUNCTION_LINES_MAX]
        too_long += [where(path, c) for c in classes(path) if lines_of(c) > CLASS_LINES_MAX]
    assert too_long == []


def test_every_module_says_what_it_owns():
    silent = [
        where(path)
        for path in modules(*PRODUCT, "devtools", "benchmarks", "tests")
        if path.name != "apps.py" and parsed(path).body and not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def test_every_app_says_what_it_owns():
    apps = sorted(path.parent for path in (ROOT / "apps").glob("*/apps.py"))
    assert apps
    silent = [
        app.name
        for app in apps
        if not (app / "__init__.py").is_file() or not ast.get_docstring(parsed(app / "__init__.py"))
    ]
    assert silent == []


def test_no_name_is_vague():
    vague = [
        where(path)
        for path in modules(*PRODUCT, "devtools", "benchmarks", "tests")
        if path.stem in VAGUE_NAMES or path.parent.name in VAGUE_NAMES
    ]
    assert vague == []


def test_every_task_is_keyword_only_and_takes_what_a_newer_release_may_send():
    tasks = [
        (path, function, call)
        for path in modules("apps")
        for function in functions(path)
        for call in function.decorator_list
        if "shared_task" in ast.unparse(call)
    ]
    assert tasks
    wrong = [
        where(path, function)
        for path, function, call in tasks
        if function.args.args
        or function.args.posonlyargs
        or function.args.vararg
        or not function.args.kwarg
        or "name=" not in ast.unparse(call)
    ]
    assert wrong == []


def test_no_model_overrides_how_it_is_saved_or_deleted():
    overrides = [
        where(path, method)
        for path in layer("models")
        for cls in classes(path)
        for method in cls.body
        if isinstance(method, FUNCTIONS) and method.name in {"save", "delete"}
    ]
    assert overrides == []


def test_no_signal_is_received():
    hidden = ("django.dispatch", "django.db.models.signals", "django.core.signals")
    receivers = [
        f"{where(path)} {name}"
        for path in modules(*PRODUCT)
        for name in imported(path)
        if name.startswith(hidden)
    ]
    assert receivers == []


def test_the_domain_knows_no_framework():
    frameworks = {"django", "rest_framework", "celery", "psycopg", "redis", "aiohttp", "structlog"}
    impure = [
        f"{where(path)} {name}"
        for path in [*layer("domain"), ROOT / "apps/core/money.py", ROOT / "apps/core/errors.py"]
        for name in imported(path)
        if name.partition(".")[0] in frameworks
    ]
    assert impure == []


def test_services_are_called_by_keyword():
    wrong = [
        where(path, node)
        for path in layer("services")
        for node in parsed(path).body
        if isinstance(node, FUNCTIONS)
        and not node.name.startswith("_")
        and len([*node.args.posonlyargs, *node.args.args]) > 1
    ]
    assert wrong == []


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """Return a copy of the product that a test may spoil."""
    for folder in PRODUCT:
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


BREACHES = [
    ("domain", "apps.payments.domain", "import django"),
    ("inwards", "apps.payments.models", "from apps.payments import services"),
    ("rooms", "apps.core.ids", "import apps.payments.domain"),
    ("project", "apps.core.ids", "import fincloud.settings"),
    ("models-ledger", "apps.payments.services", "import apps.ledger.models"),
    ("no-http", "apps.payments.services", "import rest_framework"),
]


def source_of(module: str, *, tree: Path) -> Path:
    """Return the file of `module`, be it a module or a folder."""
    path = tree.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES, ids=[b[0] for b in BREACHES])
def test_a_breach_of_a_contract_is_caught(copied_tree, contract, module, line):
    path = source_of(module, tree=copied_tree)
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache", "--contract", contract]
    kept = subprocess.run(command, cwd=copied_tree, capture_output=True, text=True, check=False)

    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    broken = subprocess.run(command, cwd=copied_tree, capture_output=True, text=True, check=False)

    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert broken.returncode == 1
    assert "BROKEN" in broken.stdout
