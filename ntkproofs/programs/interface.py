"""The interface of a program: validation of the fields that hold its inputs, the bits that are read, initial values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.programs.language import Bit, TemplateProgram, field_name
from ntkproofs.validation import as_integer, integer

__all__ = ["answer_of", "as_constants", "as_inputs", "as_output", "as_program", "as_widths", "values_of"]


def as_program(program: object) -> TemplateProgram:
    """Return a TemplateProgram; raises InputError for anything else."""
    if not isinstance(program, TemplateProgram):
        raise InputError(f"program must be a TemplateProgram, got {program!r}")
    return program


def as_inputs(program: TemplateProgram, fields: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the input fields as a tuple; raises InputError unless they are distinct fields, at least one.

    >>> as_inputs(TemplateProgram("x", fields={"p": 4}), "p")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: x: inputs must be one or more distinct fields, such as ('p',), got 'p'
    """
    names = () if isinstance(fields, str | bytes) or not isinstance(fields, Iterable) else tuple(fields)
    if not names or any(not isinstance(name, str) for name in names) or len(set(names)) < len(names):
        example = next(iter(program.fields))
        raise InputError(
            f"{program.name}: inputs must be one or more distinct fields, such as ({example!r},), got {fields!r}"
        )
    _check_known(program, names)
    return names


def as_output(program: TemplateProgram, bits: object) -> tuple[Bit, ...]:
    """Return the output bits as a tuple; raises InputError unless there is one, and each is a bit of the program.

    >>> as_output(TemplateProgram("x", fields={"p": 4}), ("p", 0))
    Traceback (most recent call last):
    ntkproofs.errors.InputError: program 'x': a bit must be (field, index), got 'p'
    """
    if isinstance(bits, str | bytes) or not isinstance(bits, Iterable):
        raise InputError(f"{program.name}: output must be a list of bits (field, index), got {bits!r}")
    known = tuple(program.bit(program.position(bit)) for bit in bits)
    if not known:
        raise InputError(f"{program.name}: at least one output bit is needed, got {bits!r}")
    return known


def as_constants(program: TemplateProgram, values: Mapping[str, int], inputs: Sequence[str]) -> dict[str, int]:
    """Return the initial values of fields as a dict; raises InputError for unknown fields, inputs, and large numbers.

    >>> as_constants(TemplateProgram("x", fields={"p": 4, "q": 2}), {"q": 4}, ("p",))
    Traceback (most recent call last):
    ntkproofs.errors.InputError: x, constants: field 'q': 4 does not fit in 2 bits (0 to 3)
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{program.name}: constants must be {{field: number}}, got {values!r}")
    _check_known(program, values)
    both = sorted(set(inputs) & set(values))
    if both:
        raise InputError(f"{program.name}: a field is either an input or a constant, got both for {both}")
    try:
        program.state(**values)
    except InputError as problem:
        raise InputError(f"{program.name}, constants: {problem}") from None
    return {name: int(value) for name, value in values.items()}


def as_widths(program: TemplateProgram, widths: Mapping[str, int], inputs: Sequence[str]) -> dict[str, int]:
    """Return the numbers of bits of narrower inputs as a dict; raises InputError unless each fits in its input field.

    >>> as_widths(TemplateProgram("x", fields={"p": 4}), {"p": 5}, ("p",))
    Traceback (most recent call last):
    ntkproofs.errors.InputError: x: the width of input 'p' must be an integer from 1 to 4, got 5
    """
    if not isinstance(widths, Mapping):
        raise InputError(f"{program.name}: widths must be {{input: number of bits}}, got {widths!r}")
    for name in widths:
        if name not in inputs:
            names = ", ".join(map(field_name, inputs))
            raise InputError(f"{program.name}: widths are for inputs ({names}), got one for {name!r}")
    return {
        name: integer(width, f"{program.name}: the width of input {name!r}", low=1, high=program.fields[name])
        for name, width in widths.items()
    }


def values_of(where: str, inputs: Sequence[str], widths: Sequence[int], values: object) -> tuple[int, ...]:
    """Return one group of inputs as integers; raises InputError unless there is one for each, and each fits its width.

    A single input may be given as an integer. `where` begins the message.

    >>> values_of("x", ("p",), (4,), 9)
    (9,)
    """
    given = (values,) if as_integer(values) is not None else values
    group = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else ()
    if len(group) != len(inputs):
        names = ", ".join(map(field_name, inputs))
        got = len(group) if group else repr(values)
        raise InputError(f"{where} takes {counted(len(inputs), 'input')} ({names}), got {got}")
    numbers = []
    for name, width, value in zip(inputs, widths, group, strict=True):
        number = as_integer(value)
        if number is None or number >> width:
            raise InputError(
                f"{where}: input {name!r}: {value!r} does not fit in {counted(width, 'bit')} (0 to {(1 << width) - 1})"
            )
        numbers.append(number)
    return tuple(numbers)


def answer_of(bits: Sequence[int]) -> int:
    """Return the number whose bits, least significant first, are given.

    >>> answer_of([0, 1, 1])
    6
    """
    return sum(int(bit) << weight for weight, bit in enumerate(bits))


def _check_known(program: TemplateProgram, names: Iterable[object]) -> None:
    for name in names:
        if name not in program.fields:
            known = ", ".join(map(field_name, program.fields))
            raise InputError(f"{program.name}: unknown field {name!r}; the fields are {known}")
