"""Certificates that name a source: valid ones of every format and rule, and forgeries with the reasons."""

from __future__ import annotations

import base64
import json
from functools import cache

from forgery import DECLINED, Forgeries, sign
from sources import NANDS, Net, adder, compiled

from ntkproofs.certificates import Run, SourceClaim, issue_ensemble, issue_rounding, issue_stream
from ntkproofs.certificates.format import Certificate
from ntkproofs.compilation import compile_source
from ntkproofs.compilation.turing import compile_turing
from ntkproofs.formats import read_aiger, read_blif, read_kiss, read_pla, read_turing
from ntkproofs.programs import Task, TemplateProgram

FULL_ADDER = """aag 10 3 0 2 7
2
4
6
17
21
8 2 4
10 3 5
12 9 11
14 12 6
16 13 7
18 15 17
20 9 15
i0 a
i1 b
o0 odd
o1 many
c
of three bits
"""
FULL_ADDER = FULL_ADDER.replace("17\n21\n8", "18\n21\n8")
BINARY = b"aig 5 2 0 2 3\n10\n6\n" + bytes([2, 2, 3, 2, 1, 2])  # 6 = 4 & 2, 8 = 5 & 3, 10 = 9 & 7: exclusive or, and
TABLE = ".i 3\n.o 2\n.ilb a b c\n.p 4\n11- 1~\n0-1 -1\n1-0 ~1\n000 1-\n.e\n"
BOTH = ".i 2\n.o 1\n.type fr\n11 1\n00 0\n.e\n"
MACHINE = """.i 2
.o 1
.s 3
.r idle
0- idle idle 0
1- idle busy -
-0 busy busy 1
-1 busy done 1
11 done idle 0
-0 done done 0
.e
"""
REGISTERS = """.model counter
.inputs clk up
.outputs low high
.latch d0 q0 re clk 0
.latch d1 q1 re clk 1
.names up q0 d0
01 1
10 1
.names up q0 q1 d1
0-1 1
-01 1
110 1
.names q0 low
1 1
.names q1 high
1 1
.end
"""
FREE = """.model free
.inputs a b
.outputs y
.names a b y
11 1
.exdc
.names a b y
00 1
.end
"""


def _nand_chain(length: int) -> Net:
    """Return a chain of NANDs, by their off-sets."""
    inputs = [f"i{k}" for k in range(length + 1)]
    before = ["i0", *(f"n{k}" for k in range(length - 1))]
    covers = [(f"n{k}", [before[k], f"i{k + 1}"], ["11"], 0) for k in range(length)]
    return Net(inputs, [f"n{length - 1}"], covers, "chain")


def _never(inputs: int) -> str:
    """Return a circuit with a signal that is never 1, of so many inputs."""
    names = " ".join(f"i{k}" for k in range(inputs))
    return (
        f".model never\n.inputs {names}\n.outputs y\n.names i0 same\n1 1\n.names i0 same never\n01 1\n"
        f".names {names} all\n{'1' * inputs} 1\n.names never all y\n1- 1\n-1 1\n.end\n"
    )


def _counter(bits: int, output: str) -> str:
    """Return a counter of clocks whose output is a signal."""
    lines = [".model clocks", ".inputs unused", ".outputs y", ".names c0", "1"]
    for k in range(bits):
        lines += [f".latch d{k} q{k} 0", f".names c{k} q{k} d{k}", "01 1", "10 1", f".names c{k} q{k} c{k + 1}", "11 1"]
    return "\n".join([*lines, output, ".end", ""])


TOP_BIT, ZERO = ".names q7 y\n1 1", ".names y"


def _ticking() -> Certificate:
    """Return a certificate about a program that copies the first of 30 inputs, and has a bit that changes each step."""
    program = TemplateProgram("ticking", fields={"i": 30, "tick": 1, "y": 1})
    for k in range(30):
        program.template({("i", k): 1}, [("i", k)])
    program.template({("tick", 0): 0}, [("tick", 0)])
    program.template({("i", 0): 1}, [("y", 0)])
    names = " ".join(f"i{k}" for k in range(30))
    text = f".model first\n.inputs {names}\n.outputs y\n.names i0 y\n1 1\n.end\n".encode()
    return issue_rounding(program, source=SourceClaim("first.blif", "blif", text, tuple(range(30)), (31,), steps=3))


def _wide_register() -> Certificate:
    """Return a certificate about a register with 24 further inputs: its value is that of an input one clock before."""
    program = TemplateProgram("wide", fields={"i": 25, "q": 1, "y": 1, "first": 1})
    program.template({("i", 0): 1}, [("q", 0)])
    program.template({("q", 0): 1}, [("y", 0)])
    names = " ".join(f"i{k}" for k in range(25))
    text = f".model delay\n.inputs {names}\n.outputs y\n.latch i0 q 0\n.names q y\n1 1\n.end\n".encode()
    inputs = tuple(range(25))
    return issue_rounding(program, source=SourceClaim("delay.blif", "blif", text, inputs, (26,), (27,), period=1))


def _rounding(source, task) -> Certificate:
    return issue_rounding(task if isinstance(task, Task) else task.program, source=SourceClaim.of(source, task))


def _circuit(net, name, issue) -> Certificate:
    c = compiled(net)
    run = Run(c.program, tuple(sorted(c.inputs)), (), c.steps)
    return issue(run, c.claim(name, "blif", net.blif))


def _held() -> Certificate:
    """Return a certificate about a program with a bit that is 1 at the start and holds itself."""
    program = TemplateProgram("held", fields={"a": 1, "one": 1, "y": 1})
    program.template({("a", 0): 1}, [("a", 0)])
    program.template({("one", 0): 1}, [("one", 0)])
    program.template({("a", 0): 0, ("one", 0): 1}, [("y", 0)])
    text = b".model inverter\n.inputs a\n.outputs y\n.names a y\n0 1\n.end\n"
    source = SourceClaim("inverter.blif", "blif", text, (0,), (2,), (1,), steps=1)
    return issue_ensemble(Run(program, (0,), (1,), 1), failure="1/100", source=source, threshold="half")


@cache
def _honest() -> dict[str, Certificate]:
    counter, machine = read_blif(REGISTERS.encode(), "counter.blif"), read_kiss(MACHINE.encode(), "machine.kiss")
    busy = read_turing(b"1RB1LB_1LA1RZ # four ones\n", "bb2.tm")
    tape, three = compile_turing(busy), read_turing(b"1RB2LB1RZ_2LA2RB1LB", "three.tm")
    return {
        "ensemble": _circuit(
            NANDS, "nands.blif", lambda run, source: issue_ensemble(run, failure="1/100", source=source)
        ),
        "chosen": _circuit(
            NANDS, "nands.blif", lambda run, source: issue_ensemble(run, failure="1/100", inputs=1, source=source)
        ),
        "reachable": _circuit(
            NANDS, "nands.blif", lambda run, source: issue_rounding(run, states="reachable", source=source)
        ),
        "adder": _circuit(adder(2), "adder2.blif", lambda run, source: issue_rounding(run, source=source)),
        "many inputs": _circuit(adder(20), "adder20.blif", lambda run, source: issue_rounding(run, source=source)),
        "many nands": _circuit(_nand_chain(29), "chain.blif", lambda run, source: issue_rounding(run, source=source)),
        "chunks": _circuit(adder(9), "adder9.blif", lambda run, source: issue_rounding(run, source=source)),
        "held": _held(),
        "ticking": _ticking(),
        "wide register": _wide_register(),
        **{
            name: _rounding(source, compile_source(source))
            for name, source in {
                "aag": read_aiger(FULL_ADDER.encode(), "full.aag"),
                "aig": read_aiger(BINARY, "half.aig"),
                "pla": read_pla(TABLE.encode(), "table.pla"),
                "pla fr": read_pla(BOTH.encode(), "both.pla"),
                "kiss": machine,
                "registers": counter,
                "exdc": read_blif(FREE.encode(), "free.blif"),
                "constants": read_aiger(b"aag 1 1 0 3 0\n2\n0\n1\n2\n", "constants.aag"),
                "never": read_blif(_never(30).encode(), "never.blif"),
                "clocks": read_blif(_counter(8, TOP_BIT).encode(), "clocks.blif"),
            }.items()
        },
        "stream": issue_stream(
            compile_source(counter),
            failure="1/100",
            clocks=3,
            source=SourceClaim.of(counter, compile_source(counter)),
        ),
        "turing": _rounding(busy, tape),
        "three symbols": _rounding(three, compile_turing(three)),
        "turing run": issue_ensemble(tape, failure="1/100", states="reachable", source=SourceClaim.of(busy, tape)),
    }


def honest() -> dict[str, dict]:
    """Return fresh copies of valid certificates, by name."""
    return {name: json.loads(certificate.data) for name, certificate in _honest().items()}


FORGERIES = Forgeries(honest)
forgery = FORGERIES


def replace(document, old: str, new: str, times: int = 1) -> None:
    """Change the text of the source."""
    source = document["claim"]["source"]
    assert source["text"].count(old) == times, (old, source["text"])
    source["text"] = source["text"].replace(old, new)


def with_text(base: str, message: str, code: int = 1, **changes: tuple[str, str]) -> None:
    """Register forgeries, ``name=(old, new)``, of which each replaces one piece of the text of a source."""
    for name, (old, new) in changes.items():

        def change(document, old=old, new=new):
            replace(document, old, new)

        change.__name__ = name
        forgery(base, message, code)(change)


# --- the text says something else than the program does
with_text(
    "ensemble",
    "output 'x' is 1 by the file and 0 by the program at the inputs ",
    a_literal_less=("c p\n11 0", "c p\n1- 0"),
    an_on_set_for_an_off_set=("r x\n11 0", "r x\n11 1"),
)
with_text(
    "ensemble",
    "output 'x' is 0 by the file and 1 by the program at the inputs ",
    another_argument=(".names b q r", ".names d q r"),
    a_complemented_cube=("r x\n11 0", "r x\n00 1"),
)
with_text("ensemble", "output 'y' is 0 by the file", outputs_in_another_order=(".outputs x y", ".outputs y x"))
with_text("ensemble", "by the program at the inputs ", inputs_in_another_order=(".inputs a b c", ".inputs b a c"))
with_text(
    "adder",
    "output 's1' is 1 by the file and 0 by the program at the inputs ",
    a_cube_more=("010 1\n", "010 1\n000 1\n"),
)
with_text("adder", "output 'c1' is 0 by the file and 1 by the program", a_cube_less=("11- 1\n", ""))
with_text(
    "many inputs",
    "by the program at the inputs ",
    a_literal_among_many_inputs=("a7 b7 c6 c7\n11- 1", "a7 b7 c6 c7\n111 1"),
    an_output_among_many_inputs=(".outputs s0 s1", ".outputs s1 s0"),
)
with_text("aag", "output 0 is ", a_negated_literal=("\n18\n21", "\n19\n21"))
with_text("aag", "output 1 is ", another_and=("20 9 15", "20 9 14"), the_constant=("\n18\n21", "\n18\n1"))
with_text(
    "pla",
    "output 0 is ",
    a_zero_that_must_be_one=("0-1 -1", "0-1 11"),
    a_dont_care_that_must_be_zero=("0-1 -1\n1-0 ~1\n000 1-", "0-1 ~1\n1-0 11\n000 1-"),
)
with_text("pla", "output 1 is ", a_table_without_dont_cares=("000 1-", "000 11"))
with_text("pla fr", "output 0 is 0 by the file", zeros_for_ones=("11 1", "11 0"))
with_text("pla fr", "output 0 is ", a_zero_that_was_free=("11 1\n", "11 1\n01 1\n"))
with_text(
    "exdc",
    "output 'y' is 1 by the file and 0 by the program at the inputs 10",
    dont_cares_of_one_input=("11 1", "1- 1"),
)
with_text(
    "kiss",
    "in the state 'busy'",
    another_output=("-0 busy busy 1", "-0 busy busy 0"),
)
with_text(
    "kiss",
    "output 0 is 1 by the file and 0 by the program at the inputs 00 in the state 'busy'",
    another_next_state=("-1 busy done 1", "-1 busy idle 1"),
)
with_text("kiss", "is ", another_initial_state=(".r idle", ".r busy"))
with_text(
    "registers",
    " of clock 0 of a sequence",
    another_initial_value=("q1 re clk 1", "q1 re clk 0"),
    an_unspecified_initial_value=("q1 re clk 1", "q1 re clk 3"),
)
with_text("registers", " of a sequence", another_next_value=("110 1\n", ""), registers_exchanged=("q1 high", "q0 high"))
with_text(
    "turing",
    "bit 0 of cell ",
    another_symbol=("1RB", "0RB"),
)
with_text("turing", "the tape is too short", another_move=("1RB", "1LB"))


# --- the program, the positions or the steps are others
@forgery("ensemble", "output 'x' is 1 by the file and 0 by the program")
def a_template_less(document):
    program = document["claim"]["program"]
    (position,) = {document["claim"]["source"]["outputs"][0]}
    program["templates"] = [row for row in program["templates"] if position not in row[1]]


@forgery("ensemble", "by the program at the inputs ")
def a_requirement_of_the_other_value(document):
    row = document["claim"]["program"]["templates"][5]
    row[0][0][1] ^= 1


@forgery("ensemble", "by the program at the inputs ")
def swapped_outputs(document):
    document["claim"]["source"]["outputs"].reverse()


@forgery("chosen", "by the program at the inputs ")
def swapped_inputs(document):
    inputs = document["claim"]["source"]["inputs"]
    inputs[0], inputs[1] = inputs[1], inputs[0]


@forgery("adder", "by the program at the inputs ")
def one_step_less(document):
    document["claim"]["source"]["steps"] -= 1


@forgery("many inputs", "by the program at the inputs ")
def one_step_less_for_many_inputs(document):
    document["claim"]["source"]["steps"] = 3


@forgery("many inputs", "is not the same expression by the program as by the file", DECLINED)
def a_step_less_that_no_tried_input_shows(document):
    document["claim"]["source"]["steps"] -= 1


@forgery("many inputs", "is not the same expression by the program as by the file", DECLINED)
def one_case_in_two_to_the_forty(document):
    """A template writes an output wrongly where all inputs are 1: right in every tried case."""
    source = document["claim"]["source"]
    when = [[position, 1] for position in source["inputs"]]
    document["claim"]["program"]["templates"].append([when, [source["outputs"][3]]])


@forgery("registers", "of a sequence")
def a_period_of_one_step_less(document):
    document["claim"]["source"]["period"] -= 1


@forgery("turing run", "the claim is about 6 steps, the source about 5")
def fewer_steps_of_the_machine(document):
    document["claim"]["source"]["steps"] -= 1


@forgery("turing", "bit 0 of cell 0 is 1 by the file and not by the program")
def a_tape_in_another_order(document):
    document["claim"]["source"]["outputs"][0] = document["claim"]["source"]["inputs"][0]


@forgery("turing", "the tape is too short")
def a_head_elsewhere(document):
    document["claim"]["source"]["head"] = 0


@forgery("turing", "the head is beyond the 4 cells after step 0")
def a_head_beyond_the_tape(document):
    document["claim"]["source"]["head"] = 4


@forgery("turing", "the tape is too short")
def a_tape_of_fewer_cells(document):
    source = document["claim"]["source"]
    source["outputs"].pop()


@forgery("turing", "of cell ")
def a_machine_that_also_runs_without_a_head(document):
    """A template that writes the first cell wherever there is no head."""
    source = document["claim"]["source"]
    document["claim"]["program"]["templates"].append([[[source["inputs"][0], 0]], [source["outputs"][0]]])


@forgery("held", "output 'y' is 1 by the file and 0 by the program at the inputs 0")
def a_bit_that_is_not_1_at_the_start(document):
    document["claim"]["source"]["ones"] = []
    document["claim"]["inputs"]["ones"] = []


@forgery("chunks", "at the inputs 111111111111111111")
def one_case_in_two_to_the_eighteen(document):
    source = document["claim"]["source"]
    when = [[position, 1] for position in source["inputs"]]
    document["claim"]["program"]["templates"].append([when, [source["outputs"][0]]])


@forgery("ticking", "is not the same expression by the program as by the file", DECLINED)
def a_requirement_of_an_unknown_bit(document):
    """It is met at the last step, by the initial state of a bit that no expression of the inputs describes."""
    document["claim"]["program"]["templates"][-1][0].append([30, 0])


@forgery("ticking", "is not the same expression by the program as by the file", DECLINED)
def a_template_that_requires_an_unknown_bit(document):
    """It matches in one case in 2^30, which is wrong."""
    when = [[30, 0], *([k, int(k > 0)] for k in range(30))]
    document["claim"]["program"]["templates"].append([when, [31]])


@forgery("wide register", "25 inputs of a file with states: at most 16", DECLINED)
def one_input_in_the_first_clock(document):
    when = [[position, 1] for position in document["claim"]["source"]["inputs"]]
    document["claim"]["program"]["templates"].append([[*when, [27, 1]], [26]])


@forgery("wide register", "25 inputs of a file with states: at most 16", DECLINED)
def one_input_in_the_other_clocks(document):
    when = [[position, 1] for position in document["claim"]["source"]["inputs"]]
    document["claim"]["program"]["templates"].append([[*when, [27, 0]], [26]])


@forgery("clocks", "output 'y' is 0 by the file and 1 by the program at the inputs 0 in the state ")
def a_value_after_128_clocks(document):
    replace(document, TOP_BIT, ZERO)


@forgery("kiss", "output 0 is 0 by the file and 1 by the program at the inputs 0")
def a_hidden_state(document):
    """A bit that remembers one input in a state where the file does not."""
    claim = document["claim"]
    claim["program"]["fields"].append(["hidden", 1])
    hidden = sum(width for _, width in claim["program"]["fields"]) - 1
    first, second = claim["source"]["inputs"]
    (output,) = claim["source"]["outputs"]
    claim["program"]["templates"] += [
        [[[first, 0], [second, 1]], [hidden]],
        [[[hidden, 1], [first, 0]], [output]],
        [[[hidden, 1]], [hidden]],
    ]


@forgery("three symbols", "and this one 2 output bits a cell")
def half_a_cell(document):
    document["claim"]["source"]["outputs"].pop()


# --- the claim about networks is about other runs
@forgery("ensemble", "the claim is about 4 steps, the source about 5")
def more_steps_than_the_claim(document):
    document["claim"]["source"]["steps"] += 1


@forgery("chosen", "the claim is about 5 steps, the source about 4")
def fewer_steps_than_the_claim(document):
    document["claim"]["steps"] += 1


@forgery("reachable", "the claim is about 3 steps, the source about 4")
def states_of_fewer_steps(document):
    document["claim"]["states"]["steps"] -= 1


@forgery("ensemble", "the claim is about other initial states, or other inputs, than the source")
def a_claim_about_fewer_inputs(document):
    document["claim"]["inputs"]["free"].pop()


@forgery("reachable", "the claim is about other initial states, or other inputs, than the source")
def states_from_other_inputs(document):
    free = document["claim"]["states"]["free"]
    document["claim"]["states"] |= {"free": free[:-1], "ones": free[-1:]}


@forgery("held", "the claim is about other initial states, or other inputs, than the source")
def a_claim_about_another_start(document):
    document["claim"]["inputs"]["ones"] = []


@forgery("stream", "the claim is about other initial states, or other inputs, than the source")
def a_claim_about_other_ports(document):
    document["claim"]["inputs"]["ports"] = [document["claim"]["source"]["outputs"][0]]


@forgery("stream", "the claim is about runs without inputs from outside, which the source has")
def a_claim_about_runs_without_ports(document):
    document["claim"]["inputs"] = 1


@forgery("stream", "the claim is about other initial states, or other inputs, than the source")
def a_claim_about_free_inputs_of_a_stream(document):
    inputs = document["claim"]["inputs"]
    document["claim"]["inputs"] = {"free": inputs["ports"], "ones": inputs["ones"]}


@forgery("registers", "source: a file of this kind needs period")
def steps_for_a_file_with_registers(document):
    document["claim"]["source"]["steps"] = document["claim"]["source"].pop("period")


@forgery("adder", "source: a file of this kind needs steps")
def a_period_for_a_file_without_registers(document):
    document["claim"]["source"]["period"] = document["claim"]["source"].pop("steps")


@forgery("turing", "source: a file of this kind needs steps")
def a_period_for_a_turing_machine(document):
    document["claim"]["source"]["period"] = document["claim"]["source"].pop("steps")


# --- malformed entries
@forgery("adder", "the claim names no source", DECLINED)
def no_source(document):
    del document["claim"]["source"]


@forgery("adder", "the claim is not about a program")
def a_claim_of_another_kind(document):
    document["claim"]["kind"] = "inequality"


@forgery("adder", "the claim: source is missing or of a wrong type")
def a_source_that_is_no_object(document):
    document["claim"]["source"] = ["adder2.blif"]


def _set(base: str, message: str, code: int = 1, **changes: tuple[str, object]) -> None:
    """Register forgeries, ``name=(key, value)``, of which each sets one key of a source."""
    for name, (key, value) in changes.items():

        def change(document, key=key, value=value):
            document["claim"]["source"][key] = value

        change.__name__ = name
        forgery(base, message, code)(change)


_set("adder", "source has not exactly the keys", an_unknown_key=("weights", []), a_head_of_a_circuit=("head", 0))
_set("adder", "source has not exactly the keys", steps_and_period=("period", 3))
_set(
    "adder",
    "source: inputs names a position twice",
    an_input_twice=("inputs", [0, 1, 2, 2]),
)
_set("adder", "source: inputs is not an integer in its range", an_input_beyond_the_state=("inputs", [0, 1, 2, 10**6]))
_set("adder", "source: outputs is not an integer in its range", a_negative_output=("outputs", [-1, 1, 2]))
_set("adder", "source: outputs is missing or of a wrong type", outputs_that_are_no_list=("outputs", "0123"))
_set("adder", "source: inputs is not an integer in its range", an_input_that_is_true=("inputs", [True, 2, 3, 4]))
_set(
    "adder",
    "the file has 4 inputs and 3 outputs, the source names positions of 3 and 3",
    an_input_less=("inputs", [0, 1, 2]),
)
_set("adder", "the file has 4 inputs and 3 outputs, the source names positions of 4 and 0", no_outputs=("outputs", []))
_set("adder", "source: a position is both an input and 1 at the start", an_input_that_is_1=("ones", [3]))
_set("adder", "source: steps is not an integer in its range", no_steps=("steps", 0), steps_as_text=("steps", "6"))
_set(
    "adder",
    "the source's name is ",
    a_path=("name", "../adder2.blif"),
    a_name_that_is_a_statement=("name", "every adder"),
)
_set("adder", "the source's format is not one of", an_unknown_format=("format", "edif"), no_format=("format", ""))
_set("adder", "is unknown or stands twice", another_format=("format", "pla"), a_machine_of_states=("format", "kiss"))
_set("adder", "the header is not aag M I L O A", a_graph=("format", "aag"))
_set("adder", "text is not base64", text_that_is_not_base64=("format", "aig"))
_set(
    "adder", "source: text is not base64, or has a character that is no byte", a_character_that_is_no_byte=("text", "Ā")
)
_set("adder", "the text does not end with .end: it is truncated", no_text=("text", ""))
_set("turing", "source: head is not an integer in its range", a_negative_head=("head", -1))
_set("turing", "a Turing machine has at most one input", two_inputs_of_a_turing_machine=("inputs", [0, 1]))


@forgery("turing", "source has not exactly the keys")
def a_turing_machine_without_a_head(document):
    del document["claim"]["source"]["head"]


# --- malformed files
with_text("ensemble", "the text does not end with .end: it is truncated", a_truncated_netlist=(".end\n", ""))
with_text("ensemble", "depends on itself", a_cycle=(".names a c p", ".names a x p"))
with_text("ensemble", "'q' is used and not defined", an_undefined_signal=(".names c d q\n11 0\n", ""))
with_text(
    "ensemble",
    "is defined twice",
    a_signal_defined_twice=(".names q e s", ".names q e p"),
    an_input_that_is_defined=(".names q e s", ".names q e a"),
)
with_text("ensemble", "two inputs have the same name", an_input_twice_in_the_file=(".inputs a b", ".inputs a a"))
with_text("ensemble", "two outputs have the same name", an_output_twice_in_the_file=(".outputs x y", ".outputs x x"))
with_text("ensemble", "is not a cube of 2 characters", a_cube_of_wrong_width=("c p\n11 0", "c p\n111 0"))
with_text(
    "ensemble",
    "is not a line of a cover",
    a_value_of_2=("c p\n11 0", "c p\n11 2"),
    a_value_missing=("c p\n11 0", "c p\n11"),
)
with_text("ensemble", "lines of one cover with different values", a_mixed_cover=("c p\n11 0", "c p\n11 0\n00 1"))
with_text("ensemble", "unknown directive '.subckt'", hierarchy=(".names a c p\n11 0", ".subckt nand a=a b=c y=p"))
with_text("ensemble", "a second .model", two_models=(".inputs", ".model other\n.inputs"))
with_text("ensemble", "text after .end", two_circuits=(".end\n", ".end\n.model other\n.end\n"))
with_text("ensemble", "a character that is not ASCII", a_letter_that_looks_alike=(".names a c p", ".names \u00e5 c p"))
with_text("ensemble", "ends within a line that is continued", a_line_continued_at_the_end=(".end\n", ".end \\"))
with_text(
    "exdc",
    "'a' is not an output as a function of inputs",
    dont_cares_of_an_input=("exdc\n.names a b y", "exdc\n.names a b a"),
)
with_text(
    "exdc",
    "'y' is not an output as a function of inputs",
    dont_cares_of_signals=("exdc\n.names a b y", "exdc\n.names a y y"),
)
with_text("exdc", "'free y' is defined twice", dont_cares_twice=("00 1\n", "00 1\n.names a b y\n-- 1\n"))
with_text("exdc", ".exdc stands once", two_sections=(".exdc\n", ".exdc\n.exdc\n"))
with_text(
    "exdc",
    "the model lacks",
    an_input_of_the_dont_cares=(".exdc\n", ".exdc\n.inputs z\n"),
    an_output_of_them=(".exdc\n", ".exdc\n.outputs z\n"),
)
with_text(
    "registers",
    "triggered by one edge",
    two_clocks=("q1 re clk", "q1 re up"),
    two_edges=("q1 re clk", "q1 fe clk"),
    a_level=("q1 re clk", "q1 ah clk"),
)
with_text(
    "registers",
    ".latch needs",
    a_latch_of_one_signal=(".latch d1 q1 re clk 1", ".latch q1"),
    a_value_of_4=("q1 re clk 1", "q1 re clk 4"),
)
with_text("registers", "'clk' is used and not defined", a_clock_as_a_signal=(".names up q0 d0", ".names clk q0 d0"))
with_text(
    "registers",
    "a signal is defined twice",
    a_register_that_is_an_input=("d1 q1 re", "d1 up re"),
    a_register_that_is_a_gate=("d1 q1 re", "d1 d0 re"),
)
with_text("pla", "the text is truncated", rows_missing=("000 1-\n", ""), rows_announced=(".p 4", ".p 5"))
with_text("pla fr", "the text is truncated", no_end_of_a_table=(".e\n", ""))
with_text(
    "pla",
    "is not a row of 3 inputs and 2 outputs",
    a_short_row=("000 1-", "00 1-"),
    a_long_row=("000 1-", "0000 1-"),
    an_input_of_x=("000 1-", "00x 1-"),
    an_output_of_5=("000 1-", "000 5-"),
)
with_text("pla", "more than 262144 columns", DECLINED, a_giant_table=(".o 2", ".o 100000000"))
with_text(
    "pla", "needs one integer", an_integer_of_many_digits=(".o 2", ".o 20000000000"), a_negative_width=(".o 2", ".o -2")
)
with_text("pla", "names for 3 columns", names_missing=(".ilb a b c", ".ilb a b"))
with_text("pla", "the number of inputs .i or of outputs .o is missing", no_width=(".i 3\n", ""))
with_text("pla", "the type of a table is one of f, fd, fr, fdr", an_unknown_type=(".p 4", ".type fx\n.p 4"))
with_text("pla fr", "rows with 1 and with 0 for output 0 match the same inputs", a_contradiction=("00 0", "1- 0"))
with_text(
    "kiss",
    "two rows of the state 'busy' contradict each other",
    contradictory_next_states=("-1 busy done 1", "-- busy done 1"),
)
with_text(
    "kiss",
    "two rows of the state 'done' contradict each other",
    contradictory_outputs=("-0 done done 0", "-0 done done 0\n-0 done done 1"),
)
with_text("kiss", "is not the name of a next state", no_next_state=("-1 busy done 1", "-1 busy * 1"))
with_text(
    "kiss", "the initial state is missing, or no row is about it", an_unknown_initial_state=(".r idle", ".r away")
)
with_text("kiss", "is not a row of 2 inputs and 1 outputs", a_row_without_outputs=("-1 busy done 1", "-1 busy done"))
with_text(
    "turing",
    "is not a Turing machine",
    a_short_group=("1RB1LB", "1RB"),
    two_machines=("1RZ", "1RZ 1RB1LB_1LA1RZ"),
    no_machine=("1RB1LB_1LA1RZ", ""),
)
with_text(
    "turing", "writes a symbol that no rule reads", an_unknown_symbol=("1RB", "2RB"), an_unknown_state=("1RB", "1RC")
)
with_text(
    "aag", "the text is truncated", gates_missing=("20 9 15\ni0 a\ni1 b\no0 odd\no1 many\nc\nof three bits\n", "")
)
with_text(
    "aag",
    "is not a line of numbers",
    an_empty_line=("8 2 4\n", "\n8 2 4\n"),
    gates_announced=("aag 10 3 0 2 7", "aag 10 3 0 2 8"),
    a_word=("8 2 4", "8 two 4"),
)
with_text(
    "aag", "a literal out of range", a_literal_out_of_range=("8 2 4", "8 2 40"), a_number_too_many=("8 2 4", "8 2 4 4")
)
with_text("aag", "a negated literal is defined", a_negated_result=("8 2 4", "9 2 4"))
with_text("aag", "depends on itself", a_cyclic_graph=("8 2 4", "8 2 20"))
with_text("aag", "is defined twice", a_variable_twice=("10 3 5", "8 3 5"), the_constant_defined=("10 3 5", "0 3 5"))
with_text(
    "aag", "a header with more than 262144 signals", DECLINED, a_giant_header=("aag 10 3 0 2 7", "aag 10 3 0 2 700000")
)
with_text("aag", "the header is not aag M I L O A", properties_of_version_1_9=("aag 10 3 0 2 7", "aag 10 3 0 2 7 1"))
with_text("aag", "is neither a name nor a comment", text_after_the_graph=("i0 a\n", "a comment\ni0 a\n"))


def _binary(data: bytes, message: str, name: str) -> None:
    """Register a forgery with other bytes of the binary graph."""

    def change(document):
        document["claim"]["source"]["text"] = base64.b64encode(data).decode()

    change.__name__ = name
    forgery("aig", message)(change)


_binary(BINARY[:-1], "the text is truncated", "a_binary_graph_without_its_last_byte")
_binary(BINARY[:-7], "the text is truncated", "a_binary_graph_without_gates")
_binary(BINARY.replace(b"aig 5", b"aig 6"), "M = I + L + A", "a_binary_header_of_another_size")
_binary(BINARY.replace(b"\n10\n", b"\n11\n"), "output 0 is ", "a_negated_output_in_binary")
_binary(BINARY[:-2] + bytes([1, 1]), "output 0 is ", "another_difference")
_binary(BINARY[:-6] + bytes([7, 2, 3, 2, 1, 2]), "a literal out of range", "a_difference_below_zero")
_binary(BINARY[:-6] + bytes([0, 2, 3, 2, 1, 2]), "depends on itself", "a_difference_of_zero")
_binary(BINARY + b"garbage\n", "is neither a name nor a comment", "bytes_after_a_binary_graph")


# --- malformed certificates
@forgery("adder", "the file is not JSON")
def not_json(document):
    return b"{"


@forgery("adder", "the file is not JSON")
def a_float(document):
    return json.dumps(document).replace('"steps": 4', '"steps": 4.0').encode()


@forgery("adder", "the file is not JSON")
def a_key_twice(document):
    return json.dumps(document).replace('"claim": ', '"claim": {}, "claim": ', 1).encode()


@forgery("adder", "the file is not JSON")
def deep_brackets(document):
    return b'{"format": 1, "claim": ' + b"[" * 100_000


@forgery("adder", "claim_sha256 is not the SHA-256 of the claim")
def another_digest(document):
    replace(document, ".end", ".end ")
    return json.dumps(document).encode()


@forgery("adder", "the file is not a certificate of format 1 with a claim")
def another_version(document):
    document["format"] = 2


@forgery("adder", "a template's requirements names a position twice")
def a_contradiction_within_a_template(document):
    row = document["claim"]["program"]["templates"][0]
    row[0].append([row[0][0][0], 1 - row[0][0][1]])


@forgery("adder", "a template's written bits is not an integer in its range")
def a_written_bit_beyond_the_state(document):
    document["claim"]["program"]["templates"][0][1] = [10**9]


@forgery("adder", "a required value is not an integer in its range")
def a_required_value_of_2(document):
    document["claim"]["program"]["templates"][0][0][0][1] = 2


@forgery("adder", "more than 131072 bits", DECLINED)
def a_giant_field(document):
    document["claim"]["program"]["fields"][0][1] = 10**30


def a_billion_steps() -> bytes:
    """Return a certificate about a bit that is 1 in every second step: the state never stays as it is."""
    document = honest()["kiss"]
    claim = document["claim"]
    claim["program"]["fields"].append(["tick", 1])
    position = sum(width for _, width in claim["program"]["fields"]) - 1
    claim["program"]["templates"].append([[[position, 0]], [position]])
    claim["source"]["period"] = 10**9
    return sign(document)


def true_variations() -> dict[str, bytes]:
    """Return changed certificates whose source is still true."""
    documents = {name: honest()[base] for name, base in VARIED.items()}
    replace(documents["a machine that goes on"], "1RZ", "1RB")
    source = documents["more steps than the circuit needs"]["claim"]["source"]
    source["steps"] += 10**9
    documents["the tape after fewer steps"]["claim"]["source"]["steps"] -= 2
    replace(documents["cubes in another order"], "00 0\n", "", 1)
    replace(documents["cubes in another order"], "11 1\n", "00 0\n11 1\n")
    replace(documents["a state that is not reached"], "11 done idle 0\n", "11 done idle 0\n-- lost lost 1\n")
    replace(documents["an output that is free"], "1- idle busy -", "1- idle busy 0")
    replace(documents["an output that may be 0"], "11 1\n", "11 1\n00 1\n")
    replace(documents["zeros that say nothing"], "1-0 ~1", "1-0 01")
    return {name: sign(document) for name, document in documents.items()}


VARIED = {
    "a machine that goes on": "turing",
    "more steps than the circuit needs": "adder",
    "the tape after fewer steps": "turing",
    "cubes in another order": "pla fr",
    "a state that is not reached": "kiss",
    "an output that is free": "kiss",
    "an output that may be 0": "exdc",
    "zeros that say nothing": "pla",
}

RULES = {
    "registers": "by induction",
    "wide register": "by induction",
    "clocks": "by induction",
    "stream": "by induction",
}
RULES |= {name: "by structure" for name in ("many inputs", "many nands", "never", "ticking")}


def rule_of(name: str) -> str:
    """Return words of how a valid certificate is decided."""
    return RULES.get(name, "by execution" if name.startswith(("turing", "three")) else "by simulation")
