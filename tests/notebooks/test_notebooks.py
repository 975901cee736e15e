"""The notebooks as they are committed: executed from top to bottom, clean, short cells. (.ci/run executes them.)"""

import ast
import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_LINES = 12


def cells(path, kind):
    return [each for each in json.loads(path.read_text("utf-8"))["cells"] if each["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def test_they_are_numbered_from_one():
    assert sorted(int(path.name.split("_")[0]) for path in NOTEBOOKS) == list(range(1, 12))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_was_executed_in_order_and_without_errors(self, path):
        code = cells(path, "code")
        assert [each["execution_count"] for each in code] == list(range(1, len(code) + 1))
        outputs = [output for each in code for output in each["outputs"]]
        assert any("data" in output for output in outputs)
        assert all(output["output_type"] != "error" and output.get("name") != "stderr" for output in outputs)

    def test_says_nothing_of_the_machine_or_the_hour(self, path):
        document = json.loads(path.read_text("utf-8"))
        texts = [source(each) for each in document["cells"]]
        for cell in cells(path, "code"):
            for output in cell["outputs"]:
                output.get("data", {}).pop("image/png", None)
                texts.append(json.dumps(output))
        assert not re.search(r"/(home|root|tmp|work|usr|Users)/", "\n".join(texts))
        assert set(document["metadata"]) == {"kernelspec", "language_info"}
        assert all(each["metadata"] == {} for each in document["cells"])

    def test_opens_with_a_title_and_a_question_and_ends_in_something_checked(self, path):
        opening = source(cells(path, "markdown")[0])
        assert opening.startswith("# ")
        assert re.search(r"\*\*[^*]*\?\*\*", opening)
        trees = [ast.parse(source(each)) for each in cells(path, "code")]
        assert any(isinstance(node, ast.Assert) for tree in trees[-2:] for node in ast.walk(tree))

    def test_has_short_cells(self, path):
        lengths = [len(source(each).splitlines()) for each in cells(path, "code")]
        assert max(lengths) <= MOST_LINES
