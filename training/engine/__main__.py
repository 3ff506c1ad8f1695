"""`python -m training.engine`: set the process up, then hand over to the command line."""

import os
import sys

# libgomp reads this once, while torch is loaded. By default its threads spin while they wait for each other; on
# a machine that also runs the web server and the database that made training steps up to nine times slower.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from training.engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
