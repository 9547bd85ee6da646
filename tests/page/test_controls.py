"""Every control of the page, the second tab, and what a visitor cannot see, hear or click."""

from __future__ import annotations

import json
import re
from pathlib import Path

import axe_core_python
import duckdb
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.page.conftest import Page

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
ROWS = "time\tflow\tfan\n" + "\n".join(
    f"2026-03-{1 + i // 24:02}T{i % 24:02}:00:00Z\t{i % 24}\t{(i + 2) % 24}" for i in range(96)
)


def findings(page: Page) -> list[str]:
    """What axe-core has to say that is serious or worse."""
    page.script(AXE)
    told = page.browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    return [
        f"{each['id']}: {node['html'][:150]}"
        for each in told["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def paste(page: Page, text: str) -> None:
    page.script("document.querySelector('.controls details').open = true")
    page.script("arguments[0].value = arguments[1]", page.one("#pasted"), text)
    page.click("#take")


def test_pasted_rows_are_asked_about_in_every_way(page: Page) -> None:
    page.click(".controls details summary")
    paste(page, ROWS)
    page.answered("Anomalies found by auto")
    page.choose("#value", "fan")
    page.answered("Anomalies found by auto")
    page.choose("#algorithm", "ksigma")
    page.click("#options-part summary")
    page.write("#option-k", "-1")
    assert page.one("#option-k").get_attribute("aria-invalid") == "true"
    page.write("#option-k", "1.5")
    assert page.text("#options-set") == "(1 changed)"
    page.one("#option-k").send_keys(Keys.ENTER)
    assert "windows" in page.answered("Anomalies found by ksigma")
    assert "'algo=ksigma,k=1.5'" in page.text("#code")
    for way, words in {
        "curl": "--data @request.json",
        "python": 'taosanode.detect(frame, "ksigma", value="fan", time="time", k=1.5',
        "prompt": "taosanode detect data.csv --algo ksigma,k=1.5 --time time --value fan",
        "sql": "ANOMALY_WINDOW(fan, 'algo=ksigma,k=1.5')",
    }.items():
        page.click(f"label[for=way-{way}]")
        assert words in page.text("#code")
        assert page.one("#save").is_displayed() == (way == "curl")
    page.click("#copy")
    page.until(lambda: page.text("#copied"))
    page.click("label[for=way-curl]")
    page.click("#save")
    body = page.until(lambda: next(page.downloads.glob("request.json"), None))
    page.until(lambda: body.stat().st_size)
    assert json.loads(body.read_text())["option"] == "algo=ksigma,scores=1,explain=1,k=1.5"
    page.choose("#time", "number of the row")
    page.answered("Anomalies found by ksigma")
    page.click("#run")
    page.answered("Anomalies found by ksigma")
    page.click("#all")


def test_more_may_be_flagged_until_nothing_is_passed_over(page: Page) -> None:
    page.click("#sample-load")
    page.answered("Anomalies")
    page.click("#options-part summary")
    page.write("#option-share", "0.1")
    page.click("#run")
    page.until(lambda: page.answered("Anomalies found by auto").startswith("4 windows"))
    assert "elsewhere" not in page.text("#said")
    page.choose("#language", "中文")
    assert page.one("#option-share").get_property("value") == "0.1"  # as before
    page.choose("#algorithm", "shape")
    assert page.text("#about") == "形状在该序列中不寻常的区段"
    assert (
        page.text("#option-window-help") == "一个区段的行数，并另以两倍长度检查；0：一个周期，无周期则为 64 — 整数 >= 0"
    )
    page.click("#run")
    page.until(lambda: page.answered("shape 发现的异常").startswith("2 个窗口"))
    assert "另有 89 行分数高于 1 但未标记：最多可标记 5 % 的行" in page.text("#said")


def test_white_noise_and_unread_times_are_remarked_upon(page: Page) -> None:
    noise = [5, 6, 7, 6, 5, 6, 7, 6, 30, 6] + [5, 6, 7, 6, 5] * 2
    paste(page, "date,v\n" + "\n".join(f"{1 + i}/1/2026,{v}" for i, v in enumerate(noise)))
    said = page.answered("Anomalies found by auto")
    assert said.startswith("1 window, 1 of 20 rows. ")
    assert "“1/1/2026” in date is no time that is read" in said
    assert "white noise" in said
    assert "wncheck=0" in page.text("#code")


def test_two_columns_are_compared_at_their_lags(page: Page) -> None:
    paste(page, ROWS)
    page.answered("Anomalies")
    page.click("label[for=kind-correlation]")
    page.answered("Correlation by")
    page.choose("#other", "fan")
    page.choose("#algorithm", "tlcc")
    page.click("#options-part summary")
    page.write("#option-lag_start", "-5")
    page.write("#option-lag_end", "5")
    page.click("#run")
    assert "at lag" in page.answered("Correlation by tlcc")
    assert len(page.all("#table tbody tr")) == 11
    page.choose("#algorithm", "dtw")
    page.click("#run")
    assert page.answered("Correlation by dtw").startswith("distance")
    page.choose("#algorithm", "granger")
    page.click("#run")
    assert re.match(
        r"f value [\d.,]+ at lag \d+\. p-value \S+\. The other way round: p-value ",
        page.answered("Correlation by granger"),
    )


def test_gaps_are_filled(page: Page) -> None:
    page.click("#sample-gaps")
    assert page.answered("Gaps filled by").startswith("37 rows filled in, 299 were there.")
    assert page.painted("filled") > 30
    assert len(page.all("#table tbody tr")) == 37
    kept = [month for month in range(48) if month not in (30, 31)]
    paste(page, "day,v\n" + "\n".join(f"{2020 + month // 12}-{month % 12 + 1:02}-15,{month % 12}" for month in kept))
    assert page.answered("Gaps filled by").startswith("2 rows filled in, 46 were there.")
    assert [row.text.split()[0] for row in page.all("#table tbody tr")] == ["2022-07-15", "2022-08-15"]


def test_algorithms_are_compared_on_rows_held_back(page: Page) -> None:
    page.click("#sample-sales")
    page.answered("Forecast by auto")
    page.write("#ahead", "12")
    page.click("#run")
    assert page.answered("Forecast by auto").startswith("12 rows ahead")
    assert page.text("#table tbody tr").startswith("1961-01-01")  # by the calendar
    page.click("#compare-part summary")
    page.write("#held", "12")
    page.click("#compare")
    assert "is best here: mean error" in page.answered("3 algorithms compared")
    assert len(page.all("#table tr.best")) == 1
    page.picture("comparison", "#picture")
    page.click("label[for=kind-anomaly-detection]")
    page.answered("Anomalies")
    page.click("#compare")
    assert "agreement" in page.answered("4 algorithms compared")
    for box in page.all("#rivals input:checked")[1:]:
        box.click()
    page.click("#compare")
    assert page.refused() == "Choose two or more."


def test_files_of_every_format_are_read(page: Page, tmp_path: Path) -> None:
    made = {
        "rows.json": json.dumps([{"ts": 1767225600 + 60 * i, "v": i % 7} for i in range(50)]),
        "lines.json": "\n".join(json.dumps({"ts": f"2026-01-01 00:{i:02}", "v": i % 7}) for i in range(50)),
        "taos.json": json.dumps(
            {"column_meta": [["ts", "TIMESTAMP", 8], ["v", "INT", 4]], "data": [[i, i % 7] for i in range(50)]}
        ),
        "days.csv": "day;v\n" + "\n".join(f"{1 + i % 25}.{1 + i // 25}.2026;{i % 7},5" for i in range(50)),
        "quoted.csv": '"time","v, cubic metres"\n' + "\n".join(f'2026-01-01 00:{i:02},"{i % 7}"' for i in range(50)),
    }
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    duckdb.sql(
        f"COPY (SELECT TIMESTAMP '2026-01-01' + INTERVAL (i) MINUTE AS ts, i % 7 AS v FROM range(50) t(i)) "
        f"TO '{tmp_path / 'table.parquet'}' (FORMAT parquet)"
    )
    for name in (*made, "table.parquet"):
        page.one("#file").send_keys(str(tmp_path / name))
        page.until(lambda name=name: page.text("#told").startswith(f"{name}: 50 rows, 2 columns."))
        page.answered("Anomalies")


def test_what_is_wrong_is_said(page: Page, tmp_path: Path) -> None:
    for text, why in {
        "a,b\n1,2\n3": "Line 3 has 1 cells, the first has 2.",
        "{": "That is no JSON",
        "name,at\nx,3/4/2026\n1,3/5/2026": "There is no column of numbers in it. name has “x”.",
        "v\n1\n2": "At least 10 rows are needed, there are 2.",
        "": "There are no rows in it.",
    }.items():
        paste(page, text)
        page.until(lambda why=why: page.refused().startswith(why))
    (tmp_path / "no.parquet").write_text("no")
    page.one("#file").send_keys(str(tmp_path / "no.parquet"))
    page.until(lambda: "Parquet" in page.refused())


def test_the_node_is_shown(page: Page) -> None:
    paste(page, "v\n" + "\n".join("1" for _ in range(20)))
    asked = "fetch('forecast', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'})"
    page.browser.execute_async_script(f"{asked}.then(arguments[0])")
    page.click("#tab-node")
    page.until(lambda: page.all("#by td"))
    figures = page.text("#figures")
    assert "ready" in figures
    assert "slots busy" in figures
    assert '"data" does not exist in request json' in page.text("#refused")
    assert findings(page) == []
    page.picture("node")
    page.one("#tab-node").send_keys(Keys.ARROW_LEFT)
    assert page.one("#panel-analyse").is_displayed()


def test_light_dark_and_chinese_are_without_serious_findings(page: Page) -> None:
    page.click("#sample-load")
    page.answered("Anomalies")
    for summary in page.all("details:not([open]) > summary"):
        summary.click()
    assert findings(page) == []
    page.click("#theme")
    assert page.script("return document.documentElement.dataset.theme") == "dark"
    page.until(lambda: page.painted("series") > 1000)
    assert findings(page) == []
    page.picture("dark")
    page.choose("#language", "中文")
    page.until(lambda: page.text("#headline") == "auto 发现的异常")
    assert page.script("return document.documentElement.lang") == "zh"
    assert findings(page) == []


def test_a_narrow_screen_needs_no_sideways_scrolling(page: Page) -> None:
    narrow = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": False}  # windows are not made so narrow
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    try:
        page.click("#sample-load")
        page.answered("Anomalies")
        for summary in page.all("details:not([open]) > summary"):
            summary.click()
        assert page.script("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]
        beyond = """return [...document.querySelectorAll("button, select, input, textarea, summary")]
            .filter((each) => each.checkVisibility() && !each.closest(".scroll, .rivals")).filter((each) => {
                const box = each.getBoundingClientRect();
                return box.left < 0 || box.right > 360;
            }).map((each) => each.id)"""
        assert page.script(beyond) == []
        page.click("#tab-node")
        page.until(lambda: page.all("#by td"))
        assert page.script("return document.documentElement.scrollWidth") == 360
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_keyboard_is_enough(page: Page) -> None:
    page.one("body").send_keys(Keys.TAB)
    assert page.script("return document.activeElement.className") == "skip"
    page.one("#sample-load").send_keys(Keys.ENTER)
    page.answered("Anomalies")
    page.one("#kind-anomaly-detection").send_keys(Keys.ARROW_RIGHT)
    page.answered("Forecast by auto")


def test_another_pages_question_is_refused(page: Page) -> None:
    page.browser.get("data:text/html,<form method=post action='" + page.url + "forecast'><button>go</button></form>")
    page.browser.find_element(By.TAG_NAME, "button").click()
    page.until(lambda: "sent by a page of" in page.text("body"))
    page.browser.get_log("browser")  # the browser notes the refusal, too
