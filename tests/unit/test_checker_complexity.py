"""Every function of the checker is short: its cyclomatic complexity is at most 10, with `and` and `or` counted."""

import ast
from pathlib import Path

from ntkproofs import checker

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


def test_no_function_of_the_checker_is_more_complex_than_the_limit():
    measured = complexities(Path(checker.__file__).read_text())
    assert len(measured) > 200
    assert {name: value for name, value in measured.items() if value > LIMIT} == {}
