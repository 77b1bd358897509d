"""`make picture`: the picture of the report's first page that the README shows."""

import shutil
import sys

from playwright.sync_api import ViewportSize, sync_playwright

import environment as environments

PICTURE = environments.PROJECT / "docs" / "report.png"
BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chrome")
SIZE: ViewportSize = {"width": 1120, "height": 800}


def main() -> None:
    """Take a picture of the report of the environment that the command line names."""
    report = environments.find(sys.argv[1]).report
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("There is no Chromium: where packages are Debian's, run make browser.")
    if not report.exists():
        sys.exit(f"There is no {environments.shown(report)}: run make report.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        page = browser.new_page(viewport=SIZE)
        page.goto(report.as_uri())
        page.wait_for_selector(".live svg")
        page.screenshot(path=PICTURE, full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
