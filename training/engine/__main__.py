"""`python -m training.engine`: set the process up, then hand over to the command line."""

import os
import sys

# libgomp reads this once, while torch is loaded. By default its threads spin while they wait for each other;
# beside a web server and a database on the same cores that made training steps up to nine times slower.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from training.engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
