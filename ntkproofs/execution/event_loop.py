"""The loop of an event-driven run: after each step only templates that require a changed bit are looked at again.

Functions of integers and arrays, in the subset of Python that :mod:`ntkproofs.execution.native` compiles.

The state of a run: ``bit[b]``; ``unmet[i]``, how many requirements of template i are not met; ``matched[b]``, the
number p of bit b, whose *class*, its pair (p, t), is ``base[b] + p``; ``occupancy[c]``, how many bits have the class c;
``present``, the classes that some bit has, where ``place[c]`` is the index of c; ``changed``, the bits that change in
the next step; ``scalars``: n, the numbers of changing bits and of present classes, and the largest n of the executed
steps.

The tables: the templates that require ``bit b = v`` are ``reader[first_reader[r]:first_reader[r + 1]]`` with ``r = 2 b
+ v``; template i writes ``written[first_write[i]:first_write[i + 1]]``; ``right[classes * row_of[n] + c]`` is 1 where a
bit of the class c is rounded right at n, with ``row_of[n] = -1`` if nothing is known.
"""

from __future__ import annotations

from ntkproofs.execution.native import Array

__all__ = ["CHANGING", "LARGEST", "MATCHES", "PRESENT", "advance"]

MATCHES, CHANGING, PRESENT, LARGEST = range(4)  # indices of `scalars`


def advance(
    steps: int,
    until: int,
    sure: int,
    classes: int,
    bit: Array,
    unmet: Array,
    matched: Array,
    first_reader: Array,
    reader: Array,
    first_write: Array,
    written: Array,
    base: Array,
    occupancy: Array,
    present: Array,
    place: Array,
    row_of: Array,
    right: Array,
    changed: Array,
    touched: Array,
    before: Array,
    marked: Array,
    scalars: Array,
) -> int:
    """Execute at most `steps` steps and return their number, less where counts are undecided or a bit is set.

    It stops before a step from a state in which the bit `until` is 1 (-1: no bit), or at which n is greater than `sure`
    and some (n, p, t) that occurs is not known to be rounded right. `touched`, `before` and `marked`, which is 0, are
    memory of a step.
    """
    done = 0
    while done < steps:
        if until >= 0 and bit[until] == 1:
            break
        if scalars[MATCHES] > sure and known(classes, present, row_of, right, scalars) == 0:
            break
        if scalars[MATCHES] > scalars[LARGEST]:
            scalars[LARGEST] = scalars[MATCHES]
        if scalars[CHANGING] == 0:  # the state stays as it is
            return steps
        count = match_again(
            bit, unmet, matched, first_reader, reader, first_write, written, changed, touched, before, marked, scalars
        )
        scalars[CHANGING] = 0
        for i in range(count):
            b = touched[i]
            marked[b] = 0
            if matched[b] != before[b]:
                leave(base[b] + before[b], occupancy, present, place, scalars)
                enter(base[b] + matched[b], occupancy, present, place, scalars)
            if (matched[b] > 0) != bit[b]:
                changed[scalars[CHANGING]] = b
                scalars[CHANGING] += 1
        done += 1
    return done


def known(classes: int, present: Array, row_of: Array, right: Array, scalars: Array) -> int:
    """Return 1 if all counts that occur at the state are known to be rounded right, else 0."""
    row = row_of[scalars[MATCHES]]
    if row < 0:
        return 0
    for i in range(scalars[PRESENT]):
        if right[classes * row + present[i]] == 0:
            return 0
    return 1


def match_again(
    bit: Array,
    unmet: Array,
    matched: Array,
    first_reader: Array,
    reader: Array,
    first_write: Array,
    written: Array,
    changed: Array,
    touched: Array,
    before: Array,
    marked: Array,
    scalars: Array,
) -> int:
    """Change the bits of `changed`, update `unmet`, n and `matched`, and return the number of touched bits.

    First the requirements of the old values cease to be met, then those of the new ones are met. So a template changes
    at most once: it ceases to match where ``unmet`` leaves 0, and begins to match where ``unmet`` leaves 1 for 0.
    """
    for i in range(scalars[CHANGING]):
        bit[changed[i]] = 1 - bit[changed[i]]
    count = 0
    for met in range(2):
        sign = 2 * met - 1
        for i in range(scalars[CHANGING]):
            requirement = 2 * changed[i] + (bit[changed[i]] == met)
            for k in range(first_reader[requirement], first_reader[requirement + 1]):
                template = reader[k]
                if unmet[template] == met:
                    scalars[MATCHES] += sign
                    for j in range(first_write[template], first_write[template + 1]):
                        b = written[j]
                        if marked[b] == 0:
                            marked[b] = 1
                            before[b] = matched[b]
                            touched[count] = b
                            count += 1
                        matched[b] += sign
                unmet[template] -= sign
    return count


def leave(item: int, occupancy: Array, present: Array, place: Array, scalars: Array) -> int:
    """Remove a bit from a class, and the class from those present if it was the last one; return 0."""
    occupancy[item] -= 1
    if occupancy[item] == 0:
        scalars[PRESENT] -= 1
        last = present[scalars[PRESENT]]
        present[place[item]] = last
        place[last] = place[item]
    return 0


def enter(item: int, occupancy: Array, present: Array, place: Array, scalars: Array) -> int:
    """Add a bit to a class, and the class to those present if it is the first one; return 0."""
    if occupancy[item] == 0:
        present[scalars[PRESENT]] = item
        place[item] = scalars[PRESENT]
        scalars[PRESENT] += 1
    occupancy[item] += 1
    return 0
