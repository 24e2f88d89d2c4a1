"""The tables that doubt a figure: ways of splitting, age and sex, learning curve, style, membership. No effects.

As ``tables``: out of a result file of `seikaku evaluate`, Markdown rows in Japanese or English.
"""

from collections.abc import Mapping
from typing import Any

from seikaku.evaluation.publishing import tables
from seikaku.evaluation.publishing.tables import Row, format_r, format_r_with_interval
from seikaku.traits import TRAITS

_AMOUNTS = {"ja": "{} 対話", "en": "{} dialogues"}
_ALL = {"ja": "すべて", "en": "all text"}
_STYLE_NAMES = {
    "ja": {
        "kana": "漢字をかなで書く", "no_punctuation": "句読点を省く", "split": "文の切れ目で発話を分けて送る",
        "kansai": "関西の言葉にする", "plain": "です・ますをやめる",
        "terse": "12 字以下の発話だけにする（内容も変わる）",
        "boku": "自分を「僕」と呼ぶ", "ore": "自分を「俺」と呼ぶ", "watashi": "自分を「私」と呼ぶ",
        "emoji": "2 発話に 1 つ、絵文字を付ける",
    },
    "en": {
        "kana": "kanji written in kana", "no_punctuation": "no punctuation", "split": "one message a clause",
        "kansai": "Kansai dialect", "plain": "plain forms",
        "terse": "only messages of up to 12 characters (content too)",
        "boku": "僕 for oneself", "ore": "俺 for oneself", "watashi": "私 for oneself",
        "emoji": "an emoji in every second message",
    },
}  # fmt: skip


def amount_name(amount: str, lang: str) -> str:
    """ "3 dialogues", or "all text"."""
    return _ALL[lang] if amount == "all" else _AMOUNTS[lang].format(amount)


def ladder_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a way of splitting, the loosest first: mean r at every amount."""
    found = result["ladder"]
    amounts = list(found["community_safe"])
    names = {
        "ja": (
            "対話を無作為に分ける（本人を学習している）", "話者で分ける（仲間を学習している。以前の版の数値）",
            "話の輪ごと分ける（主な数値）", "さらに話した相手を全員除く [95%区間]", "同、ラベルを入れ替えたとき",
        ),
        "en": (
            "dialogues at random (the speakers themselves are trained on)",
            "speakers apart (their companions are trained on; earlier versions)",
            "whole talk communities apart (the figure)",
            "everybody they talked with left out too [95% interval]", "the same with permuted labels",
        ),
    }[lang]  # fmt: skip
    head = {"ja": "分け方", "en": "Split"}[lang]
    strict = found["without_partners"]

    def null(amount: str) -> str:
        value = strict[amount]["null_mean_r"]
        return "–" if value is None else format_r(value)

    return [
        (head, *[amount_name(amount, lang) for amount in amounts]),
        (names[0], *["–" for _ in amounts[:-1]], format_r(found["random_dialogues"])),
        (names[1], *[format_r(found["pair_safe"][amount]) for amount in amounts]),
        (names[2], *[format_r(found["community_safe"][amount]) for amount in amounts]),
        (names[3], *[format_r_with_interval(strict[amount]["mean"]) for amount in amounts]),
        (names[4], *map(null, amounts)),
    ]


def demographic_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and rows of r by trait: age and sex alone; then text, text given age and sex, and both, by amount."""
    found = result["demographics"]
    names = {
        "ja": {"text": "本文だけ", "text_given_age_sex": "年齢・性別を固定した本文", "both": "年齢・性別 + 本文"},
        "en": {"text": "text alone", "text_given_age_sex": "text given age and sex", "both": "age, sex and text"},
    }[lang]
    head = {"ja": ("使うもの", "本文の量", "平均 r"), "en": ("From", "text", "mean r")}[lang]
    alone = {"ja": "年齢・性別だけ（本人の申告）", "en": "age and sex alone (as stated)"}[lang]
    rows: list[Row] = [(*head, *[trait.name(lang) for trait in TRAITS])]
    if found is None:
        return rows
    rows.append((alone, "–", *_mean_and_each(found["age_sex"])))
    for amount in (name for name in found if name != "age_sex"):
        for key, name in names.items():
            rows.append((name, amount_name(amount, lang), *_mean_and_each(found[amount][key])))
    return rows


def _mean_and_each(values: list[float]) -> list[str]:
    return [format_r(sum(values) / len(values)), *map(format_r, values)]


def curve_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a number of training speakers: measured, then what the fitted curve expects."""
    found = result["learning_curve"]
    head = {"ja": ("学習話者", "平均 r", "区間"), "en": ("Training speakers", "mean r", "interval")}[lang]
    measured, expected = {
        "ja": ("{} 〜 {}（測定、95%）", "{} 〜 {}（曲線からの見込み、80%）"),
        "en": ("{} to {} (measured, 95%)", "{} to {} (expected from the curve, 80%)"),
    }[lang]
    rows: list[Row] = [head]
    for point in found["points"]:
        ends = (format_r(point["r_low_95"]), format_r(point["r_high_95"]))
        rows.append((f"{point['n_speakers']:.0f}", format_r(point["r"]), measured.format(*ends)))
    for point in found["forecast"]:
        ends = (format_r(point["r_low_80"]), format_r(point["r_high_80"]))
        rows.append((f"{point['n_speakers']:,}", format_r(point["r"]), expected.format(*ends)))
    return rows


def style_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a style and amount: mean shift of the T-score and its spread over speakers, by trait."""
    head = {"ja": ("書き方だけの違い", "本文の量"), "en": ("Only the style differs", "text")}[lang]
    rows: list[Row] = [(*head, *[trait.name(lang) for trait in TRAITS])]
    for entry in result["style"] or []:
        cells = []
        for trait in TRAITS:
            figures = entry["traits"][trait.key]
            cells.append(f"{figures['shift_t']:+.1f} ± {figures['sd_t']:.1f}".replace("-", "−"))
        name = _STYLE_NAMES[lang][entry["style"]]
        rows.append((name, amount_name(str(entry["n_dialogues"]), lang), *cells))
    return rows


def probability_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row an amount of text: Brier and log score beside the constant's, then each tenth of 0-1."""
    head = {
        "ja": (
            "本文の量",
            "Brier（半々なら .250）",
            "対数損失（半々なら .6931）± 標準誤差",
            "言った見込み → 実際の割合（件数）",
        ),
        "en": (
            "Text",
            "Brier (a half: .250)",
            "log score (a half: .6931) ± standard error",
            "told → observed share (cases)",
        ),
    }[lang]
    rows: list[Row] = [head]
    for entry in result["by_amount"]:
        found = entry["probability"]
        if found is None:
            continue
        amount = "all" if entry["n_dialogues"] is None else str(entry["n_dialogues"])
        tenths = ("、" if lang == "ja" else ", ").join(_tenth(row, lang) for row in found["reliability"])
        scores = (f"{found['brier']:.4f}", f"{found['log_score']:.4f} ± {found['log_score_error']:.4f}")
        rows.append((amount_name(amount, lang), *(score.replace("0.", ".") for score in scores), tenths))
    return rows


def _tenth(row: Mapping[str, Any], lang: str) -> str:
    n_cases, mark = f"{row['n_cases']:.0f}", "" if row["is_inside"] else " ×"
    cases = f"（{n_cases}）" if lang == "ja" else f" ({n_cases})"
    return f"{row['predicted']:.0%} → {row['observed']:.0%}{cases}{mark}"


def deletion_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait: how far an estimate moves without what is named as evidence, and without other."""
    head = {
        "ja": ("特性", "動かした発話を除く", "同じ数を無作為に除く", "同じ字数を無作為に", "1 列目が大きい人"),
        "en": ("Trait", "without what moved it", "as many utterances at random", "as much text at random",
               "speakers whom the first moves further"),
    }[lang]  # fmt: skip
    rows: list[Row] = [head]
    found = result["deletion"]
    for trait in TRAITS if found else ():
        own = found["traits"][trait.key]
        moves = [f"{own[name]:.2f}" for name in ("strongest_t", "random_t", "same_length_t")]
        rows.append((trait.name(lang), *moves, f"{min(own['larger'], own['larger_than_same_length']):.0%}"))
    return rows


def doubt_text(result: Mapping[str, Any], lang: str) -> str:
    """Sentences: whether the traits differ, who makes the mean r, and how well the model knows its own speakers."""
    mean, made, known = result["accuracy"]["mean"], result["influence"], result["membership"]
    low, high = (format_r(made[f"mean_r_without_one_community_{end}"]) for end in ("low", "high"))
    p = f"{mean['p_traits_differ']:.2f}".replace("0.", ".", 1) if "p_traits_differ" in mean else "–"
    inside, auc = (format_r(known["mean_r_training_speakers"]), format_r(known["auc"])) if known else ("–", "–")
    kin = format_r(made["mean_r_without_kin"])
    if lang == "ja":
        return (
            f"五特性の r の違いは、違いがないときにも起こる大きさです（p = {p}）。"
            f"話の輪を 1 つずつ数えずに求めた平均 r は {low} 〜 {high}、"
            f"書き方の見分けがつかない {made['n_kin']} 人を数えなければ {kin} です。"
            f"学習した話者についての r は {inside} で、"
            f"誤差の大きさから学習した話者かどうかを当てられる度合い（AUC）は {auc} です。"
        )
    return (
        f"The traits differ no more than they would without any difference (p = {p}). Leaving any one talk community "
        f"out of the count, the mean r is {low} to {high}; without the {made['n_kin']} speakers whom writing does not "
        f"tell apart, {kin}. On speakers that were trained on r is {inside}, and an error tells such a speaker with an "
        f"AUC of {auc}."
    )


def protocol_text(result: Mapping[str, Any], lang: str) -> str:
    """One or two sentences: how many folds and repeats, of what size, and what was left out."""
    protocol, data = result["protocol"], result["data"]
    sizes = protocol["fold_sizes"]
    is_short = result["ladder"] is None
    if lang == "ja":
        left_out = [] if protocol["n_permutations"] else ["並べ替え（区間の幅は √(2/人数)）"]
        left_out += ["分け方の比較・学習曲線・年齢と性別・書き方の表"] if is_short else []
        text = (
            f"プロトコル 2: 話者 {data['n_speakers']} 人の {data['n_communities']} の話の輪を"
            f" {protocol['n_folds']} 分割"
            f"（{sizes[0]}〜{sizes[-1]} 人） × {protocol['n_repeats']} 回。"
        )
        return text + (f"省いたもの: {'、'.join(left_out)}。" if left_out else "")
    left_out = [] if protocol["n_permutations"] else ["permutations (intervals by sqrt(2 / n))"]
    left_out += ["splits compared, learning curve, age and sex, style"] if is_short else []
    text = (
        f"Protocol 2: {data['n_communities']} talk communities of {data['n_speakers']} speakers in "
        f"{protocol['n_folds']} folds ({sizes[0]} to {sizes[-1]} speakers) x {protocol['n_repeats']} repeats."
    )
    return text + (f" Left out: {', '.join(left_out)}." if left_out else "")


def card_tables(result: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Every table of the model card as Markdown, by name; READMEs take some of them. For a complete result."""
    makers = {
        "accuracy": tables.accuracy_rows,
        "amount": tables.amount_rows,
        "slope": tables.slope_rows,
        "trap": tables.trap_rows,
        "reliability": tables.reliability_rows,
        "validity": tables.validity_rows,
        "scales": tables.scale_rows,
        "fairness": tables.fairness_rows,
        "ladder": ladder_rows,
        "demographics": demographic_rows,
        "curve": curve_rows,
        "style": style_rows,
        "probability": probability_rows,
        "deletion": deletion_rows,
    }
    texts = {"doubt": doubt_text(result, lang), "protocol": protocol_text(result, lang)}
    return {name: tables.markdown(make(result, lang)) for name, make in makers.items()} | texts
