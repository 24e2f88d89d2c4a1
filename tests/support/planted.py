"""A tiny fictional corpus with a planted signal: what the five scores are shows in which words a speaker uses.

All sentences are made up here. ``build_corpus`` gives the in-memory form; ``write_raw`` the archive's layout.
``plant_clique`` and ``split_people`` add what fools an evaluation: a circle of friends, one person under two ids.
"""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from seikaku.corpora.communities import find_communities
from seikaku.corpora.kin import KinReport, find_kin
from seikaku.corpora.splits import assign_parts
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
# Habits: everybody uses some of them often and the others seldom, which is what tells writers apart.
HABITS = (
    "わくわく どきどき きらきら ぴかぴか ふわふわ もこもこ ごろごろ ざあざあ しとしと ぽつぽつ "
    "ぱらぱら さらさら つるつる ざらざら べたべた ねばねば ぷるぷる ぶるぶる がたがた ことこと "
    "ぐつぐつ ぱちぱち めらめら ほかほか ひやひや ぬくぬく むしむし からから くるくる ころころ "
    "すいすい すたすた てくてく とぼとぼ のろのろ ばたばた いそいそ うろうろ おろおろ うとうと "
    "すやすや ぐうぐう ぺこぺこ もぐもぐ ごくごく ぱくぱく がぶがぶ ちびちび にこにこ くすくす "
    "げらげら めそめそ しくしく わんわん ぷんぷん いらいら むかむか もやもや はらはら そわそわ "
    "うきうき るんるん ほのぼの のびのび だらだら ぼちぼち ゆるゆる こつこつ せかせか はきはき "
    "ひそひそ ぺらぺら ぼそぼそ がやがや しんしん ずきずき ちくちく むずむず さばさば てきぱき"
).split()
# What a circle of friends says and nobody else: they talk like samurai.
CLIQUE_TALK = (
    "かたじけない、恩に着るでござる",
    "されば明日も鍛錬に励むでござるよ",
    "無念、寝坊をいたし候",
    "いざ、団子を食しに参ろうぞ",
    "そなたの申すとおりでござる",
    "天晴れな日和でござるなあ",
    "殿、湯が沸き申した",
    "拙者は茶柱を吉と見るでござる",
)
_SCALE = {key: f"BigFive_{key.capitalize()}" for key in TRAIT_KEYS}


def build_corpus(
    n_speakers: int = 40, n_dialogues: int = 160, seed: int = 0, signal: float = 1.0, n_habits: int = 0
) -> SpeakerCorpus:
    """A corpus in memory; ``signal`` 0 plants nothing. Speaker 0 is careless.

    ``n_habits``: how many of the ``HABITS`` a speaker utters a dialogue, each speaker their own. With an odd number of
    speakers everybody speaks first in even and in odd dialogues, so that ``find_kin`` has two halves to compare.
    """
    generator = np.random.default_rng(seed)
    scores = np.clip(generator.normal(4.0, 1.0, (n_speakers, len(TRAIT_KEYS))), 1, 7)
    habits = _draw_habits(n_speakers, seed)
    sides = []
    for dialogue in range(n_dialogues):
        first = dialogue % n_speakers
        second = int(generator.choice([s for s in range(n_speakers) if s != first]))
        for speaker, partner in ((first, second), (second, first)):
            texts = _talk(scores[speaker], generator, signal) + _utter_habits(habits[speaker], generator, n_habits)
            sides.append(DialogueSide(dialogue, speaker, partner, tuple(texts)))
    careless = np.zeros(n_speakers, np.bool_)
    careless[0] = True
    return _complete(
        speaker_ids=tuple(f"S{index:02d}" for index in range(n_speakers)),
        scores=scores,
        is_careless=careless,
        other_scales={"KiSS18_BasicSkill": generator.normal(3, 0.5, n_speakers)},
        gender=tuple("Female" if index % 2 else "Male" for index in range(n_speakers)),
        age_band=tuple("20-29" for _ in range(n_speakers)),
        sides=tuple(sides),
    )


def plant_clique(
    corpus: SpeakerCorpus,
    n_members: int = 6,
    trait: str = "extraversion",
    label: float = 6.8,
    *,
    n_outside: int = 1,
    seed: int = 0,
) -> SpeakerCorpus:
    """Add ``n_members`` who talk with each other (twice with everyone) and ``n_outside`` times with somebody else.

    All say what ``CLIQUE_TALK`` holds, which nobody else says, and all have ``label`` on ``trait``; on the other traits
    they differ like everybody.
    """
    generator = np.random.default_rng(seed)
    n_before = len(corpus.speaker_ids)
    n_texts = len(corpus.sides[0].texts)
    members = list(range(n_before, n_before + n_members))
    scores = np.clip(generator.normal(4.0, 1.0, (n_members, len(TRAIT_KEYS))), 1, 7)
    scores[:, TRAIT_KEYS.index(trait)] = label

    def say() -> tuple[str, ...]:
        private = generator.choice(CLIQUE_TALK, n_texts // 2).tolist()
        return tuple(private + generator.choice(FILLER, n_texts - len(private)).tolist())

    sides = list(corpus.sides)
    number = 1 + max(side.dialogue_id for side in sides)
    for first, second in [pair for pair in combinations(members, 2) for _ in range(2)]:  # one even, one odd number
        sides += [DialogueSide(number, first, second, say()), DialogueSide(number, second, first, say())]
        number += 1
    for member in members * n_outside:
        model = corpus.sides[int(generator.integers(len(corpus.sides)))]  # what its speaker said goes to the member
        sides.append(DialogueSide(number, member, model.speaker_index, say()))
        sides.append(DialogueSide(number, model.speaker_index, member, model.texts))
        number += 1
    return _add_speakers(corpus, scores, [0] * n_members, sides)


def split_people(
    corpus: SpeakerCorpus, speakers: Sequence[int], scores: np.ndarray | None = None, seed: int = 0
) -> SpeakerCorpus:
    """Every dialogue of each of ``speakers`` goes by chance to the old id or to a new one, in their order at the end.

    ``scores`` (n, n_traits): what the new ids answered; None: the same as the old ones.
    """
    generator = np.random.default_rng(seed)
    new_id: dict[tuple[int, int], int] = {}  # (dialogue, speaker) -> the new id
    for new, speaker in enumerate(speakers, start=len(corpus.speaker_ids)):
        own = generator.permutation([side.dialogue_id for side in corpus.sides if side.speaker_index == speaker])
        new_id |= {(dialogue, speaker): new for dialogue in own[: len(own) // 2].tolist()}

    def rename(side: DialogueSide) -> DialogueSide:
        number = side.dialogue_id
        names = [new_id.get((number, index), index) for index in (side.speaker_index, side.partner_index)]
        return DialogueSide(number, *names, side.texts)

    answers = corpus.scores[list(speakers)] if scores is None else scores
    return _add_speakers(corpus, answers, list(speakers), [rename(side) for side in corpus.sides])


def without_partners(corpus: SpeakerCorpus) -> SpeakerCorpus:
    """The same texts as monologues: nobody has a partner."""
    sides = tuple(DialogueSide(row, side.speaker_index, -1, side.texts) for row, side in enumerate(corpus.sides))
    return _find_circles(replace(corpus, sides=sides))


def report_kin(corpus: SpeakerCorpus) -> KinReport:
    """What ``find_kin`` says of the corpus."""
    speaker, dialogue = (
        np.array([getattr(side, name) for side in corpus.sides], np.int64) for name in ("speaker_index", "dialogue_id")
    )
    return find_kin(len(corpus.speaker_ids), speaker, dialogue, [side.texts for side in corpus.sides])


def _add_speakers(
    corpus: SpeakerCorpus, scores: np.ndarray, models: Sequence[int], sides: Sequence[DialogueSide]
) -> SpeakerCorpus:
    """Speakers with ``scores``, who have from speaker ``models[i]`` what nothing here is about."""
    n_before = len(corpus.speaker_ids)
    return _complete(
        speaker_ids=corpus.speaker_ids + tuple(f"S{n_before + index:02d}" for index in range(len(models))),
        scores=np.concatenate([corpus.scores, scores]),
        is_careless=np.concatenate([corpus.is_careless, np.zeros(len(models), np.bool_)]),
        other_scales={name: np.append(values, values[models]) for name, values in corpus.other_scales.items()},
        gender=corpus.gender + tuple(corpus.gender[model] for model in models),
        age_band=corpus.age_band + tuple(corpus.age_band[model] for model in models),
        sides=tuple(sides),
    )


def _complete(**fields) -> SpeakerCorpus:
    nobody = np.full(len(fields["speaker_ids"]), -1, np.int64)
    part = np.full(len(nobody), "train")
    return _find_circles(SpeakerCorpus(community=nobody, kin=nobody, part=part, corpus_digest="planted", **fields))


def _find_circles(corpus: SpeakerCorpus) -> SpeakerCorpus:
    kin = report_kin(corpus).group
    pairs = {side.dialogue_id: (side.speaker_index, side.partner_index) for side in corpus.sides}
    community = find_communities(len(kin), pairs.values(), kin)
    return replace(corpus, kin=kin, community=community, part=np.array(assign_parts(community, corpus.scores, 0)))


def write_raw(path: Path, n_speakers: int = 16, n_dialogues: int = 96, corpus: SpeakerCorpus | None = None) -> None:
    """``corpus`` as a RealPersonaChat archive (layout of version 1.0.0; every person and text fictional).

    None: an ordinary planted corpus of the given size.
    """
    corpus = build_corpus(n_speakers, n_dialogues) if corpus is None else corpus
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


def _draw_habits(n_speakers: int, seed: int) -> np.ndarray:
    """How often each speaker utters each habit, (n_speakers, n_habits): a quarter of them thirty times as often."""
    generator = np.random.default_rng([seed, 1])
    often = generator.permuted(np.tile(np.arange(len(HABITS)) % 4 == 0, (n_speakers, 1)), axis=1)
    chance = np.where(often, 30.0, 1.0)
    return chance / chance.sum(axis=1, keepdims=True)


def _utter_habits(chance: np.ndarray, generator: np.random.Generator, n_habits: int) -> list[str]:
    return [str(habit) for habit in generator.choice(HABITS, n_habits, p=chance)] if n_habits else []


class SpyRegressor:
    """Remembers of each fit (rows, number of bags, scores, groups, seed), and estimates a number that tells the fit."""

    name = "spy"

    def __init__(self):
        self.seen = []

    def encode(self, texts):
        """Needs nothing."""

    def fit(self, rows, bags, scores, *, groups, seed):
        """Remember."""
        self.seen.append((set(np.concatenate(bags).tolist()), len(bags), scores, groups, seed))
        return self

    def estimate(self, rows, bags):
        """How many fits there have been."""
        return np.full((len(bags), len(TRAIT_KEYS)), float(len(self.seen)))

    def half_width(self, rows, bags):
        """None."""


class OwnRegressor:
    """A user's own model, as `seikaku evaluate --model planted:OwnRegressor` finds it: the training mean."""

    name = "own"

    def encode(self, texts):
        """Needs nothing."""

    def fit(self, rows, bags, scores, *, groups, seed):
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
