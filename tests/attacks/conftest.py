"""What the tests of the attacks share."""

import signal

import pytest

SECONDS = 20  # for one mistake, several times what any of them takes


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
