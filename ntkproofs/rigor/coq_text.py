"""Coq source as text: comments, strings, sentences. Enough to audit a file, not to understand it.

Coq's own rules: comments ``(* *)`` nest, a string inside a comment hides what it holds, ``""`` inside a string is a
quote, and a sentence ends with a dot that white space (or the end of the file) follows. That is so as long as no
notation declares a token with such marks in it, and files that are audited declare none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ntkproofs.errors import InputError

__all__ = ["Sentence", "line_of", "normal", "pieces", "sentences", "without_comments"]

_TOKEN = re.compile(r'\(\*|\*\)|"')
_STRING = re.compile(r'"(?:[^"]|"")*"')
_END = re.compile(r"(?<!\.)(?:\.|\.\.\.)(?=\s|$)")


@dataclass(frozen=True)
class Sentence:
    """One sentence without its dot: `bare` without comments and with empty strings, `text` with its strings.

    `line`: where it begins; `comment`: the last comment between the sentence before and this one, as it stands;
    `source`: all from that comment on, as it stands.
    """

    bare: str
    text: str
    line: int
    comment: str
    source: str


def pieces(source: str) -> list[tuple[str, int, int]]:
    """Return the pieces of a source in order, ``(kind, start, end)``: code, comments and strings.

    Raises InputError for a comment or string that does not end.

    >>> pieces("a (* b *)")
    [('code', 0, 2), ('comment', 2, 9)]
    """
    found, place = [], 0
    for kind, start, end in [*_parts(source), ("end", len(source), len(source))]:
        if place < start:
            found.append(("code", place, start))
        if kind != "end":
            found.append((kind, start, end))
        place = end
    return found


def _parts(source: str) -> list[tuple[str, int, int]]:
    """Return the comments and strings of a source, ``(kind, start, end)``; raises InputError if one does not end."""
    found: list[tuple[str, int, int]] = []
    place = 0
    while (token := _TOKEN.search(source, place)) is not None:
        start = token.start()
        if token.group() == '"':
            place = _end_of_string(source, start)
            found.append(("string", start, place))
        elif token.group() == "(*":
            place = _end_of_comment(source, start)
            found.append(("comment", start, place))
        else:
            place = token.end()
    return found


def _end_of_string(source: str, start: int) -> int:
    string = _STRING.match(source, start)
    if string is None:
        raise InputError(f"line {line_of(source, start)}: a string that does not end")
    return string.end()


def _end_of_comment(source: str, start: int) -> int:
    depth, place = 1, start + 2
    while depth:
        token = _TOKEN.search(source, place)
        if token is None:
            raise InputError(f"line {line_of(source, start)}: a comment that does not end")
        if token.group() == '"':
            place = _end_of_string(source, token.start())
        else:
            depth += 1 if token.group() == "(*" else -1
            place = token.end()
    return place


def line_of(source: str, place: int) -> int:
    r"""Return the number of the line on which a place lies.

    >>> line_of("a\nb", 2)
    2
    """
    return source.count("\n", 0, place) + 1


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def without_comments(source: str, *, strings: bool = False) -> str:
    """Return the source with blanks for its comments, and for what its strings hold unless `strings` are kept.

    Every other character keeps its place. Raises InputError for a comment or string that does not end.

    >>> without_comments('a (* b (* c *) "*)" *) "d" e').split()
    ['a', '"', '"', 'e']
    """
    parts, place = [], 0
    for kind, start, end in _parts(source):
        parts.append(source[place:start])
        piece = source[start:end]
        if kind == "comment":
            parts.append(_blank(piece))
        else:
            parts.append(piece if strings else f'"{_blank(piece[1:-1])}"')
        place = end
    return "".join([*parts, source[place:]])


def sentences(source: str) -> tuple[Sentence, ...]:
    """Return the sentences of a source; raises InputError for text after the last dot.

    >>> [sentence.bare for sentence in sentences("Lemma a : b. (* not. *) Proof. exact c.d. Qed.")]
    ['Lemma a : b', 'Proof', 'exact c.d', 'Qed']
    """
    bare, text = without_comments(source), without_comments(source, strings=True)
    comments = [(start, end) for kind, start, end in _parts(source) if kind == "comment"]
    found, place = [], 0
    for dot in _END.finditer(bare):
        start = place + len(bare[place : dot.start()]) - len(bare[place : dot.start()].lstrip())
        before = [(first, last) for first, last in comments if place <= first and last <= start]
        first, last = before[-1] if before else (start, start)
        found.append(
            Sentence(
                bare=bare[start : dot.start()].rstrip(),
                text=text[start : dot.start()].rstrip(),
                line=line_of(source, start),
                comment=source[first:last],
                source=source[first : dot.start()],
            )
        )
        place = dot.end()
    rest = bare[place:].strip()
    if rest:
        raise InputError(f"line {line_of(source, len(bare.rstrip()))}: no dot ends {' '.join(rest.split())[:60]!r}")
    return tuple(found)


def normal(text: str) -> str:
    r"""Return text with one space for white space, outside of strings.

    >>> normal('a  =\n  "b  c"')
    'a = "b  c"'
    """
    parts, place = [], 0
    for string in _STRING.finditer(text):
        parts += [re.sub(r"\s+", " ", text[place : string.start()]), string.group()]
        place = string.end()
    return "".join([*parts, re.sub(r"\s+", " ", text[place:])]).strip()
