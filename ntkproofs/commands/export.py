"""``ntkproofs export``: write a program as JSON, as it stands in a certificate."""

from __future__ import annotations

import argparse
import hashlib
from typing import Any

from ntkproofs.commands.common import HOLDS, print_json
from ntkproofs.commands.programs import add_options, add_padding, add_program, load
from ntkproofs.display import counted

__all__ = ["register"]


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "export",
        help="write a program as JSON",
        description="Write a program as JSON, as it stands in a certificate: its fields, templates and padding. Every "
        "command accepts the file, with the suffix .json, as PROGRAM.",
        epilog="Example: ntkproofs export addition --bits 8 -o addition.json",
    )
    add_program(parser, "export")
    add_options(parser, "--steps", "--program-steps")
    add_padding(parser)
    parser.add_argument("-o", dest="output", metavar="FILE", required=True, help="write the program to FILE")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout, about the file")
    parser.set_defaults(function=_export)


def _export(options: argparse.Namespace) -> int:
    from ntkproofs.checker import canonical
    from ntkproofs.files import check_writable, write_atomically
    from ntkproofs.programs.serialised import program_json

    check_writable(options.output)
    program = load(options, "export").program
    data = canonical(program_json(program)) + b"\n"
    write_atomically(options.output, data)
    if options.json:
        document = {
            "format": 1,
            "program": options.program,
            "file": options.output,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "templates": len(program.templates),
            "padding": program.padding,
            "samples": program.samples,
        }
        print_json(document)
    else:
        print(f"{options.output}: {counted(len(program.templates), 'template')}, {len(data):,} bytes")
    return HOLDS
