"""`python -m local.prepare_steps STEP...`: what `prepare` does with Django, in a process of its own."""

import sys
from pathlib import Path

import django
import polib
from django.core.management import call_command

from local.entry import ROOT


def compile_messages(root: Path = ROOT) -> None:
    """Make the .mo file of each .po; Django's own command would need GNU gettext on the machine."""
    for source in root.glob("locale/**/*.po"):
        polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))


def main(steps: list[str]) -> None:
    if "messages" in steps:
        compile_messages()
    django.setup()
    if "migrate" in steps:
        call_command("migrate", interactive=False, verbosity=0)
    if "collectstatic" in steps:
        call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main(sys.argv[1:])
