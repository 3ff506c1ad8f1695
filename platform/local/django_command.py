"""Django's own commands and ours, with the embedded servers for as long as the command runs."""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

from django.core.management import execute_from_command_line

from local.data_dir import DataDir
from local.entry import ROOT
from local.keys import key_files
from local.services import service_urls, services

# These read no database: no server has to start for them.
OFFLINE = {
    "aggregate", "check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help",
    "makemessages", "spectacular", "version",
}  # fmt: skip


def main(arguments: list[str]) -> int:
    data_dir = Path(os.environ.get("DATA_DIR") or ROOT / "var")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DATA_DIR", str(data_dir))
    offline = arguments[0] in OFFLINE or "--help" in arguments or "-h" in arguments
    if not os.environ.get("DATABASE_URL"):
        home = DataDir.at(data_dir)
        home.create()
        os.environ.update(key_files(home))
    held = nullcontext(service_urls(data_dir)) if offline else services(data_dir)
    with held as urls:
        os.environ.update(urls.environment())
        execute_from_command_line([str(ROOT / "manage.py"), *arguments])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
