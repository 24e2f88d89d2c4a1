"""The page in a real Chromium, driven as a person would: by what is on the screen."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

EXAMPLES = Path(__file__).parents[3] / "examples"
WAIT_SECONDS = 30


class PageDriver:
    """One open page. Names are ids in page.html.j2."""

    def __init__(self, browser: Any, url: str, downloads: Path) -> None:
        self.browser = browser
        self.url = url
        self.downloads = downloads

    def open(self, query: str = "", *, width: int = 1280, dark: bool = False, accept: str = "ja") -> "PageDriver":
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        # Nothing moves in a test: a smooth scroll would still be under way when it is looked at.
        calm = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme + calm})
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        agent = {"userAgent": self.run("return navigator.userAgent"), "acceptLanguage": accept}
        self.browser.execute_cdp_cmd("Emulation.setUserAgentOverride", agent)
        where = {"behavior": "allow", "downloadPath": str(self.downloads)}
        self.browser.execute_cdp_cmd("Browser.setDownloadBehavior", where)
        self.browser.get("about:blank")
        for log in ("browser", "performance"):
            self.browser.get_log(log)  # reading a log empties it: what follows belongs to this page
        self.browser.get(f"{self.url}/{query}")
        return self

    def find(self, name: str) -> Any:
        return self.browser.find_element(By.ID, name)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        ignored = [StaleElementReferenceException]
        return WebDriverWait(self.browser, WAIT_SECONDS, 0.05, ignored).until(lambda _: condition(), what)

    def upload(self, *paths: Path) -> None:
        """Choose files; returns when they are read or refused."""
        self.find("files").send_keys("\n".join(map(str, paths)))
        self.until(lambda: self.shown("step-speaker") or self.problem("talk"), "no answer to the files")

    def paste(self, text: str) -> None:
        self.run(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))",
            self.find("pasted"),
            text,
        )
        self.find("read").click()
        self.until(lambda: self.shown("step-speaker") or self.problem("talk"), "no answer to the pasted text")

    def sample(self, key: str) -> None:
        """Look at a sample; returns when its report stands."""
        self.browser.find_element(By.CSS_SELECTOR, f"[data-sample={key}]").click()
        self.until(self.report, "no report of the sample")

    def hover(self, element: Any, *paths: Path) -> dict[str, Any]:
        """Drag files and folders over an element, as from a window beside the browser."""
        centre = "const r = arguments[0].getBoundingClientRect(); return [r.x + r.width / 2, Math.max(r.y, 0) + 30]"
        x, y = self.run(centre, element)
        files = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        event = {"x": x, "y": y, "data": files}
        for kind in ("dragEnter", "dragOver"):
            self.browser.execute_cdp_cmd("Input.dispatchDragEvent", event | {"type": kind})
        return event

    def drop(self, element: Any, *paths: Path) -> None:
        """Let files and folders fall on an element."""
        event = self.hover(element, *paths)
        self.browser.execute_cdp_cmd("Input.dispatchDragEvent", event | {"type": "drop"})

    def status(self) -> str:
        """What a screen reader is told."""
        return str(self.find("status").get_property("textContent"))

    def shown(self, name: str) -> bool:
        return bool(self.find(name).is_displayed())

    def problem(self, place: str) -> str:
        """What the place's problem box says; "" while it is hidden."""
        return str(self.find(f"{place}-problem").text)

    def speakers(self) -> list[str]:
        return [name.text for name in self.browser.find_elements(By.CSS_SELECTOR, ".person-name")]

    def choose(self, speaker: str, other: str = "") -> None:
        self.browser.find_elements(By.CSS_SELECTOR, ".person")[self.speakers().index(speaker)].click()
        if other:
            Select(self.find("with")).select_by_visible_text(other)

    def agree(self, purpose: str = "research") -> None:
        Select(self.find("purpose")).select_by_value(purpose)
        if not self.find("consent").is_selected():
            self.find("consent").click()

    def estimate(self) -> None:
        """Press the button; returns when the report stands or a problem is shown."""
        self.find("estimate").click()
        self.until(lambda: self.report() or self.problems(), "neither a report nor a problem")

    def problems(self) -> list[str]:
        boxes = self.browser.find_elements(By.CSS_SELECTOR, ".problem")
        return [box.text for box in boxes if box.is_displayed()]

    def report(self) -> str:
        """The text of the report that is shown; "" without one."""
        return str(
            self.run(
                "const body = arguments[0].contentDocument?.body; return body?.innerText ?? ''", self.find("report")
            )
            if self.shown("step-report")
            else ""
        )

    def save(self, kind: str) -> bytes:
        """Press one of the three buttons; returns what lies in the downloads then."""
        path = self.downloads / f"seikaku-report.{kind}"
        path.unlink(missing_ok=True)
        self.browser.find_element(By.CSS_SELECTOR, f"[data-save={kind}]").click()
        self.until(path.exists, f"no {kind} arrived")
        return path.read_bytes()

    def speak(self, lang: str) -> None:
        self.browser.find_element(By.CSS_SELECTOR, f"[data-lang={lang}]").click()

    def focused(self) -> str:
        return str(self.run("return document.activeElement.id"))

    def console(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def requests(self) -> list[str]:
        """Every address asked for since the page was opened, in the page and its frame."""
        messages = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


@pytest.fixture
def drive(browser: Any, tmp_path: Path) -> Iterator[Callable[[str], PageDriver]]:
    """Drive the page of the server at a URL."""
    yield lambda url: PageDriver(browser, url, tmp_path)
    browser.get("about:blank")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture
def page(drive: Callable[[str], PageDriver], server: Any) -> PageDriver:
    """The page of `seikaku serve`, not yet opened."""
    return drive(server.url)


@pytest.fixture(scope="session")
def examples() -> Path:
    return EXAMPLES
