"""Every function of the checkers is short: its cyclomatic complexity is at most 10, with `and` and `or` counted."""

import ast
from pathlib import Path

import pytest

from ntkproofs import checker, source_checker

LIMIT = 10
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.Lambda, ast.Assert, ast.With, ast.match_case)


def complexity(function):
    """Return 1 + the number of decisions in a function, those of the functions inside it included."""
    total = 1
    for node in ast.walk(function):
        if isinstance(node, ast.BoolOp):
            total += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            total += 1 + len(node.ifs)
        else:
            total += isinstance(node, BRANCHES)
    return total


def complexities(text):
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    return {f"{function.name}, line {function.lineno}": complexity(function) for function in functions}


def test_decisions_are_counted():
    text = "def f(a, b):\n    if a and b or not a:\n        return [x for x in a if x]\n    return b if a else a\n"
    assert complexities(text) == {"f, line 1": 1 + 1 + 2 + 2 + 1}


@pytest.mark.parametrize(("module", "functions"), [(checker, 200), (source_checker, 70)])
def test_no_function_of_a_checker_is_more_complex_than_the_limit(module, functions):
    measured = complexities(Path(module.__file__).read_text())
    assert len(measured) > functions
    assert {name: value for name, value in measured.items() if value > LIMIT} == {}
