"""The web server, beat and commands start without what only models need: seconds, and hundreds of MB."""

import subprocess
import sys

LOOK = """
import sys
import django
django.setup()
import config.urls
heavy = ("torch", "transformers", "sentence_transformers", "numba", "umap", "hdbscan", "jieba", "sklearn",
         "spacy", "presidio_analyzer")
print([name for name in heavy if name in sys.modules])
"""


def test_nothing_heavy_is_loaded_at_the_start() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
