"""Run a task with both engines and compare every field of the results."""

from dataclasses import fields

from ntkproofs.execution import exhaust

MEASURED = {"seconds", "engine"}


def agreed(task, **options):
    """Return the result of the compiled engine, which is that of the NumPy engine in every field but the time."""
    found = exhaust(task, engine="compiled", workers=1, **options)
    expected = exhaust(task, engine="numpy", workers=1, **options)
    assert (found.engine, expected.engine) == ("compiled", "numpy")
    for field in fields(found):
        if field.name not in MEASURED:
            assert getattr(found, field.name) == getattr(expected, field.name), field.name
    assert list(found.visited) == list(expected.visited)
    return found
