"""The compiled engine: edge cases, programs of every kind, time to compile, errors, and the choice of the engine."""

import json
import pickle
import sys
import time
import warnings
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from engines_local import agreed

from ntkproofs.catalogue import CATALOGUE
from ntkproofs.cli import main
from ntkproofs.counts import bound_matches
from ntkproofs.errors import InputError
from ntkproofs.execution import chunks, exhaust
from ntkproofs.execution.compiled import kernel, program
from ntkproofs.execution.compiled.known import Known, interval
from ntkproofs.execution.compiled.machine_code import Target
from ntkproofs.execution.compiled.program import CompiledProgram
from ntkproofs.programs import DuplicateTemplate, Task, TemplateProgram, addition, addition_task, multiplication_task

pytest.importorskip("llvmlite")


def many(bits, templates, literals, writes, seed=0):
    """Return a program with random templates."""
    random = np.random.default_rng(seed)
    made = TemplateProgram("many", fields={"a": bits})
    for _ in range(templates):
        when = {("a", int(x)): int(random.integers(2)) for x in random.integers(bits, size=literals)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DuplicateTemplate)
            made.template(when=when, write=[("a", int(x)) for x in set(random.integers(bits, size=writes).tolist())])
    return made


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_every_built_in(name, bits):
    assert agreed(CATALOGUE[name].task(bits)).holds


@pytest.mark.parametrize("sample", [1, 63, 64, 65, 511, 512, 513, 1025, 5000])
def test_any_number_of_cases(sample):
    result = agreed(addition_task(30), sample=sample, seed=3)
    assert result.cases == sample
    assert result.holds


@pytest.mark.parametrize("words", [1, 8, 64, 1 << 20])
def test_blocks_and_chunks_of_any_size(monkeypatch, words):
    monkeypatch.setattr(chunks, "COMPILED_BLOCK_WORDS", words)
    monkeypatch.setattr(chunks, "CHUNK_WORK", 1)
    odd = replace(multiplication_task(5), oracle=lambda a, b: a * b + (a % 7 == 5))
    result = agreed(odd)
    assert result.wrong == 32 * len(range(5, 32, 7))
    assert result.first_wrong.inputs == (5, 0)


def test_several_processes_have_the_result_of_one():
    task = multiplication_task(7)
    one, two = (exhaust(task, engine="compiled", workers=workers) for workers in (1, 2))
    assert one.visited == two.visited
    assert list(one.visited) == list(two.visited)


@pytest.mark.parametrize(
    "options",
    [{"time": 3}, {"threshold": Fraction(1, 40)}, {"condition": False}, {"kernel": "nngp"}],
    ids=lambda options: next(iter(options)),
)
def test_options(options):
    agreed(addition_task(4), **options)
    agreed(multiplication_task(3), **options)


def test_counts_that_are_rounded_wrong_are_listed_in_the_same_order():
    crowd = TemplateProgram("crowd", fields={"a": 8, "b": 1, "c": 6})
    for index in range(8):
        crowd.template(when={("a", index): 1}, write=[("a", index)])
    for index in range(6):
        crowd.template(when={("c", index): 1}, write=[("b", 0)])
    assert len(agreed(crowd).unsound) > 1


def test_a_long_run_whose_states_all_differ_is_logged_in_several_parts(monkeypatch):
    """A rotation of one bit at a time: the log is full before a sub-block ends."""
    monkeypatch.setattr(program, "CAPACITY", 3)
    order = [*range(1, 11), 0]
    growing = TemplateProgram("growing", fields={"a": 11, "b": 11})
    for index, source in enumerate(order):
        growing.template(when={("a", source): 1}, write=[("a", index)])
        growing.template(when={("a", source): 1, ("b", index): 0}, write=[("b", index)])
        growing.template(when={("b", index): 1}, write=[("b", index)])
    output = (("a", 0),)
    agreed(Task(growing, ("a",), 25, output, lambda a: a >> 3 & 1))


@pytest.mark.parametrize("straight", [0, 10**9])
@pytest.mark.parametrize("processor", [Target(2, False), Target(4, False), Target(8, False)])
def test_bits_with_many_writers_and_templates_with_many_literals(monkeypatch, straight, processor):
    monkeypatch.setattr(program, "target", lambda: processor)
    monkeypatch.setattr(kernel, "STRAIGHT", straight)
    agreed(many(9, 150, 1, 2))  # more than eight writers of a bit match together
    wide = TemplateProgram("wide", fields={"a": 13})
    for value in range(70):
        bits = {("a", index): value * 37 >> index & 1 for index in range(13)}
        wide.template(when=bits, write={("a", value % 13), ("a", value % 5)})
    wide.template(when={}, write=[("a", 12)])
    agreed(Task(wide, ("a",), 3, (("a", 0), ("a", 12)), lambda a: 2))


# --- the sets of known numbers


@pytest.mark.parametrize(
    ("members", "longest"), [([], None), ([0], (0, 0)), ([1, 2, 5, 6, 7, 9], (5, 7)), ([3], (3, 3))]
)
def test_the_longest_interval(members, longest):
    assert interval(sum(1 << member for member in members)) == longest


def test_a_decision_diagram_is_the_set():
    random = np.random.default_rng(5)
    roots = [(1, 0), (1, 1), (4, 2)]
    known = Known(roots, 5)
    sets = {root: set() for root in roots}
    for _ in range(60):
        triples = [(int(random.integers(32)), *reversed(roots[random.integers(3)])) for _ in range(2)]
        for n, p, t in triples:
            sets[t, p].add(n)
        known.add(triples)
        for index, root in enumerate(roots):
            for n in range(32):
                node = known.ends[index]
                while node > 1:
                    bit, one, zero = known.nodes[node - 2]
                    node = one if n >> bit & 1 else zero
                assert node == (n in sets[root])


def test_the_quick_test_passes_known_numbers_only():
    random = np.random.default_rng(6)
    roots, bits = [(1, 0), (1, 1), (4, 2)], 4
    for _ in range(300):
        known = Known(roots, bits)
        numbers = random.integers(1 << bits, size=(20, 2)).tolist()
        known.add((n, roots[index % 3][1], roots[index % 3][0]) for n, index in numbers)
        ends = [sum((0 if known.bounds[end * bits + x] else 1) << x for x in range(bits)) for end in range(2)]
        for members, rejected in zip(known.sets, known.bounds[2 * bits :], strict=True):
            passing = range(ends[0], ends[1] + 1) if not rejected else ()
            assert all(members >> n & 1 for n in passing)


# --- time and memory


@pytest.mark.parametrize("name", CATALOGUE)
def test_built_ins_of_64_bits_compile_quickly(name):
    made = CATALOGUE[name].task(64).program
    bound = bound_matches(made).bound
    CompiledProgram(addition(1), 2, True, None).prepare()
    times = []
    for _ in range(3):
        start = time.process_time()
        CompiledProgram(made, bound, True, None).prepare()
        times.append(time.process_time() - start)
    assert min(times) < 0.5


@pytest.mark.parametrize(("bits", "templates"), [(60, 10**4), (2000, 2 * 10**4)])
def test_large_programs_compile_in_bounded_time(bits, templates):
    made = many(bits, templates, 3, 1)
    start = time.process_time()
    compiled = CompiledProgram(made, templates, True, None)
    compiled.prepare()
    assert time.process_time() - start < 30 * templates / 10**5 + 1
    assert len(compiled.assembly.text) < 10**6


# --- pickling, errors and the choice of the engine


def test_a_pickled_program_is_compiled_again():
    compiled = CompiledProgram(addition(2), 4, True, None)
    compiled.prepare()
    copy = pickle.loads(pickle.dumps(compiled))
    assert "code" not in vars(copy)
    copy.prepare()


def test_an_oracle_that_depends_on_the_types_of_its_arguments_is_refused(monkeypatch):
    monkeypatch.setattr(chunks, "MIN_COMPARED", 200)
    base = addition_task(11)

    class Sly:
        def __call__(self, p, q):
            return p + q if type(p) is int else p + q + 1

    with pytest.raises(InputError, match="its value must not depend on the type of its arguments"):
        exhaust(replace(base, oracle=Sly()), engine="compiled", workers=1)


def test_small_work_is_not_compiled_unless_asked(monkeypatch):
    assert exhaust(addition_task(3)).engine == "numpy"
    assert exhaust(addition_task(3), engine="compiled").engine == "compiled"
    monkeypatch.setattr("ntkproofs.execution.engines.WORTH_COMPILING", 1)
    assert exhaust(addition_task(3)).engine == "compiled"


C17 = """.model c17
.inputs 1 2 3 6 7
.outputs 22 23
.names 1 3 10
11 0
.names 3 6 11
11 0
.names 2 11 16
11 0
.names 11 7 19
11 0
.names 10 16 22
11 0
.names 16 19 23
11 0
.end
"""


def test_the_command_compiles_unless_told_otherwise(capsys):
    assert main(["exhaust", "addition", "--bits", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["engine"] == "compiled"


@pytest.mark.parametrize(
    "program",
    [
        ["c17.blif"],
        ["rule110", "--cells", "9", "--steps", "12"],
        ["1RB1LB_1LA1RZ", "--cells", "6"],
        ["addition", "--bits", "5", "--training-steps", "9", "--step", "1/10"],
        ["permutation", "--bits", "6", "--threshold", "1/8"],
    ],
    ids=lambda program: program[0],
)
def test_both_engines_print_the_same_about_programs_of_every_kind(tmp_path, monkeypatch, capsys, program):
    (tmp_path / "c17.blif").write_text(C17)
    monkeypatch.chdir(tmp_path)
    documents = []
    for engine in ("compiled", "numpy"):
        code = main(["exhaust", *program, "--condition", "--engine", engine, "--json"])
        document = json.loads(capsys.readouterr().out)
        assert document["engine"] == engine
        assert document["cases"] > 1
        for name in ("engine", "seconds", "cases_per_second"):
            del document[name]
        documents.append((code, document))
    assert documents[0] == documents[1]


def test_json(capsys):
    documents = []
    for engine in ("compiled", "numpy"):
        assert main(["exhaust", "multiplication", "--bits", "4", "--engine", engine, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document.pop("engine") == engine
        del document["seconds"], document["cases_per_second"]
        documents.append(document)
    assert documents[0] == documents[1]


def test_an_unknown_engine(capsys):
    assert main(["exhaust", "addition", "--bits", "2", "--engine", "steam"]) == 3
    assert "engine must be one of compiled, numpy, got 'steam'" in capsys.readouterr().err


def test_without_llvmlite(capsys, monkeypatch):
    for module in [name for name in sys.modules if name.partition(".")[0] == "llvmlite"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr("ntkproofs.execution.engines.available", lambda: False)
    monkeypatch.setattr("ntkproofs.execution.engines.WORTH_COMPILING", 1)
    assert exhaust(addition_task(3)).engine == "numpy"
    assert main(["exhaust", "addition", "--bits", "2", "--engine", "compiled"]) == 3
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "pip install 'ntkproofs[fast]'" in error
