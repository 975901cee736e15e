"""Executing a program through the predictor or through networks, and printing the result, for ``ntkproofs run``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, make_console, print_json, remark
from ntkproofs.commands.infinite import infinitely_wide
from ntkproofs.commands.networks import Weights, weights_of
from ntkproofs.commands.progress import showing
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.commands.wrong_bits import interval_json, interval_text, print_table, wrong_bit_json, wrong_bit_lines
from ntkproofs.display import counted
from ntkproofs.files import check_writable, write_atomically
from ntkproofs.programs.language import bit_name

if TYPE_CHECKING:
    from ntkproofs.execution import Trace
    from ntkproofs.execution.network_exhaustion import ThresholdInterval
    from ntkproofs.execution.runner import Run, Runner
    from ntkproofs.execution.wrong_bits import WrongOutput
    from ntkproofs.programs import State, Stream, Task, TemplateProgram

__all__ = [
    "Execution",
    "execute",
    "execute_stream",
    "output_word",
    "report_wrong",
    "show",
    "show_clocks",
    "steps_to",
    "write_page_of",
]


@dataclass
class Execution:
    """A program, the machine that executes it, and its runs: one, or one for each clock of a stream.

    `weights`: the networks of ``--networks``, if they are given; `about`: the entries of the JSON document that
    describe the machine; `decided`: what decides the bits; `entries`: the entries that describe the input.
    """

    options: argparse.Namespace
    program: TemplateProgram
    entries: dict[str, Any]
    clocked: bool
    machine: Runner
    weights: Weights | None
    about: dict[str, Any]
    decided: str
    runs: list[Run] = field(default_factory=list)

    @classmethod
    def of(
        cls, options: argparse.Namespace, program: TemplateProgram, entries: dict[str, Any], *, clocked: bool = False
    ) -> Execution:
        """Return an execution that has not begun, by the predictor or by networks, as the options say."""
        from ntkproofs.execution.threshold_search import ThresholdSearch

        if options.html is not None:
            check_writable(options.html)  # before anything is executed
        weights = weights_of(options)
        if weights is None:
            wide = infinitely_wide(options)
            return cls(options, program, entries, clocked, wide.machine(program), None, wide.document(), wide.decided)
        weights.fit(program)
        if weights.search:
            search = ThresholdSearch(program, weights.networks)
            return cls(options, program, entries, clocked, search, weights, {}, "")
        networks = weights.machine(program)
        return cls(options, program, entries, clocked, networks, weights, *_described(weights, networks.threshold))

    def settle(self, execute: Callable[[], object]) -> int | None:
        """Of ``--threshold search``: take a threshold that is right at all states of the run; of others do nothing.

        `execute`: the run, by its templates. Returns the exit code if no threshold is right, which is reported.
        """
        from ntkproofs.execution.threshold_search import ThresholdSearch

        search, weights = self.machine, self.weights
        if not isinstance(search, ThresholdSearch) or weights is None:
            return None
        execute()
        self.runs.clear()
        interval = search.interval()
        reason = interval_text(interval)
        if interval.outcome == "none":
            return _report_no_threshold(self, interval, reason)
        self.machine = weights.machine(self.program, interval.threshold())
        self.about, decided = _described(weights, interval.threshold())
        self.about["thresholds"] = interval_json(interval, reason)
        self.decided = f"{decided}; {reason}"
        return None

    @property
    def last(self) -> Run:
        """The run, or that of the last clock."""
        return self.runs[-1]

    @property
    def steps(self) -> int:
        """The number of steps of all runs."""
        return sum(run.steps for run in self.runs)

    @property
    def largest_matches(self) -> int:
        """The largest n of all runs."""
        return max(run.largest_matches for run in self.runs)

    @property
    def traced(self) -> bool:
        """Whether all states are kept: to be printed, or for a page."""
        return bool(self.options.trace) or self.options.html is not None

    @property
    def traces(self) -> list[Trace]:
        """The traces of the runs, if they are kept."""
        from ntkproofs.execution.runner import TracedRun

        return [run.trace for run in self.runs if isinstance(run, TracedRun)] if self.traced else []

    def _begin(self, start: State) -> Run:
        from ntkproofs.execution.runner import TracedRun

        return TracedRun(self.machine, start) if self.traced else self.machine.begin(start)

    def run(self, starts: Callable[[], Iterable[State]], steps: int, planned: int) -> int | None:
        """Run `steps` steps from each start; return None, or the exit code if this is stopped or a bit is wrong.

        The start of a clock may depend on the run of the last one. `planned`: the number of all steps.
        """
        from ntkproofs.execution.wrong_bits import WrongBit

        if self.options.html is not None:
            from ntkproofs.report.player import check_size

            check_size(self.program.output_bits, planned + planned // max(1, steps))
        start: State = {}
        done = 0

        def watch(number: int) -> None:
            nonlocal done
            done = number
            so_far = self.steps + number
            progress(so_far, planned, f"{so_far:,} of {counted(planned, 'step')}")

        def execute() -> None:
            nonlocal start, done
            for start in starts():
                done = 0
                run = self._begin(start)
                run.advance(steps, watch=watch)
                self.runs.append(run)

        with Stoppable() as stop, showing() as progress:
            code = self.settle(execute)
            if code is not None:
                return code
            try:
                execute()
            except WrongBit as problem:
                return self._wrong(problem.wrong, start)
            return None
        _report_stopped(self, f"{stop.reason}", self.steps + done, planned)
        return UNDECIDED

    def _wrong(self, wrong: WrongOutput, start: State) -> int:
        """Report a wrong bit of the run from `start`, and return the exit code."""
        before, clock = self.steps, len(self.runs) + 1
        done = steps_to(wrong, start)
        if self.traced:
            self.runs.append(self._begin(start))
            self.last.advance(done)
        where = f"step {done + 1}" + (f" of clock {clock}" if self.clocked else "")
        _write_page(self, self.traces, {"first wrong": f"{where}, bit {bit_name(wrong.bit)}"})
        if not self.options.json:
            _print_traces(self)
        return report_wrong(self, wrong, before + done, where)


def _described(weights: Weights, threshold: Fraction) -> tuple[dict[str, Any], str]:
    """Return the entries of the JSON document about networks and their threshold, and what decides the bits."""
    return weights.document(threshold), f"every bit decided exactly at the threshold {threshold} ({weights.networks})"


def steps_to(wrong: WrongOutput, start: State) -> int:
    """Return the number of steps of the program from `start` to the state with the wrong bit, which a run met first."""
    program = wrong.program
    row, last, steps = program.row(start)[None, :], program.row(wrong.state), 0
    while (row[0] != last).any():
        row, steps = program.step_rows(row), steps + 1
    return steps


def execute(
    options: argparse.Namespace, program: TemplateProgram, start: State, steps: int, entries: dict[str, Any]
) -> Execution | int:
    """Run the program from a state; if it is stopped or a bit is wrong, report this and return the exit code.

    `entries`: the entries of the JSON document that describe the input.
    """
    execution = Execution.of(options, program, entries)
    code = execution.run(lambda: [start], steps, steps)
    return execution if code is None else code


def execute_stream(
    options: argparse.Namespace, stream: Stream, words: Sequence[Sequence[int]], entries: dict[str, Any]
) -> Execution | int:
    """Run a stream with the inputs of each clock; if it is stopped or a bit is wrong, report it and return the code."""
    program = stream.program
    execution = Execution.of(options, program, entries, clocked=True)

    def starts() -> Iterator[State]:
        state = stream.start()
        for word in words:
            yield program.unrow(stream.set_rows(program.row(state)[None, :], [tuple(word)])[0])
            state = execution.last.state

    code = execution.run(starts, stream.period, stream.period * len(words))
    return execution if code is None else code


def output_word(task: Task | Stream, run: Run) -> str:
    """Return the bits of the answer at the end of a run, in the order of the output."""
    final = run.state
    return "".join(str(final[field][index]) for field, index in task.output)


# --- reports of runs without a result


def _report_stopped(execution: Execution, reason: str, done: int, planned: int) -> None:
    """Report that a run was stopped after `done` of its steps."""
    if execution.options.json:
        document = {"result": None, "complete": False, "steps": done, "planned_steps": planned}
        print_json(_head(execution, execution.entries) | document)
    else:
        print(f"not complete: {done:,} of {counted(planned, 'step')}, no result")
    remark(f"ntkproofs: {reason} after {done:,} of {counted(planned, 'step')}")


def report_wrong(
    execution: Execution, wrong: WrongOutput, steps: int, where: str, more: dict[str, Any] | None = None
) -> int:
    """Report a wrong bit of given networks after `steps` right ones, and return the exit code.

    `where`: the step as text; `more`: further entries of the JSON document.
    """
    weights = execution.weights
    assert weights is not None
    if execution.options.json:
        first = {"step": steps + 1, **wrong_bit_json(wrong)}
        document = {"result": None, "complete": True, "steps": steps, **execution.about, "first_wrong": first}
        print_json(_head(execution, execution.entries) | document | (more or {}) | _shown(execution))
    else:
        print_table(
            [
                *weights.lines(wrong.threshold),
                ("first wrong", f"{where}, bit {bit_name(wrong.bit)}"),
                *wrong_bit_lines(wrong),
            ]
        )
    return REFUTED


def _report_no_threshold(execution: Execution, interval: ThresholdInterval, reason: str) -> int:
    """Report that no threshold is right at the states of a run, and return the exit code."""
    weights = execution.weights
    assert weights is not None
    if execution.options.json:
        document = {"result": None, "complete": True, "steps": 0, **weights.document(None)}
        thresholds = {"thresholds": interval_json(interval, reason)}
        print_json(_head(execution, execution.entries) | document | thresholds)
    else:
        print_table([*weights.lines(None), ("thresholds", reason)])
    return REFUTED


# --- results


def show(execution: Execution, result: Any, entries: dict[str, Any], *, lines: Sequence[str] = ()) -> int:
    """Print the result of a complete run, as text or as JSON, and return the exit code.

    `entries`: those of the JSON document that describe the input; `lines`: the text of the result, if it is not that of
    `result`.
    """
    return _show(execution, result, entries, ["\n".join(lines or (f"{result}",))])


def show_clocks(execution: Execution, answers: Sequence[Any], entries: dict[str, Any]) -> int:
    """Print the answer of each clock of a complete run, as text or as JSON, and return the exit code."""
    return _show(execution, list(answers), entries, [f"{answer}" for answer in answers])


def _show(execution: Execution, result: Any, entries: dict[str, Any], texts: Sequence[str]) -> int:
    _write_page(execution, execution.traces, {"result": " ".join(texts)})
    if execution.options.json:
        print_json(_head(execution, entries) | _document(execution, result) | _shown(execution))
        return HOLDS
    _print_traces(execution, texts)
    _remark_on(execution)
    return HOLDS


def _head(execution: Execution, entries: dict[str, Any]) -> dict[str, Any]:
    return {"format": 1, "program": execution.options.program, **entries}


def _document(execution: Execution, result: Any) -> dict[str, Any]:
    return {
        "result": result,
        "complete": True,
        "steps": execution.steps,
        "samples": execution.program.samples,
        "largest_matches": execution.largest_matches,
        **execution.about,
    }


def _shown(execution: Execution) -> dict[str, Any]:
    """Return the entry of the states, if ``--trace`` is given."""
    if not execution.options.trace or not execution.traces:
        return {}
    rows = [_rows(trace) for trace in execution.traces]
    return {"trace": rows if execution.clocked else rows[0]}


def _rows(trace: Trace) -> list[dict[str, str]]:
    return [trace.program.field_digits(trace.row(step)) for step in range(len(trace) + 1)]


def write_page_of(execution: Execution, start: State, steps: int, result: dict[str, str]) -> None:
    """Write the page of a run of `steps` steps, if ``--html`` is given, which executes it again."""
    from ntkproofs.report.player import check_size

    if execution.options.html is not None:
        check_size(execution.program.output_bits, steps + 1)
        _write_page(execution, [execution.machine.run(start, steps=steps)], result)


def _write_page(execution: Execution, traces: Sequence[Trace], result: dict[str, str]) -> None:
    """Write the page of the run, if ``--html`` is given; `result`: what it says about the end of the run."""
    target = execution.options.html
    if target is None or not traces:
        return
    from ntkproofs.report.player import player_page

    entries = execution.entries
    about = {"file": entries["file"]} if "file" in entries else {"inputs": ", ".join(map(str, entries["inputs"]))}
    facts = {**about, **result, "executed by": traces[0].executor, "decided by": execution.decided}
    write_atomically(target, player_page(traces, facts=facts).encode())


def _print_traces(execution: Execution, texts: Sequence[str] = ()) -> None:
    """Print the traces, if ``--trace`` is given, and the text of the result of each."""
    shown = execution.traces if execution.options.trace else []
    for number, (trace, text) in enumerate(zip_longest(shown, texts), 1):
        if trace is not None and execution.clocked:
            print(f"clock {number}")
        if trace is not None:
            _print_trace(trace)
        if text is not None:
            print(text)


def _print_trace(trace: Trace) -> None:
    console = make_console()
    console.width = max([console.width, *map(len, str(trace).splitlines())])  # wide enough for every line
    coloured = console.color_system is not None and not console.no_color  # otherwise the lines below mark changed bits
    console.print(trace if coloured else str(trace), markup=False, soft_wrap=True)


def _remark_on(execution: Execution) -> None:
    """Print the size of a run, and what decided its bits, on stderr."""
    remark(
        f"{counted(execution.steps, 'step')}, {counted(execution.program.samples, 'sample')}, at most "
        f"{counted(execution.largest_matches, 'matching template')}; {execution.decided}"
    )
