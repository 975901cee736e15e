"""A list of mistakes put into the checker of sources, one at a time: the forgeries must notice every one of them."""

from pathlib import Path

import pytest
from forgery import ACCEPTED, sign
from mutants import module_of
from source_forgeries import FORGERIES, honest, rule_of, true_variations

from ntkproofs import source_checker

TEXT = Path(source_checker.__file__).read_text()
SLOW = {"a_wide_and_empty_table"}  # until the budget of work is spent

MISTAKES = {
    "digest not compared": ('if value.get("claim_sha256") != digest:', "if False:"),
    "floats read": ("parse_float=_no_float", "parse_float=str"),
    "duplicate keys": ("if len(result) < len(pairs):", "if False:"),
    "any version": (' or value.get("format") != 1:', ":"),
    "positions twice": ("    if len(set(positions)) < len(positions):", "    if False:"),
    "positions out of range": (" or (high is not None and value > high)", ""),
    "negative positions": ("or value < low or", "or"),
    "true is 1": ("if type(value) is not int or value", "if not isinstance(value, int) or value"),
    "a required 0 is ignored": ("            lanes &= plane if value else ~plane", "            lanes &= plane if value else self.every"),
    "the last template writes a bit": ("            lanes |= plane\n", "            lanes = plane\n"),
    "only changed templates write": ("[matches[index] for index in self.writers[p]]", "[matches[index] for index in self.writers[p] if index in touched]"),
    "bits are written one after another": ("after = {p: algebra.union", "after = {p: state.__setitem__(p, algebra.union([matches[i] for i in self.writers[p]])) or algebra.union"),
    "one step more": ("for _ in range(steps):\n            spend(20", "for _ in range(steps + 1):\n            spend(20"),
    "one step less": ("for _ in range(steps):\n            spend(20", "for _ in range(steps - 1):\n            spend(20"),
    "the starting ones forgotten": ("            state[position] = every\n", "            state[position] = 0\n"),
    "unknown keys of a source": ("    if sorted(value) != names:", "    if not set(names) <= set(value):"),
    "an input that is 1": ("    if set(inputs) & set(ones):", "    if False:"),
    "names of any kind": ("    if re.fullmatch(r\"[A-Za-z0-9_]", "    if False and re.fullmatch(r\"[A-Za-z0-9_]"),
    "steps of the claim": ("    if number != (source.steps or source.period):", "    if False:"),
    "steps of an ensemble": ("        _same_steps(claim.get(\"steps\"), source)\n", ""),
    "steps of the states": ('    if "steps" in run:', "    if False:"),
    "starts of the claim": ("    if not (_same(run.get(key), source.inputs) and", "    if not (True and"),
    "ones of the claim": ('_same(run.get("ones"), source.ones)', "True"),
    "streams without ports": ("        if source.period is not None and not runs:", "        if False:"),
    "free bits for ports": ('    key = "free" if source.period is None else "ports"', '    key = "free" if "free" in run else "ports"'),
    "claims of any kind": ('    if claim.get("kind") not in ("ensemble", "network", "rounding"):', "    if False:"),
    "off-sets read as on-sets": ("        return matched if self.value else planes.every ^ matched", "        return matched"),
    "off-sets read as on-sets in expressions": ("return signals.disjunction(cubes) ^ (1 - self.value)", "return signals.disjunction(cubes)"),
    "zeros of cubes ignored": ("(literal ^ (value == \"0\") for literal, value in pairs if value != \"-\")", "(literal for literal, value in pairs if value != \"-\")"),
    "signals defined twice": ("        if name in self.gates:\n            raise", "        if False:\n            raise"),
    "inputs that are defined": ("or done.keys() & self.gates.keys():", "or False:"),
    "undefined signals": ("            if name not in self.gates:\n                raise Rejected(f\"{shown(name)} is used", "            if False:\n                raise Rejected(f\"{shown(name)} is used"),
    "cycles": ("            elif name in opened:", "            elif False:"),
    "don't-cares of another output": ("self.circuit.free[name] = ", "self.circuit.free[name + name] = "),
    "everything is free": ("values[self.free[name]] if name in self.free else 0", "-1"),
    "nothing is free": ("values[self.free[name]] if name in self.free else 0", "0"),
    "rows that contradict each other": ("        if _overlap([*following.values()]) or", "        if"),
    "outputs that contradict each other": (" or any(map(_overlap, zip(ones, zeros, strict=True))):", ":"),
    "zeros of a table are free": ("free = [planes.every & ~(one | zero)", "free = [planes.every & ~one"),
    "the first next state only": ("[(lanes, after) for after, lanes in following.items() if lanes]", "[(lanes, after) for after, lanes in following.items() if lanes][:1]"),
    "letters that are not ASCII": ('.encode("ascii").decode()', ""),
    "the end of a netlist": ("        if not self.ended:", "        if False:"),
    "text after the end": ("        if self.ended:", "        if False:"),
    "mixed covers": ("        if self.rows and self.rows[0][1] != value:", "        if False:"),
    "don't-cares of anything": ("        elif name not in self.circuit.outputs or not set(arguments) <= set(self.circuit.inputs):", "        elif name not in self.circuit.gates:"),
    "don't-cares of signals": (" or not set(arguments) <= set(self.circuit.inputs):", ":"),
    "initial values": ('int(initial == "1")', "0"),
    "initial values of 3 are 1": ('int(initial == "1")', 'int(initial != "0")'),
    "clocks of any kind": (" or self.trigger not in (None, (edge, clock)):", ":"),
    "the clock is an input": ("[name for name in circuit.inputs if name not in self.clocks]", "list(circuit.inputs)"),
    "rows are not counted": ("    if announced != [str(len(rows))]:", "    if False:"),
    "the end of a table": ('if found.keys() & set(ends) else ["?"]', 'if True else ["?"]'),
    "a don't-care for a 1": ('"fd": dict(zip("01234~-", "~1-~1~-"', '"fd": dict(zip("01234~-", "~--~-~-"'),
    "zeros of the type fd": ('"fd": dict(zip("01234~-", "~1', '"fd": dict(zip("01234~-", "01'),
    "zeros of the type fr": ('"fr": dict(zip("01234~-", "01', '"fr": dict(zip("01234~-", "~1'),
    "contradictory rows of a table": ('    if _meet(cubes["1"], cubes["0"]):', "    if False:"),
    "all is free in the type fr": ('Gate(inputs, (*cubes["1"], *cubes["0"]), 0)', 'Gate(inputs, (*cubes["1"],), 0)'),
    "a row of any width": ("    if len(row) != inputs + outputs or not set(cube)", "    if not set(cube)"),
    "a negated literal": ('"10"[a % 2] + "10"[b % 2]', '"10"[a % 2] + "1"'),
    "a negated output": ('("10"[literal % 2],)', '("1",)'),
    "the constant is 1": ('circuit.add("v0", Gate((), (), 1))', 'circuit.add("v0", Gate((), (), 0))'),
    "literals out of range": (" or not 0 <= min(row) <= max(row) <= 2 * M + 1 for row", " for row"),
    "a negated result": ("    if any(row[0] % 2 for row in (*inputs, *latches, *gates)):", "    if False:"),
    "the first difference twice": ("result - values[0] - values[1]]", "result - values[0] - values[0]]"),
    "a truncated graph": ("    if len(gates) < len(results):", "    if False:"),
    "text after a graph": ('        if line and re.match(r"[ilo]', '        if False and re.match(r"[ilo]'),
    "sections of version 1.9": (" or any(numbers[5:]):", ":"),
    "the initial state": ("    return Table(*names, initial[0], states)", "    return Table(*names, next(iter(states)), states)"),
    "states that do not exist": (" or (state >= states and text[2] not in \"ZH\"):", ":"),
    "symbols that do not exist": ("    if symbol >= symbols or", "    if"),
    "left is right": ('1 if text[1] == "R" else -1', "1"),
    "the end of the tape": ("            if not 0 <= head < len(cells):", "            if head >= len(cells):"),
    "x and not x is possible": ("if FALSE in terms or any(term ^ 1 in terms for term in terms):", "if FALSE in terms:"),
    "unknown bits are ignored": ("return self.conjunction(known) if len(known) == len(pairs) else None", "return self.conjunction(known)"),
    "unknown templates are ignored": ("return self.disjunction(known) if len(known) == len(values) else None", "return self.disjunction(known)"),
    "all bits hold themselves": ("        if writers and all(program.templates[index][0] == ((position, 1),) for index in writers):", "        if writers:"),
    "different outputs": ("        if wrong:\n", "        if wrong and k:\n"),
    "different expressions": ("        if after[position] != literals[name]:", "        if False:"),
    "half of the inputs": ("    for number in range(1 << (n - low)):", "    for number in range(1):"),
    "the same value of all inputs": ("(1 << (1 << i)) - 1) << (1 << i)", "(1 << (1 << i)) - 1) << 0 * i"),
    "one clock only": ("    while refined != classes:", "    for _ in range(1):"),
    "classes that are not divided": ("refined = _numbered([(c, literal ^ sign)", "refined = _numbered([(c, 0 * literal ^ 0 * sign)"),
    "signs are ignored": ("return [literals[number] ^ sign for", "return [literals[number] ^ 0 * sign for"),
    "the first clock is not looked at": ("[*start, *initial], Signals(), last=True)", "[*start, *initial], Signals())"),
    "the other clocks are not looked at": ("*_representatives(classes, signs), last=True)", "*_representatives(classes, signs))"),
    "no sequence is tried": ("    try_sequences(circuit, program, source, period)\n", ""),
    "the initial state only": ("        known.update(new)\n", "        break\n"),
    "one next state of each state": ("{(after, key): None for lanes, after in following for _, key in split(lanes, planes)}", "{(after, split(lanes, planes)[0][1]): None for lanes, after in following}"),
    "a machine without a head": ("(Planes(3), 2) if source.inputs else (Planes(1), 1)", "(Planes(1), 1)"),
    "a tape of half cells": (" or width * len(cells) != len(source.outputs):", ":"),
    "numbers of inputs": ("    if len(source.inputs) != len(machine.inputs) or len(source.outputs)", "    if len(source.outputs)"),
    "numbers of outputs": (" or len(source.outputs) != len(machine.outputs):", ":"),
    "steps for a period": ("    if number is None:\n        raise Rejected(f\"source: a file", "    number = number or 1\n    if False:\n        raise Rejected(f\"source: a file"),
}  # fmt: skip


@pytest.fixture(scope="module")
def files():
    """Every forgery with code and message, and every certificate that must be accepted."""
    good = [(sign(document), ACCEPTED, f"\nverified: {rule_of(name)}") for name, document in honest().items()]
    true = [(data, ACCEPTED, "accepted\nsource: the ") for data in true_variations().values()]
    return [
        *good,
        *true,
        *((make(), code, message) for name, (make, code, message) in FORGERIES.items() if name not in SLOW),
    ]


def wrong_about_certificates(module, files):
    """Tell whether a certificate gets another outcome, or another reason, than it must."""
    for data, code, message in files:
        got, text = module.judge(data)
        if got != code or message not in text:
            return True
    return False


def test_the_checker_itself_passes(files):
    assert not wrong_about_certificates(source_checker, files)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_noticed(name, files):
    assert wrong_about_certificates(module_of(*MISTAKES[name], TEXT), files)
