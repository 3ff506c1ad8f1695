"""Find a Chromium for the browser tests, or install one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.errors import LocalError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# The pages are bilingual; without a Chinese font every screenshot of them shows empty boxes.
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk")


def find_chromium() -> Path | None:
    """CHROMIUM from the environment, one on the PATH, or Playwright's own download."""
    if chosen := os.environ.get("CHROMIUM"):
        return Path(chosen)
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return Path(found)
    if MAC_CHROME.exists():
        return MAC_CHROME
    return _playwright_chromium()


def _playwright_chromium() -> Path | None:
    caches = [
        Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright"),
        Path.home() / "Library/Caches/ms-playwright",
    ]
    programs = ("chrome-linux*/chrome", "chrome-mac*/Chromium.app/Contents/MacOS/Chromium")
    found = [path for cache in caches for name in programs for path in cache.glob(f"chromium-*/{name}")]
    return max(found, default=None)


def ensure_chromium() -> Path:
    """A Chromium that is there after this. Raises LocalError with what to do by hand."""
    for install in (None, _install_from_debian, _install_with_playwright):
        if install is not None:
            install()
        if found := find_chromium():
            return found
    raise LocalError(
        "The browser tests need Chromium, and it could not be installed here. Install `chromium` with your "
        "system's package manager, or set CHROMIUM to the program of a Chromium or Chrome."
    )


def _install_from_debian() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print("Installing Chromium for the browser tests (apt-get) ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *DEBIAN_PACKAGES]
    for command in (["apt-get", "update"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"  {' '.join(command[:2])} did not work: {done.stderr.strip()[-300:]}", flush=True)


def _install_with_playwright() -> None:
    print("Installing Chromium for the browser tests (playwright) ...", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
