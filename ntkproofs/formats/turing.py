"""Turing machines in the text format of the busy-beaver community, such as ``1RB1LB_1LA1RZ``.

For each state, A first, there is a group of rules, one for each symbol, 0 first; ``_`` separates groups. A rule is the
symbol to write, the direction L or R, and the next state. ``---`` is an undefined rule: the machine halts without a
step. A next state that the machine does not have halts it after the step if it is Z or H; any other is an error.

A file contains one machine, on one line; a ``#`` starts a comment.
"""

from __future__ import annotations

from ntkproofs.formats.sources import Rule, TuringMachine
from ntkproofs.formats.text import Text, quoted

__all__ = ["read_turing"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAX_SYMBOLS = 10
_FORM = "such as 1RB1LB_1LA1RZ: for each state and symbol the symbol to write, L or R, and the next state, or ---"


def read_turing(data: bytes, file: str = "text") -> TuringMachine:
    """Return the machine of a text; raises InputError, with file and line, if the text is invalid.

    >>> read_turing(b"1RB---_0LA1RZ").rules
    ((Rule(write=1, move=1, next=1), None), (Rule(write=0, move=-1, next=0), Rule(write=1, move=1, next=-1)))
    """
    text = Text(data, file)
    line, machine = 0, ""
    for line, words in text.statements():
        if machine or len(words) > 1:
            raise text.error(line, f"expected one machine in the file, got also {quoted(words[-1])}")
        machine = words[0]
    if not machine:
        raise text.error(text.last_line, f"there is no machine; expected one {_FORM}")
    groups = machine.split("_")
    symbols = len(groups[0]) // 3
    if not 2 <= symbols <= _MAX_SYMBOLS or len(groups) > len(_LETTERS):
        limits = f"at most {len(_LETTERS)} states and 2 to {_MAX_SYMBOLS} symbols"
        raise text.error(line, f"expected a machine {_FORM}; {limits}, got {quoted(machine)}")
    for letter, group in zip(_LETTERS, groups, strict=False):
        if len(group) != 3 * symbols:
            expected = f"{symbols} rules of 3 characters, as the state A"
            raise text.error(line, f"the state {letter} must have {expected}, got {quoted(group)}")
    rules = tuple(
        tuple(
            _rule(text, line, f"{letter}{symbol}", group[3 * symbol : 3 * symbol + 3], symbols, len(groups))
            for symbol in range(symbols)
        )
        for letter, group in zip(_LETTERS, groups, strict=False)
    )
    return TuringMachine(name=text.stem, rules=rules, file=text.file, text=data)


def _rule(text: Text, line: int, place: str, rule: str, symbols: int, states: int) -> Rule | None:
    """Return the rule of a place such as A0, the state A that reads the symbol 0."""
    if rule == "---":
        return None
    write, direction, following = rule[0], rule[1], rule[2]
    if write not in "0123456789"[:symbols]:
        raise text.error(line, f"the rule {quoted(rule)} of {place} must write a symbol from 0 to {symbols - 1}")
    if direction not in "LR":
        raise text.error(line, f"the rule {quoted(rule)} of {place} must move L or R")
    if following in _LETTERS[:states]:
        return Rule(int(write), 1 if direction == "R" else -1, _LETTERS.index(following))
    if following not in "HZ":
        last = _LETTERS[states - 1]
        raise text.error(
            line, f"the rule {quoted(rule)} of {place} must go to a state from A to {last}, or halt by Z or H"
        )
    return Rule(int(write), 1 if direction == "R" else -1, -1)
