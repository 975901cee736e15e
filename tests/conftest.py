"""Fixtures of all tests: global precisions are reset, Hypothesis has no deadlines, and signals end a process."""

import os
import signal

import flint
import mpmath
import pytest
from hypothesis import settings

collect_ignore = ["claims"]  # claim files are collected by the package, not by pytest

SECONDS = 20  # for one mistake put into the checker, several times what any of them takes

settings.register_profile("dev", deadline=None, database=None)
settings.register_profile("ci", deadline=None, database=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

for number in (signal.SIGINT, signal.SIGHUP):  # ignored in background jobs and under nohup, also by child processes
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def global_precision():
    """Reset the precisions of flint and mpmath after each test; a test that changed that of flint fails."""
    before = flint.ctx.prec
    mpmath.mp.dps = 15
    yield
    after = flint.ctx.prec
    flint.ctx.prec = before
    mpmath.mp.dps = 15
    assert after == before, f"flint.ctx.prec was {before} bits before the test and {after} after it"


@pytest.fixture
def alarm():
    """Stop a mistake that makes an endless loop: the checker then says that it failed, which no certificate expects."""

    def stop(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
