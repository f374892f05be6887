"""Take the pictures in docs/images of the demo's page, light and dark: `python docs/take_pictures.py FOLDER`.

FOLDER holds the demo's runs (`trackbook demo --no-ui --folder FOLDER`). It needs Chromium, Playwright, Pillow and the
font Inter (`apt-get install chromium fonts-inter`).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
WIDTH, HEIGHT, SCALE = 1440, 740, 1.5
MOST_BYTES = 300_000
SELECTED = ("mlp-wide-s0", "mlp-smooth-s0", "mlp-base-s0", "mlp-sgd", "mlp-fast-lr", "mlp-tanh")
#: A picture's name, its tab, and what is on the page when it is there.
SHOTS = (
    ("runs", "Runs", ".rt-row"),
    ("dashboard", "Curves", ".js-plotly-plot .js-line"),
    ("compare", "Compare", ".cmp-table"),
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
#: What Inter stands for.
STANDS_FOR = ("system-ui", "sans", "sans-serif", "DejaVu Sans")
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
%s</fontconfig>"""
ALIAS = """<match target="pattern"><test name="family"><string>%s</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>"""


def main() -> None:
    """Serve the demo and take its pictures."""
    command = [sys.executable, "-m", "trackbook", "ui", "--read-only", "--backend-store-uri", sys.argv[1]]
    home = str(Path(sys.argv[1]).absolute().parent)  # the page then shows ~ and the name of the folder
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "HOME": home})
    assert server.stdout is not None
    server.stdout.readline()
    address = server.stdout.readline().split()[-1]
    IMAGES.mkdir(exist_ok=True)
    try:
        take_pictures(address)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def take_pictures(address: str) -> None:
    """One picture a theme of each tab in SHOTS."""
    with tempfile.TemporaryDirectory() as folder:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(FONTS % "".join(ALIAS % name for name in STANDS_FOR), encoding="utf-8")
        environment = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
        with sync_playwright() as playwright:
            path = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS, env=environment)
            for theme in ("light", "dark"):
                size = {"width": WIDTH, "height": HEIGHT}
                page = browser.new_page(viewport=size, device_scale_factor=SCALE)
                page.goto(f"{address}&theme={theme}", timeout=120_000)
                select(page)
                for name, tab, shown in SHOTS:
                    page.locator(".tb-tab", has_text=tab).click()
                    page.locator(shown).first.wait_for(timeout=60_000)
                    page.mouse.move(0, 0)
                    page.wait_for_timeout(2_500)
                    shot = Path(folder) / f"{name}-{theme}.png"
                    page.screenshot(path=shot)
                    shrink(shot, IMAGES / shot.name)
                page.close()
            browser.close()


def select(page: Page) -> None:
    """Select some runs of the digits."""
    page.locator(".tb-exp", has_text="digits-mlp").click(timeout=120_000)
    for name in SELECTED:
        row = page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))
        row.locator(".rt-mark").click()


def shrink(picture: Path, target: Path) -> None:
    """Store a picture, with a palette of its own if it would be too large without."""
    image = Image.open(picture).convert("RGB")
    image.save(target, optimize=True)
    for colors in (256, 128, 64):
        if target.stat().st_size <= MOST_BYTES:
            break
        image.quantize(colors, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
