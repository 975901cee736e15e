"""Turing machines as text: the rules mean what the known busy beavers do, and what malformed texts are told."""

import pytest

from ntkproofs.errors import InputError
from ntkproofs.formats import Rule, read_turing


def run(machine, most=10_000):
    """Return the numbers of steps, of ones on the tape and of visited cells when the machine halts."""
    tape, position, state, steps = {}, 0, 0, 0
    visited = {0}
    while steps < most:
        rule = machine.rules[state][tape.get(position, 0)]
        if rule is None:
            break
        tape[position] = rule.write
        position += rule.move
        state = rule.next
        steps += 1
        if state < 0:
            break
        visited.add(position)
    return steps, sum(value == 1 for value in tape.values()), len(visited)


@pytest.mark.parametrize(
    ("text", "steps", "ones"),
    [
        ("1RB1LB_1LA1RZ", 6, 4),  # the busy beaver of 2 states, and of steps and of ones for 3 states
        ("1RB1RZ_1LB0RC_1LC1LA", 21, 5),
        ("1RB1RH_0RC1RB_1LC1LA", 14, 6),
        ("1RB1LB_1LA0LC_1RZ1LD_1RD0RA", 107, 13),
        ("1RB1LB_1LA0LC_---1LD_1RD0RA", 106, 12),  # an undefined rule halts one step earlier
    ],
)
def test_busy_beavers(text, steps, ones):
    assert run(read_turing(text.encode()))[:2] == (steps, ones)


def test_the_busy_beaver_of_four_states_visits_14_cells():
    assert run(read_turing(b"1RB1LB_1LA0LC_1RZ1LD_1RD0RA"))[2] == 14


def test_more_symbols_and_comments():
    text = b"# three symbols\r\n\r\n1RB2LA1RA_1LA2RB1RH # the machine\r\n"
    machine = read_turing(text, "dir/m.tm")
    assert (machine.name, machine.file, machine.text) == ("m", "m.tm", text)
    assert machine.rules[0] == (Rule(1, 1, 1), Rule(2, -1, 0), Rule(1, 1, 0))
    assert machine.rules[1][2] == Rule(1, 1, -1)


def test_h_is_a_state_of_a_machine_with_eight():
    assert read_turing(b"_".join([b"1RH1LZ"] * 8)).rules[0] == (Rule(1, 1, 7), Rule(1, -1, -1))


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("", 1, "there is no machine; expected one such as 1RB1LB_1LA1RZ"),
        ("# only\n", 1, "there is no machine"),
        ("1RB1LB_1LA1RZ\n\n1RB1LB_1LA1RZ", 3, "expected one machine in the file, got also '1RB1LB_1LA1RZ'"),
        ("\n1RB1LB 1LA1RZ", 2, "expected one machine in the file, got also '1LA1RZ'"),
        ("1RB1LB_1LA", 1, "the state B must have 2 rules of 3 characters, as the state A, got '1LA'"),
        ("1RB1LB_1LA1R", 1, "the state B must have 2 rules of 3 characters, as the state A, got '1LA1R'"),
        ("1RB1LB_", 1, "the state B must have 2 rules"),
        ("1RB1LB1_1LA1RZ", 1, "the state A must have 2 rules"),
        ("1RA", 1, "expected a machine such as 1RB1LB_1LA1RZ"),
        ("1RA" * 11, 1, "at most 26 states and 2 to 10 symbols"),
        ("_".join(["1RA1RA"] * 27), 1, "at most 26 states and 2 to 10 symbols"),
        ("2RB1LB_1LA1RZ", 1, "the rule '2RB' of A0 must write a symbol from 0 to 1"),
        ("1RB1SB_1LA1RZ", 1, "the rule '1SB' of A1 must move L or R"),
        ("1RB1LC_1LA1RZ", 1, "the rule '1LC' of A1 must go to a state from A to B, or halt by Z or H"),
        ("1RB1Lb_1LA1RZ", 1, "the rule '1Lb' of A1 must go to a state from A to B"),
        ("1RB1LB_1LA-RZ", 1, "the rule '-RZ' of B1 must write a symbol"),
        ("1RB1LB_1LA\x00RZ", 1, "the byte 0x00 is not a printable ASCII character"),
    ],
)
def test_each_malformed_text_is_told_the_line_and_what_would_be_right(text, line, part):
    with pytest.raises(InputError) as problem:
        read_turing(text.encode(), "f.tm")
    message = str(problem.value)
    assert message.startswith(f"f.tm:{line}: ")
    assert part in message
    assert "\n" not in message
