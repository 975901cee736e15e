"""Reading documents: the files that a page has its reader write, the commands it has them run, and what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
TOOLS = ("cat", "cp", "head", "ls", "sed", "wc")

_FENCE = re.compile(r"^(`{3,}|:{3,})(\S*|\{[\w-]+\}.*)$")
_VARYING = re.compile(
    r"(?<=  )\d+\.\d\d$|(?<=\bin )\d+\.\d+ ?s\b|(?<=^seconds)\s+\S+$|(?<=^cases/second)\s+\S+$", re.MULTILINE
)
_VERSION = re.compile(r"\b(Coq|python-flint|Python) \d+(?:\.\d+)*")


@dataclass(frozen=True)
class Block:
    """A piece of code: its language (empty for an indented one), its title, its text and the line where it begins."""

    language: str
    title: str
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """What follows ``$`` in a page, and the lines that it is said to print."""

    text: str
    printed: str
    line: int
    block: int


def blocks(page: Path) -> list[Block]:
    """Return the fenced and the indented pieces of code of a Markdown page."""
    lines = page.read_text(encoding="utf-8").split("\n")
    result, index = [], 0
    while index < len(lines):
        start, opening = index, _FENCE.match(lines[index])
        if opening:
            index += 1
            while index < len(lines) and lines[index] != opening.group(1):
                index += 1
            result.append(_fenced(opening.group(2), lines[start + 1 : index], start + 1))
        elif lines[index].startswith("    ") and not (index and lines[index - 1].strip()):
            while index < len(lines) and (lines[index].startswith("    ") or not lines[index].strip()):
                index += 1
            result.append(Block("", "", "\n".join(line[4:] for line in lines[start:index]).rstrip(), start + 1))
            index -= 1
        index += 1
    return result


def _fenced(opening: str, lines: list[str], line: int) -> Block:
    """Return a fenced block; ``{directive} argument`` and its options are read."""
    directive, _, argument = opening.partition("} ")
    language, title = argument or directive.strip("{}"), ""
    while lines and (option := re.fullmatch(r":(\w+): (.*)", lines[0])):
        title = option.group(2) if option.group(1) == "caption" else title
        lines = lines[1:]
    while lines and not lines[0].strip():
        lines = lines[1:]
    return Block(language, title, "\n".join(lines), line)


def commands(page: Path) -> list[Block | Command]:
    """Return the files of a page and the commands that use them, in order."""
    result: list[Block | Command] = []
    for number, block in enumerate(blocks(page)):
        if block.language in ("console", ""):
            for piece in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                text, _, printed = piece.partition("\n")
                result.append(Command(text, printed, block.line, number))
        elif ">>>" not in block.text and (block.language == "python" or block.title):
            result.append(block)
    return result


def title_of(block: Block, following: list[Block | Command]) -> str:
    """Return the name of the file that a block is: its title, or the .py file that the next command is about."""
    command = next((item for item in following if isinstance(item, Command)), None)
    named = re.search(r"\b\w+\.py\b", command.text) if command else None
    return block.title or (named.group() if named else "unnamed.py")


def sessions(page: Path) -> str:
    """Return the interactive sessions of a page, one after the other, each on its line of the page."""
    lines = [""] * (len(page.read_text(encoding="utf-8").split("\n")) + 1)
    for block in blocks(page):
        if ">>>" in block.text and block.language in ("python", "doctest"):
            lines[block.line : block.line + len(block.text.split("\n"))] = block.text.split("\n")
    return "\n".join(lines)


class Desk:
    """A folder with the repository's files within reach, where commands are run, and few programs on the path.

    There is no Coq, and a page shows what a reader without it sees; only what names a version of Coq is run with it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, tools = folder / "work", folder / "bin"
        self.folder.mkdir()
        tools.mkdir()
        for name in ("ntkproofs", "paper_checks"):
            (self.folder / name).symlink_to(ROOT / name)
        for name in TOOLS:
            (tools / name).symlink_to(shutil.which(name) or name)
        for name, arguments in (
            ("python", ""),
            ("ntkproofs", " -m ntkproofs"),
            ("pytest", " -m pytest -p no:cacheprovider"),
        ):
            (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable}{arguments} "$@"\n')
            (tools / name).chmod(0o755)
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NTKPROOFS"))},
            "PATH": str(tools),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
        }
        self.status = 0

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text + "\n", encoding="utf-8")

    def run(self, command: str, *, coqc: str = "") -> str:
        """Run a command and return what it prints on stdout, or on stderr if that is nothing."""
        done = subprocess.run(
            [shutil.which("bash") or "bash", "-c", f"(exit {self.status}); {command}"],
            cwd=self.folder,
            env={**self.environment, "NTKPROOFS_COQC": coqc},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            stdin=subprocess.DEVNULL,
        )
        self.status = done.returncode
        return done.stdout or done.stderr


def agrees(printed: str, said: str) -> bool:
    """Tell whether a command printed what a page says; ``...`` is anything, spaces, times and versions do not count."""
    pattern = r".*".join(re.escape(part.strip()) for part in _plain(said).split("..."))
    return re.fullmatch(pattern.replace(r".*", r"\s*.*\s*"), _plain(printed), re.DOTALL) is not None


def _plain(text: str) -> str:
    return " ".join(_VERSION.sub(r"\1", _VARYING.sub(" TIME", text)).split())
