"""The page in a real browser: what a visitor does, and what they see then."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from tests.page.conftest import Page

CSV = "when;reading;place\n" + "\n".join(
    f"2026-01-{1 + i // 24:02} {i % 24:02}:00;{10 + i % 24},5;hall" for i in range(240)
)


def test_first_detection_and_first_forecast_take_two_clicks(page: Page) -> None:
    page.click("#sample-load")
    said = page.answered("Anomalies found by auto")
    assert said.startswith("2 windows, 45 of 1,008 rows. 89 rows elsewhere score above 1, but are not flagged: ")
    assert page.painted("series") > 1500
    assert page.painted("series", 1) == 0  # the scores have a colour of their own
    assert page.painted("bad", 1) > 20
    assert len(page.all("#table tbody tr")) == 2
    page.picture("anomalies")
    page.click("label[for=kind-forecast]")
    assert page.answered("Forecast by auto").startswith("24 rows ahead, season ")
    assert page.clicks <= 3
    assert page.painted("series") > 200
    assert page.painted("forecast") > 50
    page.picture("forecast", "#picture")
    assert len(page.all("#table tbody tr")) == 24


def test_a_file_gives_its_first_answer_without_another_click(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "hall.csv"
    file.write_text(CSV)
    page.one("#file").send_keys(str(file))
    page.answered("Anomalies found by auto")
    assert "hall.csv: 240 rows, 3 columns." in page.text("#told")
    assert page.one("#time").get_property("selectedOptions")[0].text == "when"
    assert page.one("#value").get_property("selectedOptions")[0].text == "reading"


def test_a_file_is_dropped(page: Page) -> None:
    page.script(
        """const carried = new DataTransfer(), drop = document.getElementById("drop");
        carried.items.add(new File([arguments[0]], "hall.csv"));
        for (const kind of ["dragover", "drop"]) drop.dispatchEvent(new DragEvent(kind, { dataTransfer: carried }));""",
        CSV,
    )
    page.answered("Anomalies found by auto")
    assert "hall.csv: 240 rows, 3 columns." in page.text("#told")
    assert page.one("#drop").get_attribute("class") == "drop"


def test_forty_thousand_rows_are_drawn(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    page.click("#sample-long")
    assert "of 40,000 rows" in page.answered("Anomalies found by auto")
    drawn_ms = page.until(lambda: page.script("return document.getElementById('chart').dataset.drawnMs"))
    with capsys.disabled():
        print(f" 40 000 rows drawn in {drawn_ms} ms", end="")  # noqa: T201
    assert page.painted("series") > 5000
    columns = page.script("const c = document.querySelector('.uplot .u-over'); return c.clientWidth")
    assert columns > 500


def test_hovering_tells_values_and_dragging_zooms(page: Page) -> None:
    page.click("#sample-long")
    page.answered("Anomalies found by auto")
    drawn = "return document.querySelector('.uplot canvas').toDataURL()"
    chart, whole = page.one("#chart .u-over"), page.script(drawn)
    page.script("arguments[0].scrollIntoView({block: 'center'})", chart)
    ActionChains(page.browser, 10).move_to_element_with_offset(chart, -100, 0).perform()
    page.until(lambda: page.text("#chart .u-legend .u-value").startswith("2026-01-"))
    ActionChains(page.browser, 10).click_and_hold().move_by_offset(90, 0).release().perform()
    page.until(lambda: page.script(drawn) != whole)
    page.click("#all")
    ActionChains(page.browser, 10).move_to_element(page.one("#headline")).perform()
    page.until(lambda: page.script(drawn) == whole)
