"""Lexical analysis of Coq sources: comments, strings and sentences.

The rules of Coq: comments ``(* *)`` are nested, a string inside a comment hides comment delimiters, ``""`` inside a
string is a quotation mark, and a sentence ends with a dot that is followed by white space or the end of the file. The
rules hold if no notation declares a token that contains these characters; the audit does not allow notations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ntkproofs.errors import InputError

__all__ = ["Sentence", "line_number", "normalized", "pieces", "sentences", "without_comments"]

_TOKEN = re.compile(r'\(\*|\*\)|"')
_STRING = re.compile(r'"(?:[^"]|"")*"')
_END = re.compile(r"(?<!\.)(?:\.|\.\.\.)(?=\s|$)")


@dataclass(frozen=True)
class Sentence:
    """A sentence without its final dot.

    `code`: its text with comments and the contents of strings replaced by spaces; `text`: the same with the contents of
    strings; `line`: the number of its first line; `comment`: the last comment between the previous sentence and this
    one, verbatim; `source`: the source from that comment on, verbatim.
    """

    code: str
    text: str
    line: int
    comment: str
    source: str


def pieces(source: str) -> list[tuple[str, int, int]]:
    """Split a source into code, comments and strings; return them in order as ``(kind, start, end)``.

    Raises InputError for a comment or string that is not closed.

    >>> pieces("a (* b *)")
    [('code', 0, 2), ('comment', 2, 9)]
    """
    result, offset = [], 0
    for kind, start, end in [*_comments_and_strings(source), ("end", len(source), len(source))]:
        if offset < start:
            result.append(("code", offset, start))
        if kind != "end":
            result.append((kind, start, end))
        offset = end
    return result


def _comments_and_strings(source: str) -> list[tuple[str, int, int]]:
    """Return the comments and strings of a source as ``(kind, start, end)``; InputError if one is not closed."""
    result: list[tuple[str, int, int]] = []
    offset = 0
    while (token := _TOKEN.search(source, offset)) is not None:
        start = token.start()
        if token.group() == '"':
            offset = _end_of_string(source, start)
            result.append(("string", start, offset))
        elif token.group() == "(*":
            offset = _end_of_comment(source, start)
            result.append(("comment", start, offset))
        else:
            offset = token.end()
    return result


def _end_of_string(source: str, start: int) -> int:
    string = _STRING.match(source, start)
    if string is None:
        raise InputError(f"line {line_number(source, start)}: a string that is not closed")
    return string.end()


def _end_of_comment(source: str, start: int) -> int:
    depth, offset = 1, start + 2
    while depth:
        token = _TOKEN.search(source, offset)
        if token is None:
            raise InputError(f"line {line_number(source, start)}: a comment that is not closed")
        if token.group() == '"':
            offset = _end_of_string(source, token.start())
        else:
            depth += 1 if token.group() == "(*" else -1
            offset = token.end()
    return offset


def line_number(source: str, offset: int) -> int:
    r"""Return the number of the line that contains the character at `offset`.

    >>> line_number("a\nb", 2)
    2
    """
    return source.count("\n", 0, offset) + 1


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def without_comments(source: str, *, strings: bool = False) -> str:
    """Return the source with comments replaced by spaces, and the contents of strings as well unless `strings`.

    The offsets of all other characters are preserved. Raises InputError for a comment or string that is not closed.

    >>> without_comments('a (* b (* c *) "*)" *) "d" e').split()
    ['a', '"', '"', 'e']
    """
    parts, offset = [], 0
    for kind, start, end in _comments_and_strings(source):
        parts.append(source[offset:start])
        piece = source[start:end]
        if kind == "comment":
            parts.append(_blank(piece))
        else:
            parts.append(piece if strings else f'"{_blank(piece[1:-1])}"')
        offset = end
    return "".join([*parts, source[offset:]])


def sentences(source: str) -> tuple[Sentence, ...]:
    """Split a source into sentences; raises InputError for text after the last dot.

    >>> [sentence.code for sentence in sentences("Lemma a : b. (* not. *) Proof. exact c.d. Qed.")]
    ['Lemma a : b', 'Proof', 'exact c.d', 'Qed']
    """
    code, text = without_comments(source), without_comments(source, strings=True)
    comments = [(start, end) for kind, start, end in _comments_and_strings(source) if kind == "comment"]
    result, offset = [], 0
    for dot in _END.finditer(code):
        start = offset + len(code[offset : dot.start()]) - len(code[offset : dot.start()].lstrip())
        preceding = [(first, last) for first, last in comments if offset <= first and last <= start]
        first, last = preceding[-1] if preceding else (start, start)
        result.append(
            Sentence(
                code=code[start : dot.start()].rstrip(),
                text=text[start : dot.start()].rstrip(),
                line=line_number(source, start),
                comment=source[first:last],
                source=source[first : dot.start()],
            )
        )
        offset = dot.end()
    rest = code[offset:].strip()
    if rest:
        line = line_number(source, len(code.rstrip()))
        raise InputError(f"line {line}: no dot at the end of {' '.join(rest.split())[:60]!r}")
    return tuple(result)


def normalized(text: str) -> str:
    r"""Return `text` with each run of white space outside of strings replaced by one space.

    >>> normalized('a  =\n  "b  c"')
    'a = "b  c"'
    """
    parts, offset = [], 0
    for string in _STRING.finditer(text):
        parts += [re.sub(r"\s+", " ", text[offset : string.start()]), string.group()]
        offset = string.end()
    return "".join([*parts, re.sub(r"\s+", " ", text[offset:])]).strip()
