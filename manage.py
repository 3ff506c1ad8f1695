#!/usr/bin/env python3
"""The one entry point: `python3 manage.py up`. Needs nothing installed but Python 3.11 or newer.

Written so that any old Python can read it far enough to say that it is too old.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "Manyhands needs Python 3.11 or newer, and this is Python %d.%d (%s).\n"  # noqa: UP031
        "Install a newer one from your system's packages, then run it by its name, for example:\n"
        "    python3.12 manage.py up" % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "platform"))

from local.entry import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
