"""The assembler: valid programs, and the line that the error for each invalid program names."""

import pytest

from ntkproofs.errors import InputError
from ntkproofs.programs.sbn import Assembly, Instruction, assemble, read_assembly
from ntkproofs.programs.sbn.assembler import MAX_TEXT, decimal

GOOD = """\
        .bits 6            ; a comment, with a # in it
# another comment: with a colon
one:    .word 1
start:  sbn one, x         ; data may come after its use, commas may stand between operands
        one x start
x:      .word -32
end:
        SBN x x end
"""


def refused(text):
    with pytest.raises(InputError) as problem:
        assemble(text, source="f.sbn")
    message = str(problem.value)
    assert "\n" not in message
    return message


def test_reads_words_labels_comments_and_default_targets():
    program = assemble(GOOD.replace("SBN x x", "sbn x x"))
    assert program.bits == 6
    assert program.names == ("one", "x")
    assert program.values == (1, -32)
    assert program.instructions == (Instruction(0, 1, 1, 4), Instruction(0, 1, 0, 5), Instruction(1, 1, 2, 8))


def test_default_number_of_bits_and_windows_line_ends():
    program = assemble("x: .word 127\r\n  sbn x x halt\r\n")
    assert (program.bits, program.values, program.instructions[0].c) == (8, (127,), 1)


def test_a_label_after_the_last_instruction_is_halt():
    assert assemble("x: .word 0\nsbn x x end\nsbn x x\nend:").instructions[0].c == 2


def test_a_label_before_data_is_that_of_the_next_instruction():
    assert assemble("sbn x x\nhere:\nx: .word 0\nsbn x x here").instructions[1].c == 1


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("x: .word 5\nsbn x y", 2, "no data word 'y'"),
        ("x: .word 5\nsbn x x there", 2, "unknown label 'there'"),
        ("x: .word 5\nsbn x x x", 2, "(it is a data word)"),
        ("x: .word 5\nl: sbn l x", 2, "(it is the label of an instruction)"),
        ("x: .word 5\nsbn x halt", 2, "(it is the label of an instruction)"),
        ("x: .word 128\nsbn x x", 1, "does not fit in a word of 8 bits: -128 to 127"),
        ("x: .word -129\nsbn x x", 1, "does not fit"),
        ("x: .word 3\nsbn x x\n.bits 2", 1, "does not fit in a word of 2 bits: -2 to 1"),
        ("x: .word 0\nx: .word 1\nsbn x x", 2, "'x' is defined twice"),
        ("x: .word 0\nx: sbn x x", 2, "'x' is defined twice"),
        ("x: .word 0\nl: sbn x x\nl:", 3, "'l' is defined twice"),
        ("halt: .word 0", 1, "reserved"),
        ("sbn: .word 0", 1, "reserved"),
        (".word 5", 1, "needs a name"),
        ("x: .word", 1, "takes one value, got 0"),
        ("x: .word 1 2", 1, "takes one value, got 2"),
        ("x: .word five", 1, "must be a decimal number, got 'five'"),
        ("x: .word 0x10", 1, "must be a decimal number"),
        ("x: .word ٣", 1, "must be a decimal number"),
        (f"x: .word {'9' * 5000}", 1, "must be a decimal number"),
        ("x: .word 9999999999999999999999999", 1, "is empty"),
        ("x: .word 0\n\nsbn x", 3, "got 1 operand"),
        ("x: .word 0\nsbn", 2, "got 0 operands"),
        ("x: .word 0\nx x halt x", 2, "got 4 operands"),
        ("x: .word 0\nsbn x x!", 2, "a name of letters, digits and _, got 'x!'"),
        ("x: .word 0\nsbn x __import__('os')", 2, "a name of letters"),
        ("1x: .word 0", 1, "a label must be a name"),
        (": .word 0", 1, "a label must be a name"),
        (f"{'x' * 65}: .word 0", 1, "at most 64 characters"),
        ("a: b: .word 0", 1, "a name of letters"),
        (".bits", 1, "one number"),
        (".bits 8 8", 1, "one number"),
        ("l: .bits 8", 1, "takes one number and no label"),
        (".bits 0", 1, "from 1 to 64, got 0"),
        (".bits 65", 1, "from 1 to 64, got 65"),
        (".bits 8\n.bits 8", 2, "given twice"),
        (".include x", 1, "unknown directive '.include'"),
        ("", 1, "empty"),
        ("; nothing\nx: .word 0", 2, "empty"),
        ("x: .word 0\n" + "sbn x x\n" * 257, 258, "too many instructions: at most 256"),
        ("".join(f"x{i}: .word 0\n" for i in range(257)), 257, "too many words: at most 256"),
    ],
)
def test_errors_name_the_line(text, line, part):
    message = refused(text)
    assert message.startswith(f"f.sbn:{line}: ")
    assert part in message
    assert len(message) < 200


def test_the_largest_program_is_accepted():
    text = "".join(f"x{i}: .word 0\n" for i in range(256)) + "sbn x0 x255\n" * 256
    program = assemble(text)
    assert (len(program.names), len(program.instructions)) == (256, 256)


def test_refuses_a_text_that_is_too_long():
    assert f"at most {MAX_TEXT:,} characters" in refused(";" * (MAX_TEXT + 1))


def test_reads_a_file_with_a_byte_order_mark(tmp_path):
    file = tmp_path / "x.sbn"
    file.write_bytes(b"\xef\xbb\xbfx: .word 5\nsbn x x\n")
    assert read_assembly(file).values == (5,)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"x: .word 5\n; \xff", ":2: not UTF-8"),
        (b";" * (MAX_TEXT + 1), f"at most {MAX_TEXT:,} bytes"),
        (b"", ":1: the program is empty"),
    ],
)
def test_refuses_a_file(tmp_path, content, part):
    file = tmp_path / "x.sbn"
    file.write_bytes(content)
    with pytest.raises(InputError, match=part):
        read_assembly(file)


def test_refuses_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "missing.sbn", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_assembly(path)


def test_decimal_reads_decimals_only():
    assert [decimal(text) for text in ("7", "-7", "+7", "007")] == [7, -7, 7, 7]
    assert [decimal(text) for text in ("", "-", "1_0", " 1", "1.0", "²", "7\n")] == [None] * 7


# --- Assembly


def test_with_data_replaces_values_by_name():
    program = assemble("x: .word 5\ny: .word 6\nsbn x y")
    assert program.with_data({"y": -128}).values == (5, -128)
    for data in ({"z": 1}, {"x": 128}, {"x": -129}, {"x": "1"}):
        with pytest.raises(InputError):
            program.with_data(data)


@pytest.mark.parametrize(
    "parts",
    [
        (0, ("x",), (0,), (Instruction(0, 0, 0),)),
        (65, ("x",), (0,), (Instruction(0, 0, 0),)),
        (8, (), (), (Instruction(0, 0, 0),)),
        (8, ("x",), (0,), ()),
        (8, ("x", "x"), (0, 0), (Instruction(0, 0, 0),)),
        (8, ("x",), (0, 1), (Instruction(0, 0, 0),)),
        (8, ("x",), (128,), (Instruction(0, 0, 0),)),
        (8, ("x",), (0,), (Instruction(1, 0, 0),)),
        (8, ("x",), (0,), (Instruction(0, -1, 0),)),
        (8, ("x",), (0,), (Instruction(0, 0, 2),)),
    ],
)
def test_an_invalid_assembly_is_refused(parts):
    with pytest.raises(InputError):
        Assembly(*parts)


def test_the_text_of_an_instruction_is_its_source():
    program = assemble("x: .word 0\nsbn x x halt\nl: sbn x x\nsbn x x l\nsbn x x")
    assert [program.text(index) for index in range(4)] == ["x x halt", "x x", "x x line 3", "x x"]
