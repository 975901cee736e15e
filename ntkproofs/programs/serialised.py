"""Programs as JSON values, as they stand in the claim of a certificate: positions instead of names in templates."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from ntkproofs.errors import InputError
from ntkproofs.programs.language import TemplateProgram

__all__ = ["is_data_set", "program_from_json", "program_json", "read_program"]

KEYS = ("fields", "name", "padding", "templates")


def program_json(program: TemplateProgram) -> dict[str, Any]:
    """Return the JSON value of a program, with the keys ``name``, ``fields``, ``templates`` and ``padding``.

    >>> from ntkproofs.programs import permutation
    >>> program_json(permutation([1, 0]))["templates"]
    [[[[1, 1]], [0]], [[[0, 1]], [1]]]
    """
    position = program.position
    return {
        "name": program.name,
        "fields": [[name, width] for name, width in program.fields.items()],
        "templates": [
            [[[position(bit), value] for bit, value in template.when], [position(bit) for bit in template.write]]
            for template in program.templates
        ],
        "padding": program.padding,
    }


def program_from_json(value: Any) -> TemplateProgram:
    """Return the program with a JSON value; raises InputError if the value does not describe a program.

    >>> from ntkproofs.programs import addition
    >>> program = addition(bits=4)
    >>> program_from_json(program_json(program)).templates == program.templates
    True
    """
    if not isinstance(value, dict) or set(value) != set(KEYS):
        keys = ", ".join(sorted(map(str, value))) if isinstance(value, dict) else type(value).__name__
        raise InputError(f"a program must be an object with the keys {', '.join(KEYS)}, got {keys:.100}")
    fields = [_pair(field, "a field", "[name, number of bits]") for field in _list(value["fields"], "fields")]
    names = [name for name, _ in fields]
    for index, name in enumerate(names):
        if not isinstance(name, str) or name in names[:index]:
            raise InputError(f"the name of a field must be a string, different from the others, got {name!a:.100}")
    program = TemplateProgram(value["name"], dict(fields))
    bits = [(field, index) for field, width in program.fields.items() for index in range(width)]
    for number, template in enumerate(_list(value["templates"], "templates")):
        when, write = _pair(template, f"template {number}", "[requirements, written positions]")
        pairs = [_pair(pair, "a requirement", "[position, value]") for pair in _list(when, "requirements")]
        program.template(
            when=[(_bit(bits, position, number), required) for position, required in pairs],
            write=[_bit(bits, position, number) for position in _list(write, "written positions")],
        )
    program.pad(value["padding"])
    return program


def read_program(data: bytes) -> TemplateProgram:
    """Return the program in the text of a JSON file: a program, or a certificate, whose program is returned.

    Raises InputError for anything else.
    """
    try:
        value = json.loads(data, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as problem:
        reason = "it is nested too deep" if isinstance(problem, RecursionError) else f"{problem}"
        raise InputError(f"not the JSON of a program: {reason:.200}") from problem
    claim = value.get("claim") if isinstance(value, dict) else None
    if isinstance(claim, dict):
        if "program" not in claim:
            raise InputError(f"a certificate of the kind {str(claim.get('kind'))!a:.40} contains no program")
        value = claim["program"]
    return program_from_json(value)


def is_data_set(data: bytes) -> bool:
    """Return whether a JSON file looks like a data set of instructions (:mod:`ntkproofs.formats.dataset`)."""
    return data.lstrip().startswith(b"{") and b'"labels"' in data and b'"templates"' not in data


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{name} must be a list, got {value!a:.100}")
    return value


def _pair(value: Any, name: str, form: str) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(f"{name} must be {form}, got {value!a:.100}")
    return value[0], value[1]


def _bit(bits: list[tuple[str, int]], position: Any, template: int) -> tuple[str, int]:
    if type(position) is not int or not 0 <= position < len(bits):
        raise InputError(f"template {template}: a position must be from 0 to {len(bits) - 1}, got {position!a:.100}")
    return bits[position]


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"numbers must be integers, got {text:.40}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of the file; raises ValueError for a key that occurs twice."""
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("an object with the same key twice")
    return result
