"""``python -m ntkproofs``: the command line."""

import os
import sys

# `python -m` puts the current folder first on the path: what lies there by chance is no module of ours, nor Python's.
if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from ntkproofs.cli import main

sys.exit(main())
