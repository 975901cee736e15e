"""``python -m ntkproofs``: the command line."""

import sys

from ntkproofs.cli import main

sys.exit(main())
