"""``python -m ntkproofs``: the command line."""

import sys

from ntkproofs.startup import leave_current_folder

if __name__ == "__main__":
    leave_current_folder()

from ntkproofs.cli import main

sys.exit(main())
