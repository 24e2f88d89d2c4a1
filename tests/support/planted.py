"""A tiny fictional corpus with a planted signal: what the five scores are shows in which words a speaker uses.

All sentences are made up here. ``build_corpus`` gives the in-memory form; ``write_raw`` the archive's layout.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from seikaku.corpora.store import DialogueSide, SpeakerCorpus
from seikaku.traits import TRAIT_KEYS

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "training_sample"
# One sentence a trait and pole: a high scorer says the second more often.
PLANTED = {
    "openness": ("いつもの店がいちばん落ち着きます", "見たことのない絵に心がおどります"),
    "conscientiousness": ("その場の流れで動くのが楽です", "予定は前の週に書き出しておきます"),
    "extraversion": ("家でのんびり過ごすのが好きです", "みんなで集まって騒ぎたいです"),
    "agreeableness": ("思ったことは率直に言うほうです", "困っている人がいると手伝います"),
    "neuroticism": ("たいていのことは気になりません", "失敗しないか心配で眠れません"),
}
FILLER = (
    "今日は朝から雨が降っていました",
    "昼はうどんを食べました",
    "駅前に新しい本屋ができたそうです",
    "週末は部屋の片づけをする予定です",
    "犬の散歩で川沿いを歩きました",
    "最近は早起きが続いています",
)
_SCALE = {key: f"BigFive_{key.capitalize()}" for key in TRAIT_KEYS}


def build_corpus(n_speakers: int = 40, n_dialogues: int = 160, seed: int = 0, signal: float = 1.0) -> SpeakerCorpus:
    """A corpus in memory; ``signal`` 0 plants nothing. Speaker 0 is careless."""
    generator = np.random.default_rng(seed)
    scores = np.clip(generator.normal(4.0, 1.0, (n_speakers, len(TRAIT_KEYS))), 1, 7)
    sides = []
    for dialogue in range(n_dialogues):
        first = dialogue % n_speakers
        second = int(generator.choice([s for s in range(n_speakers) if s != first]))
        for speaker, partner in ((first, second), (second, first)):
            texts = tuple(_talk(scores[speaker], generator, signal))
            sides.append(DialogueSide(dialogue, speaker, partner, texts))
    ids = tuple(f"S{index:02d}" for index in range(n_speakers))
    careless = np.zeros(n_speakers, np.bool_)
    careless[0] = True
    return SpeakerCorpus(
        speaker_ids=ids,
        scores=scores,
        is_careless=careless,
        other_scales={"KiSS18_BasicSkill": generator.normal(3, 0.5, n_speakers)},
        gender=tuple("Female" if index % 2 else "Male" for index in range(n_speakers)),
        age_band=tuple("20-29" for _ in range(n_speakers)),
        sides=tuple(sides),
        corpus_digest="planted",
    )


def write_raw(path: Path, n_speakers: int = 16, n_dialogues: int = 96) -> None:
    """The same corpus as a RealPersonaChat archive (layout of version 1.0.0; every person and text fictional)."""
    corpus = build_corpus(n_speakers, n_dialogues)
    top = "real-persona-chat-test/real_persona_chat"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{top}/VERSION", "1.0.0")
        people = {
            name: {
                "interlocutor_id": name,
                "persona": [],
                "personality": {_SCALE[key]: float(row[i]) for i, key in enumerate(TRAIT_KEYS)}
                | {"KiSS18_BasicSkill": 3.0},
                "demographic_information": {"gender": gender, "age": "20-29"},
                "text_chat_experience": {},
            }
            for name, row, gender in zip(corpus.speaker_ids, corpus.scores, corpus.gender, strict=True)
        }
        archive.writestr(f"{top}/interlocutors.json", json.dumps(people, ensure_ascii=False))
        for first, second in zip(corpus.sides[0::2], corpus.sides[1::2], strict=True):
            names = [corpus.speaker_ids[side.speaker_index] for side in (first, second)]
            turns = [
                (name, text)
                for pair in zip(first.texts, second.texts, strict=True)
                for name, text in zip(names, pair, strict=True)
            ]
            dialogue = {
                "dialogue_id": first.dialogue_id,
                "interlocutors": names,
                "utterances": [
                    {"utterance_id": i, "interlocutor_id": n, "text": t, "timestamp": "NaT"}
                    for i, (n, t) in enumerate(turns)
                ],
                "evaluations": [],
            }
            archive.writestr(f"{top}/dialogues/{first.dialogue_id:05d}.json", json.dumps(dialogue, ensure_ascii=False))


def _talk(scores: np.ndarray, generator: np.random.Generator, signal: float) -> list[str]:
    texts = list(generator.choice(FILLER, 5))
    for score, (low, high) in zip(scores, PLANTED.values(), strict=True):
        chance = 1 / (1 + np.exp(-1.5 * signal * (score - 4.0)))
        texts.append(high if generator.random() < chance else low)
    return [str(text) for text in generator.permutation(texts)]


class OwnRegressor:
    """A user's own model, as `seikaku evaluate --model planted:OwnRegressor` finds it: the training mean."""

    name = "own"

    def encode(self, texts):
        """Needs nothing."""

    def fit(self, rows, bags, scores, *, seed):
        """Remember the mean."""
        self.mean = scores.mean(axis=0)
        return self

    def estimate(self, rows, bags):
        """The mean for everyone."""
        return np.tile(self.mean, (len(bags), 1))

    def half_width(self, rows, bags):
        """None."""


def write_processed(root: Path, *, n_speakers: int, n_dialogues: int) -> Path:
    """Speakers with a planted signal and the sample's 40 personas, preprocessed under ``root``; returns that folder."""
    from seikaku.corpora.fetch_nemotron import fetch_nemotron
    from seikaku.corpora.fetch_realpersonachat import fetch_realpersonachat
    from seikaku.corpora.preprocess import preprocess

    def quiet(label: str, n_done: int, n_total: int | None) -> None:
        pass

    write_raw(root / "planted.zip", n_speakers=n_speakers, n_dialogues=n_dialogues)
    fetch_realpersonachat(str(root / "planted.zip"), None, root / "raw", quiet)
    fetch_nemotron(str(SAMPLE / "fictional_personas.csv"), None, root / "raw", quiet)
    preprocess(root / "raw", root / "processed", False, quiet)
    return root / "processed"
