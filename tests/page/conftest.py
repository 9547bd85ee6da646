"""A node of its own and a browser that looks at it, for all tests of the page."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

import benchmarks.node

WAIT_S = 40
PICTURES = "PAGE_PICTURES"  # a folder: the documentation's pictures are written there


class Page:
    """The page in a browser, in the words of its user; counts clicks."""

    def __init__(self, browser: webdriver.Chrome, url: str, downloads: Path) -> None:
        self.browser, self.url, self.downloads, self.clicks = browser, url, downloads, 0

    def open(self, size: tuple[int, int] = (1360, 1000)) -> Page:
        self.browser.set_window_size(*size)
        self.browser.get(self.url)
        self.script("localStorage.clear()")
        self.browser.refresh()
        self.until(lambda: self.all("#samples button"))
        self.clicks = 0
        return self

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def script(self, source: str, *given: Any) -> Any:
        return self.browser.execute_script(source, *given)

    def click(self, selector: str) -> None:
        self.clicks += 1
        self.script("arguments[0].scrollIntoView({block: 'center'})", self.one(selector))
        self.one(selector).click()

    def choose(self, selector: str, text: str) -> None:
        Select(self.one(selector)).select_by_visible_text(text)

    def write(self, selector: str, text: str) -> None:
        self.one(selector).clear()
        self.one(selector).send_keys(text)

    def until(self, true: Callable[[], Any]) -> Any:
        return WebDriverWait(self.browser, WAIT_S, poll_frequency=0.05).until(lambda _: true())

    def answered(self, headline: str) -> str:
        """Wait for an answer under a headline that begins so, and return what is said of it."""
        self.until(
            lambda: (
                self.text("#headline").startswith(headline)
                and self.script("return document.getElementById('panel-analyse').ariaBusy") == "false"
            )
        )
        assert not self.one("#error").is_displayed(), self.text("#error")
        return self.text("#said")

    def refused(self) -> str:
        self.until(lambda: self.one("#error").is_displayed())
        return self.text("#error")

    def painted(self, colour: str, chart: int = 0) -> int:
        """Return how many pixels of a chart have a colour of the theme, in the columns and rows where they lie."""
        return self.script(
            """const canvas = document.querySelectorAll('.uplot canvas')[arguments[1]];
            const made = document.createElement('canvas').getContext('2d');
            made.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--' + arguments[0]).trim();
            const [r, g, b] = made.fillStyle.match(/[0-9a-f]{2}/g).map((part) => parseInt(part, 16));
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            const off = (i) => Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b);
            let found = 0;
            for (let i = 0; i < data.length; i += 4) found += data[i + 3] > 99 && off(i) < 24;
            return found;""",
            colour,
            chart,
        )

    def picture(self, name: str, selector: str | None = None) -> None:
        """Write a picture for the documentation, where that is asked for."""
        folder = os.environ.get(PICTURES)
        if folder:
            self.script("window.scrollTo(0, 0)")
            target = self.one(selector) if selector else self.browser
            taken = target.screenshot_as_png if selector else self.browser.get_screenshot_as_png()
            Image.open(io.BytesIO(taken)).convert("RGB").quantize(128).save(Path(folder, f"page-{name}.png"))


@pytest.fixture(scope="session")
def node() -> Iterator[benchmarks.node.Node]:
    with benchmarks.node.Node(server="processes = 1", node="detail-types = all\nslots = 2") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[tuple[webdriver.Chrome, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="taosanode-browser-"))
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--lang=en-US", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={folder}/profile")
    options.add_experimental_option("prefs", {"download.default_directory": str(folder), "intl.accept_languages": "en"})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        yield chrome, folder
    finally:
        chrome.quit()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def page(node: benchmarks.node.Node, browser: tuple[webdriver.Chrome, Path]) -> Iterator[Page]:
    """The page, just opened; afterwards the console must have nothing to say."""
    host, port = node.address
    chrome, folder = browser
    yield Page(chrome, f"http://{host}:{port}/", folder).open()
    # "rendering" speaks of how the tests read pixels
    log = [entry for entry in chrome.get_log("browser") if entry["level"] != "INFO" and entry["source"] != "rendering"]
    assert not log, json.dumps(log, indent=1)
