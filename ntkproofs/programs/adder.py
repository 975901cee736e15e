"""The rules of ripple-carry addition, shared by the addition and the multiplication program."""

from __future__ import annotations

from ntkproofs.programs.language import TemplateProgram

__all__ = ["ripple_carry"]


def ripple_carry(program: TemplateProgram, bits: int, *, total: str, addend: str, carry: str) -> None:
    """Append the templates that add the field `addend` to the field `total`: four for each of `bits` positions.

    The fields have `bits` bits or more; the field `carry` holds the carries and starts at zero. A step preserves
    ``p + q + 2 c``, where p, q, c are the values of the three fields. The templates at position i are::

        p_i=0, q_i=1 -> p_i        0 + 1 = 1
        p_i=1, q_i=0 -> p_i        1 + 0 = 1
        p_i=1, q_i=1 -> c_i        1 + 1 = 0, carry 1
        c_i=1        -> q_{i+1}    propagate the carry; at the last position, l - 1, keep it: c_{l-1} -> c_{l-1}

    >>> program = TemplateProgram("adder", fields={"p": 2, "q": 2, "c": 2})
    >>> ripple_carry(program, 2, total="p", addend="q", carry="c")
    >>> program.step(program.state(p=1, q=1))
    {'p': [0, 0], 'q': [0, 0], 'c': [1, 0]}
    """
    for i in range(bits):
        p, q, c = (total, i), (addend, i), (carry, i)
        program.template(when={p: 0, q: 1}, write=[p])
        program.template(when={p: 1, q: 0}, write=[p])
        program.template(when={p: 1, q: 1}, write=[c])
        program.template(when={c: 1}, write=[(addend, i + 1) if i + 1 < bits else c])
