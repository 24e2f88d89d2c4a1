"""Shared by all tests: a real Chromium, talk written for the tests, and a small model with a planted signal."""

import gc
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# A worker has one core: libraries that take all of them only wait for each other. Before numpy and torch load.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("SEIKAKU_LANG", None)  # tests say which language they want

import numpy as np
import pytest
from hypothesis import settings

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.model.calibration import AccuracyCurve, AmountTable, Calibration, Standing
from seikaku.model.ngram.folder import save_model
from seikaku.model.ngram.model import NgramModel, count_windows, tokenize
from seikaku.model.norm import Norm
from seikaku.model.trained import TrainedModel
from seikaku.traits import TRAIT_KEYS

# The same examples in every run, so that a green run stays green; no deadline, since a busy machine is no fault.
settings.register_profile("seikaku", deadline=None, derandomize=True)
settings.load_profile("seikaku")

# Nothing may leave the machine: background services off, and no host name but the loopback resolves.
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
PHRASES: dict[str, list[str]] = json.loads((Path(__file__).parent / "fixtures" / "phrases.json").read_text("utf-8"))

MEAN = np.array([4.5, 4.1, 4.6, 4.9, 4.3])
SD = np.array([1.0, 0.9, 1.0, 0.9, 1.2])
FLOOR_CHARS = 300
# Characters -> r of O C E A N. All three statuses: O and E ok, C uncertain, A too low, N ok with much text only.
CURVE_CHARS = np.array([300.0, 3_000.0, 30_000.0])
CURVE_R = np.array([[0.25, 0.08, 0.30, 0.00, 0.10], [0.32, 0.12, 0.38, 0.02, 0.19], [0.38, 0.15, 0.45, 0.03, 0.30]])
CURVE_HALF_WIDTH_95 = 0.15
EXTRAVERSION = TRAIT_KEYS.index("extraversion")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave what is loaded out of later collections: every training asks for one, and this heap is large."""
    _freeze()


@pytest.fixture(scope="module", autouse=True)
def _leave_out_what_a_module_loaded() -> Iterator[None]:
    yield
    _freeze()


def _freeze() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium with an empty profile; console and network are logged for ``get_log``."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("chromium and chromium-driver are not installed (make setup-browser)")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*CHROMIUM_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium-profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # The driver's path is given: selenium's own manager would go online to look for one.
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


def write_messages(n_messages: int, seed: int = 0, lively: float = 0.0) -> list[str]:
    """Fictional messages of about 25 characters; ``lively`` from -1 (all quiet) to 1 (all lively)."""
    generator = random.Random(seed)
    messages = []
    for _ in range(n_messages):
        ends = ("lively" if lively > 0 else "quiet") if generator.random() < abs(lively) else "plain"
        messages.append("".join(generator.choice(PHRASES[part]) for part in ("when", "what", "how", ends)))
    return messages


@pytest.fixture(scope="session")
def messages() -> Callable[..., list[str]]:
    """The writer of fictional messages: (number, seed, lively) -> texts."""
    return write_messages


@pytest.fixture(scope="session")
def talk() -> Callable[..., Conversation]:
    """A conversation from each speaker's texts, in turns: talk(花子=[...], 太郎=[...])."""

    def build(conversation_id: str = "架空の会話", **texts: list[str]) -> Conversation:
        longest = max(map(len, texts.values()))
        utterances = [
            Utterance(name, said[turn]) for turn in range(longest) for name, said in texts.items() if turn < len(said)
        ]
        return Conversation(conversation_id, tuple(utterances))

    return build


@pytest.fixture(scope="session")
def trained_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model of the fictional phrases: lively ones raise extraversion, quiet ones lower it.

    The other traits have small random weights, so that every utterance moves them a little.
    """
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, _plant_model(), "テスト用のモデルです。")
    return folder


def _plant_model() -> TrainedModel:
    corpus = [text for lively in (-0.5, 0.0, 0.5) for text in write_messages(500, seed=99, lively=lively)]
    tokens = tokenize([corpus], window_chars=200)
    keys, counts = count_windows(tokens)
    prior = (counts / tokens.n_windows).astype(np.float32)
    weights = np.random.default_rng(0).normal(0.0, 0.01, (len(keys), len(TRAIT_KEYS)))
    for part, sign in (("lively", 0.03), ("quiet", -0.03)):
        planted = tokenize([PHRASES[part]], window_chars=200).keys
        weights[np.isin(keys, planted), EXTRAVERSION] += sign
    ngram = NgramModel(
        keys=keys,
        prior=prior,
        centre=np.arcsin(np.sqrt(np.clip(prior, 0, 1))).astype(np.float32),
        weights=weights.astype(np.float32),
        intercept=MEAN,
        window_chars=200,
        prior_windows=1.0,
        offset=AmountTable(np.ones(1), np.zeros((1, len(TRAIT_KEYS)))),
    )
    calibration = Calibration(
        source="protocol",
        n_speakers=184,
        slope=np.ones(len(TRAIT_KEYS)),
        offset=ngram.offset,
        half_widths=AmountTable(np.array([1.0, 10.0, 100.0]), np.outer([1.3, 0.9, 0.5], SD)),
        bounds=None,
        accuracy=AccuracyCurve(
            AmountTable(CURVE_CHARS, CURVE_R),
            AmountTable(CURVE_CHARS, CURVE_R - CURVE_HALF_WIDTH_95),
            AmountTable(CURVE_CHARS, CURVE_R + CURVE_HALF_WIDTH_95),
        ),
        norm=Norm(
            "テスト用の基準集団",
            "a norm group for tests",
            184,
            dict(zip(TRAIT_KEYS, MEAN.tolist(), strict=True)),
            dict(zip(TRAIT_KEYS, SD.tolist(), strict=True)),
        ),
        floor_chars=FLOOR_CHARS,
        known_share_floor=0.5,
        shrinkage=AmountTable(np.array([1.0, 10.0]), np.outer([0.6, 1.0], np.ones(len(TRAIT_KEYS)))),
        before=1.35 * SD,
        standing=Standing(
            AmountTable(np.array([1.0, 100.0]), np.outer([0.8, 1.0], SD)),
            AmountTable(np.array([1.0, 100.0]), np.outer([1.5, 0.6], np.ones(len(TRAIT_KEYS)))),
        ),
        probability_gain=AmountTable(CURVE_CHARS, np.outer(np.linspace(-0.001, 0.01, len(CURVE_CHARS)), np.ones(5))),
    )
    return TrainedModel("planted", ngram, calibration, provenance={"data": "tests/fixtures/phrases.json"})
