"""Reading by suffix: files that cannot be read, are too large or have no known format."""

import os

import pytest

from ntkproofs.errors import InputError
from ntkproofs.formats import read_source
from ntkproofs.formats.text import MAX_BYTES

FILES = {
    "a.blif": b".inputs a\n.outputs a\n.end\n",
    "a.pla": b".i 1\n.o 1\n.e\n",
    "a.aag": b"aag 1 1 0 1 0\n2\n2\n",
    "a.aig": b"aig 1 1 0 1 0\n2\n",
    "a.kiss": b".i 1\n.o 1\n- a a 1\n.e\n",
    "a.kiss2": b".i 1\n.o 1\n- a a 1\n.e\n",
    "a.tm": b"1RB1LB_1LA1RZ\n",
}


def refused(path):
    with pytest.raises(InputError) as problem:
        read_source(path)
    return str(problem.value)


@pytest.mark.parametrize("name", FILES)
def test_the_suffix_says_the_format(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    source = read_source(path)
    assert (source.name, source.file, source.text) == ("a", name, FILES[name])
    shouting = path.rename(tmp_path / name.upper())
    assert read_source(str(shouting)).text == FILES[name]


def test_other_suffixes_are_refused():
    assert "the suffix must be one of .blif .pla .aag .aig .kiss .kiss2 .tm .v" in refused("a.v2")
    assert "the suffix must be one of" in refused("blif")


def test_files_that_cannot_be_read(tmp_path):
    assert refused(tmp_path / "none.blif").endswith("none.blif cannot be read: there is no such file")
    (tmp_path / "folder.blif").mkdir()
    assert refused(tmp_path / "folder.blif").endswith("folder.blif cannot be read: it is a folder")
    os.mkfifo(tmp_path / "pipe.blif")
    assert refused(tmp_path / "pipe.blif").endswith("cannot be read: it is not a regular file")
    assert "cannot be read" in refused("a\0.blif")


def test_messages_are_one_line_whatever_the_name(tmp_path):
    path = tmp_path / "a\nb.blif"
    path.write_bytes(b"")
    assert refused(path).isprintable()


def test_a_large_file_is_refused(tmp_path):
    path = tmp_path / "a.blif"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert refused(path).endswith("it has 16,777,217 bytes, at most 16,777,216 are supported")
