"""Pages in headless Chromium: their document after the script has run, and what the console said."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=3000"]


def skip_without_chromium() -> None:
    """Skip the module where there is no browser, unless this is CI."""
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("no chromium found: apt-get install chromium", allow_module_level=True)


def load(folder: Path, page: str, *more: str) -> tuple[str, str]:
    """Load the page, let its script run, and return the document and what the console said."""
    assert CHROMIUM is not None, "the browser must be there in CI: apt-get install chromium"
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    done = subprocess.run(
        [CHROMIUM, *OPTIONS, *more, f"--user-data-dir={folder}/profile", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def with_probe(page: str, probe: str) -> str:
    """Add a script that answers with the value of an expression, after the scripts of the page."""
    answer = f"const pre = document.createElement('pre'); pre.id = 'result'; pre.textContent = JSON.stringify({probe});"
    return page.replace("</body>", f"<script>{answer} document.body.append(pre);</script></body>")


def answer(document: str) -> object:
    """Return the value of the expression of :func:`with_probe`."""
    found = re.search(r'<pre id="result">(.*?)</pre>', document, re.DOTALL)
    assert found, "the page has no result"
    return json.loads(unescape(found[1]))


def needed_width(folder: Path, page: str, width: int, first: str = "null") -> float:
    """Return the width that the page needs in a frame of `width` pixels, after evaluating the expression `first`.

    A browser window has a least width, a frame has none.
    """
    size = "[document.documentElement.scrollWidth, innerWidth]"
    (folder / "inner.html").write_text(with_probe(page, f"({first}, {size})"), encoding="utf-8")
    tell = "onload = () => document.body.append(frames[0].document.getElementById('result'))"
    frame = f"<iframe src=inner.html style='width:{width}px;height:900px;border:0'></iframe>"
    document, said = load(folder, f"<body>{frame}<script>{tell}</script>", "--allow-file-access-from-files")
    assert said == ""
    needed, given = answer(document)
    assert given == width
    return needed
