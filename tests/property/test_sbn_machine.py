"""The SBN machine, executed through the predictor, agrees with the interpreter after every instruction."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, execute_sbn
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.programs import sbn
from ntkproofs.programs.sbn import (
    Assembly,
    Configuration,
    Layout,
    assemble,
    configurations,
    load,
    read_configuration,
)
from ntkproofs.programs.sbn.interpreter import start, successor
from ntkproofs.strategies import sbn_programs


@settings(max_examples=60, deadline=None)
@given(sbn_programs(), st.sampled_from(REGIMES), st.integers(0, 3), st.integers(0, 3))
def test_machine_and_interpreter_agree_at_every_boundary(program, regime, more_words, more_places):
    layout = Layout(len(program.names) + more_words, program.bits, len(program.instructions) + more_places)
    boundaries = execute_sbn(program, layout, kernel=two_layer_relu(regime))
    for boundary, expected in zip(boundaries, configurations(program), strict=False):
        assert boundary.configuration == expected
        assert boundary.largest_matches <= layout.largest_matches
        if boundary.executed == 20:
            return
    assert expected.counter == len(program.instructions)  # both have stopped


@settings(max_examples=100, deadline=None)
@given(sbn_programs(), st.data())
def test_loading_and_reading_are_inverse(program, data):
    counter = data.draw(st.integers(0, len(program.instructions)))
    values = st.integers(-(1 << program.bits - 1), (1 << program.bits - 1) - 1)
    now = Configuration(counter, tuple(data.draw(values) for _ in program.names))
    layout = Layout(len(program.names) + 2, program.bits, len(program.instructions) + 3)
    assert read_configuration(layout, load(layout, program, now), program) == now


@settings(max_examples=60, deadline=None)
@given(sbn_programs())
def test_the_text_of_an_assembly_assembles_to_the_same_assembly(program):
    words = [f"{name}: .word {value}" for name, value in zip(program.names, program.values, strict=True)]
    length = len(program.instructions)
    code = [
        f"l{index}: sbn w{item.a} w{item.b} {'halt' if item.c == length else f'l{item.c}'}"
        for index, item in enumerate(program.instructions)
    ]
    again = assemble("\n".join([f".bits {program.bits}", *code, *words]))
    assert (again.bits, again.names, again.values) == (program.bits, program.names, program.values)
    assert [(i.a, i.b, i.c) for i in again.instructions] == [(i.a, i.b, i.c) for i in program.instructions]


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab:.;# \n-1word sbnhalt"), max_size=60))
def test_any_text_is_assembled_or_refused_with_its_line(text):
    message = "t:"
    try:
        assemble(text, source="t")
    except InputError as problem:
        message = str(problem)
    assert message.startswith("t:")
    assert "\n" not in message


class Sessions(RuleBasedStateMachine):
    """One machine, one after another: run some instructions, change a word by hand, start another program."""

    LAYOUT = Layout(words=3, bits=3, instructions=4)
    MACHINE = Machine(sbn(3, 3, 4))

    @initialize(program=sbn_programs(most_words=3, most_bits=1, most_instructions=4))
    def begin(self, program):
        self.put(program)

    def put(self, program):
        self.program = Assembly(3, program.names, program.values, program.instructions)
        self.expected = start(self.program)
        self.state = load(self.LAYOUT, self.program)

    @precondition(lambda self: self.expected.counter < len(self.program.instructions))
    @rule()
    def execute(self):
        for _ in range(self.LAYOUT.steps_per_instruction):
            self.state = self.MACHINE.step(self.state)
        self.expected = successor(self.program, self.expected)

    @rule(word=st.integers(0, 2), value=st.integers(-4, 3))
    def change_a_word(self, word, value):
        word %= len(self.program.names)
        for place in range(3):
            field, index = self.LAYOUT.memory(word, place)
            self.state[field][index] = value >> place & 1
        memory = list(self.expected.memory)
        memory[word] = value
        self.expected = Configuration(self.expected.counter, tuple(memory))

    @rule(program=sbn_programs(most_words=3, most_bits=3, most_instructions=4))
    def another_program(self, program):
        self.put(program)

    @invariant()
    def same_configuration(self):
        assert read_configuration(self.LAYOUT, self.state, self.program) == self.expected


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
