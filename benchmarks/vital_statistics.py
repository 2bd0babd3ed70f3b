"""Prints statistics of the code: lengths of files and functions, annotations, docstrings, circular imports.

Lengths are in lines, with docstrings, comments and blank lines, but without a function's decorators. An `__init__.py`
without code (empty, or only a docstring) counts in the number of files and lines. The median file is printed without
these files and with them.
"""

import ast
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import grimp  # import-linter's graph of imports

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = {"code": ("Arch", "Scripts"), "tests": ("tests",)}
BARS = {
    "median file": "<= 70",
    "longest file": "<= 250",
    "longest function": "<= 40",
    "circular imports": "0",
}
ANNOTATED, DOCUMENTED = "functions with an annotated return", "public definitions with a docstring"
UNCOUNTED_IN_TESTS = (ANNOTATED, DOCUMENTED)  # a test's name is its sentence
Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> None:
    """Prints a table with one column for the code and one for the tests, and names the longest file and function."""
    tables = {column: statistics_of([ROOT / name for name in folders]) for column, folders in COLUMNS.items()}
    tables["code"]["circular imports"] = str(circular_imports("Arch"))
    for name in UNCOUNTED_IN_TESTS:
        del tables["tests"][name]
    print(f"{'':<40}" + "".join(f"{column:>10}" for column in tables) + f"{'bar':>10}")
    for name in tables["code"]:
        row = "".join(f"{table.get(name, ''):>10}" for table in tables.values())
        print(f"{name:<40}{row}{BARS.get(name, ''):>10}".rstrip())
    for column, folders in COLUMNS.items():
        print(f"longest in {column}: {', '.join(longest([ROOT / name for name in folders]))}")


def statistics_of(folders: Sequence[Path]) -> dict[str, str]:
    """Returns the statistics of all Python files below some folders, by name."""
    texts = {path: path.read_text(encoding="utf-8") for path in python_files(folders)}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    lengths = {path: len(text.splitlines()) for path, text in texts.items()}
    filled = [length for path, length in lengths.items() if not is_empty(path, trees[path])]
    functions = [each for tree in trees.values() for each in functions_in(tree)]
    public = [each for tree in trees.values() for each in public_definitions(tree)]
    return {
        "files": f"{len(trees):,}",
        "__init__.py files without code": f"{len(trees) - len(filled):,}",
        "lines": f"{sum(lengths.values()):,}",
        "median file": f"{statistics.median(filled):g}",
        "median file, those without code too": f"{statistics.median(lengths.values()):g}",
        "longest file": f"{max(lengths.values())}",
        "functions": f"{len(functions):,}",
        "median function": f"{statistics.median(map(length_of, functions)):g}",
        "longest function": f"{max(map(length_of, functions))}",
        ANNOTATED: share([each.returns is not None for each in functions]),
        DOCUMENTED: share([ast.get_docstring(each) is not None for each in public]),
        "if TYPE_CHECKING blocks": f"{sum(map(type_checking_blocks, trees.values()))}",
    }


def longest(folders: Sequence[Path]) -> tuple[str, str]:
    """Returns the longest file and the longest function, with its file."""
    paths = list(python_files(folders))
    file = max(paths, key=lambda path: len(path.read_text(encoding="utf-8").splitlines()))
    functions = [(each, path) for path in paths for each in functions_in(ast.parse(path.read_text(encoding="utf-8")))]
    function, place = max(functions, key=lambda pair: length_of(pair[0]))
    return str(file.relative_to(ROOT)), f"{function.name} in {place.relative_to(ROOT)}"


def python_files(folders: Sequence[Path]) -> Iterator[Path]:
    """Yields the Python files below some folders, in order."""
    for folder in folders:
        yield from sorted(folder.rglob("*.py"))


def is_empty(path: Path, tree: ast.Module) -> bool:
    """Returns whether a file is an `__init__.py` without any code."""
    return path.name == "__init__.py" and all(is_docstring(each) for each in tree.body)


def is_docstring(statement: ast.stmt) -> bool:
    """Returns whether a statement is only a constant, as a docstring is."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def functions_in(tree: ast.AST) -> Iterator[Function]:
    """Yields all functions and methods of a file, nested ones too."""
    yield from (each for each in ast.walk(tree) if isinstance(each, Function))


def length_of(function: Function) -> int:
    """Returns a function's number of lines, from `def` to its last line."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def public_definitions(tree: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    """Yields the public classes and functions of a file and the public methods of public classes, without overloads."""
    for each in tree.body:
        if not isinstance(each, Function | ast.ClassDef) or each.name.startswith("_"):
            continue
        if not any(isinstance(name, ast.Name) and name.id == "overload" for name in each.decorator_list):
            yield each
        if isinstance(each, ast.ClassDef):
            yield from public_definitions(each)


def type_checking_blocks(tree: ast.Module) -> int:
    """Returns the number of `if TYPE_CHECKING:` statements."""
    tests = (each.test for each in ast.walk(tree) if isinstance(each, ast.If))
    return sum(isinstance(test, ast.Name) and test.id == "TYPE_CHECKING" for test in tests)


def circular_imports(package: str) -> int:
    """Returns how many imports would have to go so that no modules or packages of one parent import each other.

    Type-checking imports count. This is the number that import-linter's contract `acyclic_siblings` reports.
    """
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(package, cache_dir=None)
    return sum(len(graph.nominate_cycle_breakers(module)) for module in graph.modules if graph.find_children(module))


def share(flags: Sequence[bool]) -> str:
    """Returns the share of true flags, in per cent."""
    return f"{100 * sum(flags) / max(len(flags), 1):.1f} %"


if __name__ == "__main__":
    main()
