"""`seikaku.estimate` gives the numbers of every other door, loads the model once, and answers each wrong use."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import seikaku
from seikaku.api import estimation
from seikaku.cli.main import run
from seikaku.errors import ModelError, SpeakerError, UserError
from seikaku.inference.estimates import TraitEstimates

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LINE = EXAMPLES / "line_1on1.txt"


def test_it_gives_what_the_command_prints(capsys):
    assert run(["analyze", str(LINE), "--speaker", "花子", "--json"]) == 0
    (printed,) = json.loads(capsys.readouterr().out)["results"]
    estimates = seikaku.estimate(LINE, "花子")
    assert estimates.to_dict() == {key: value for key, value in printed.items() if key not in {"source", "import"}}
    assert estimates.import_report.to_dict() == printed["import"]


def test_every_kind_of_talk_gives_the_same_numbers():
    imported = seikaku.read(LINE)
    (conversation,) = imported.conversations
    rows = [{"speaker": u.speaker, "text": u.text, "timestamp": u.timestamp} for u in conversation.utterances]
    kinds = [str(LINE), LINE.read_text(encoding="utf-8"), imported, conversation, [conversation], rows]
    expected = seikaku.estimate(LINE, "花子").to_dict(with_evidence=False)
    assert [seikaku.estimate(kind, "花子").to_dict(with_evidence=False) for kind in kinds] == [expected] * len(kinds)


def test_several_conversations_are_one_speaker(talk, messages):
    first, second = talk("1", 花子=messages(30, seed=3)), talk("2", 花子=messages(30, seed=4))
    together = seikaku.estimate([first, second])
    assert together.amount.n_conversations == 2
    assert together.amount.n_chars == sum(seikaku.estimate(part).amount.n_chars for part in (first, second))
    assert together.import_report is None


def test_the_result_is_typed_as_the_estimates_are(long_talk):
    estimates = seikaku.estimate(long_talk, "花子")
    assert isinstance(estimates, TraitEstimates)
    assert isinstance(estimates, seikaku.Estimates)
    assert estimates.speaker == "花子"


def test_a_model_folder_and_a_loaded_estimator_are_the_same(long_talk, trained_model_folder):
    loaded = seikaku.Estimator.load(trained_model_folder)
    kinds = [trained_model_folder, str(trained_model_folder), loaded]
    results = [seikaku.estimate(long_talk, "花子", model=kind).to_dict() for kind in kinds]
    assert results[0] == results[1] == results[2]
    assert results[0]["model"]["model_id"] == "planted"


def test_threads_load_the_embedded_model_once(monkeypatch, long_talk):
    original, loads = seikaku.Estimator.load, []
    together = threading.Barrier(4)

    def count(folder=None):
        loads.append(folder)
        return original(folder)

    def call(_):
        together.wait(10)
        return seikaku.estimate(long_talk, "花子").to_dict()

    monkeypatch.setattr(seikaku.Estimator, "load", count)
    estimation._embedded.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(call, range(4)))
    assert loads == [None]
    assert all(result == results[0] for result in results)


def test_n_evidence_limits_the_quotes(long_talk):
    assert seikaku.estimate(long_talk, "花子", n_evidence=0).traits["openness"].evidence == ()
    assert len(seikaku.estimate(long_talk, "花子", n_evidence=1).traits["openness"].evidence) <= 2


@pytest.mark.parametrize("n_evidence", [-1, 1.5, True, "3"])
def test_a_wrong_number_of_quotes_is_refused(long_talk, n_evidence):
    with pytest.raises(UserError, match="n_evidence に"):
        seikaku.estimate(long_talk, "花子", n_evidence=n_evidence)


def test_the_speaker_must_be_chosen_and_be_there(long_talk):
    with pytest.raises(SpeakerError, match="話者が 2 人います: 花子（400 発話）、太郎（400 発話）"):
        seikaku.estimate(long_talk)
    with pytest.raises(SpeakerError, match="話者「花」はいません") as caught:
        seikaku.estimate(long_talk, "花")
    assert 'speaker="花子"' in caught.value.mend
    with pytest.raises(UserError, match="speaker に list が渡されました") as caught:
        seikaku.estimate(long_talk, ["花子"])
    assert "estimate_speakers" in caught.value.mend


def test_many_and_long_names_are_listed_in_short(talk):
    crowd = talk(**{f"話者{number}{'長' * 60}": ["はい"] for number in range(30)})
    with pytest.raises(SpeakerError, match="ほか 10 人") as caught:
        seikaku.estimate(crowd)
    assert "長" * 41 not in caught.value.message


def test_a_conversation_without_utterances_is_refused():
    with pytest.raises(SpeakerError, match="会話に発話がありません"):
        seikaku.estimate(seikaku.Conversation("1", ()))


def test_a_wrong_model_is_refused(long_talk, tmp_path):
    with pytest.raises(ModelError, match="フォルダがありません"):
        seikaku.estimate(long_talk, "花子", model=tmp_path / "無い")
    with pytest.raises(UserError, match="model に int が渡されました"):
        seikaku.estimate(long_talk, "花子", model=3)


def test_several_speakers_in_the_order_asked_for(long_talk):
    everybody = seikaku.estimate_speakers(long_talk)
    assert [estimates.speaker for estimates in everybody] == ["花子", "太郎"]
    assert everybody["太郎"].to_dict() == seikaku.estimate(long_talk, "太郎").to_dict()
    assert [e.speaker for e in seikaku.estimate_speakers(long_talk, ["太郎", "花子", "太郎"])] == ["太郎", "花子"]


def test_wrong_lists_of_speakers_are_refused(long_talk):
    with pytest.raises(UserError, match="speakers に文字列「花子」"):
        seikaku.estimate_speakers(long_talk, "花子")
    with pytest.raises(SpeakerError, match="speakers が空です"):
        seikaku.estimate_speakers(long_talk, [])
    with pytest.raises(SpeakerError, match="話者「次郎」はいません"):
        seikaku.estimate_speakers(long_talk, ["花子", "次郎"])
    with pytest.raises(SpeakerError, match="話者「次郎」の推定はありません"):
        seikaku.estimate_speakers(long_talk)["次郎"]


def in_fresh_python(code):
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_import_is_light():
    code = "import sys, seikaku; print(*[name for name in sys.modules if name.startswith('seikaku')])"
    assert set(in_fresh_python(code).split()) == {"seikaku", "seikaku.telemetry", "seikaku.version"}
    code = "import sys, seikaku; seikaku.read; seikaku.estimate; print('numpy' in sys.modules)"
    assert in_fresh_python(code).strip() == "False"


def test_every_public_name_is_there_and_no_other():
    assert set(seikaku.__all__) <= set(dir(seikaku))
    assert set(seikaku.__all__) == {"__version__", *seikaku._HOMES}
    assert all(getattr(seikaku, name) is not None for name in seikaku.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'guess'"):
        _ = seikaku.guess
