"""The protocol's result as tables that people read: Markdown for READMEs and card, rows for the terminal. No effects.

Every printed figure of the project comes from here, out of a result file of `seikaku evaluate`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from seikaku.traits import TRAITS

Row = tuple[str, ...]
_ALL = {"ja": "すべて", "en": "all"}
_MEAN = {"ja": "平均", "en": "mean"}
_TOO_FEW = {"ja": "少なすぎて言えない", "en": "too few to say"}


def _r(value: float) -> str:
    sign = "−" if round(value, 2) < 0 else ""
    return f"{sign}{abs(value):.2f}".replace("0.", ".", 1)


def _r_with_interval(figures: Mapping[str, float]) -> str:
    return f"{_r(figures['r'])} [{_r(figures['r_low_95'])}, {_r(figures['r_high_95'])}]"


def _p(figures: Mapping[str, float]) -> str:
    return f"{figures['p_permutation']:.3f}".replace("0.", ".", 1) if "p_permutation" in figures else "–"


def accuracy_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait: r, rho, MAE beside the constant's, R2, permutation p, r pooled over folds."""
    header = {
        "ja": ("特性", "r [95%区間]", "ρ", "MAE", "定数の MAE", "R²", "p（並べ替え）", "r（分割をまたぐ）"),
        "en": (
            "Trait",
            "r [95% interval]",
            "ρ",
            "MAE",
            "MAE of the constant",
            "R²",
            "p (permutation)",
            "r across folds",
        ),
    }[lang]
    rows: list[Row] = [header]
    accuracy = result["accuracy"]
    named = [(trait.name(lang), accuracy["traits"][trait.key]) for trait in TRAITS]
    for name, figures in [*named, (_MEAN[lang], accuracy["mean"])]:
        errors = (f"{figures['mae']:.3f}", f"{figures['mae_constant']:.3f}")
        r2 = f"{figures['r2']:.3f}".replace("-", "−")
        pooled = _r(figures["r_raw_pooled"])
        rows.append((name, _r_with_interval(figures), _r(figures["rho"]), *errors, r2, _p(figures), pooled))
    return rows


def amount_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row an amount of text: characters, mean r with interval, r by trait, coverage."""
    first = {
        "ja": ("対話数", "文字数（中央値）", "話者", "平均 r [95%区間]"),
        "en": ("Dialogues", "Characters (median)", "Speakers", "mean r [95% interval]"),
    }[lang]
    coverage = {"ja": "80%区間の被覆率", "en": "coverage of 80% intervals"}[lang]
    rows: list[Row] = [(*first, *[trait.name(lang) for trait in TRAITS], coverage)]
    for entry in result["by_amount"]:
        amount = _ALL[lang] if entry["n_dialogues"] is None else str(entry["n_dialogues"])
        by_trait = [_r(entry["traits"][trait.key]["r"]) for trait in TRAITS]
        head = (amount, f"{entry['median_chars']:,.0f}", str(entry["n_speakers"]), _r_with_interval(entry["mean"]))
        rows.append((*head, *by_trait, _coverage(entry["intervals_80"])))
    return rows


def _coverage(intervals: Mapping[str, Mapping[str, float]] | None) -> str:
    if intervals is None:
        return "–"
    values = [100 * intervals[trait.key]["coverage"] for trait in TRAITS]
    return f"{min(values):.0f}–{max(values):.0f}%"


def trap_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait: what the amount of text explains, and r at exactly equal amounts."""
    equal = [entry for entry in result["equal_amounts"] if "traits" in entry]
    header = {
        "ja": ("特性", "自己報告と log 対話数", "推定と log 対話数", "対話数を固定した r"),
        "en": ("Trait", "label vs log amount", "estimate vs log amount", "r given the amount"),
    }[lang]
    at = {"ja": "r（全員 {} 対話）", "en": "r at {} dialogues each"}[lang]
    rows: list[Row] = [(*header, *[at.format(entry["n_dialogues"]) for entry in equal])]
    for trait in TRAITS:
        figures = result["amount_trap"][trait.key]
        own = [_r(figures[name]) for name in ("r_label_log_amount", "r_estimate_log_amount", "r_given_amount")]
        rows.append((trait.name(lang), *own, *[_r(entry["traits"][trait.key]["r"]) for entry in equal]))
    return rows


def reliability_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait: split-half reliability, SEM, and interval coverage at all text."""
    header = {
        "ja": ("特性", "折半の r", "信頼性（Spearman-Brown）", "推定値の SD", "測定の標準誤差（1–7）"),
        "en": ("Trait", "split-half r", "reliability (Spearman-Brown)", "SD of estimates", "SEM (1-7)"),
    }[lang]
    rows: list[Row] = [header]
    for trait in TRAITS:
        figures = result["reliability"][trait.key]
        spread = (f"{figures['sd_estimate_1to7']:.2f}", f"{figures['sem_1to7']:.2f}")
        rows.append((trait.name(lang), _r(figures["r_halves"]), _r(figures["spearman_brown"]), *spread))
    return rows


def validity_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row an estimate: r with each trait's self-report (the diagonal is the convergent one)."""
    corner = {"ja": "推定＼自己報告", "en": "estimate \\ self-report"}[lang]
    table = result["validity"]["traits"]
    rows: list[Row] = [(corner, *[trait.name(lang) for trait in TRAITS])]
    return rows + [(trait.name(lang), *[_r(table[trait.key][other.key]) for other in TRAITS]) for trait in TRAITS]


def scale_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a questionnaire scale: r of the estimates (and of the self-reports) with it."""
    corner = {"ja": "尺度（推定の r / 自己報告の r）", "en": "scale (r of estimate / of self-report)"}[lang]
    rows: list[Row] = [(corner, *[trait.name(lang) for trait in TRAITS])]
    for scale, figures in result["validity"]["scales"].items():
        cells = [f"{_r(figures[t.key]['estimate'])} / {_r(figures[t.key]['label'])}" for t in TRAITS]
        rows.append((scale, *cells))
    return rows


def fairness_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a group and trait: mean error, MAE, r with interval, slope and intercept."""
    header = {
        "ja": ("群", "人数", "特性", "平均誤差", "MAE", "r [95%区間]", "傾き", "切片"),
        "en": ("Group", "n", "Trait", "mean error", "MAE", "r [95% interval]", "slope", "intercept"),
    }[lang]
    rows: list[Row] = [header]
    for entry in result["fairness"]:
        group, n = f"{entry['attribute']} = {entry['group']}", str(entry["n_speakers"])
        if "traits" not in entry:
            rows.append((group, n, _TOO_FEW[lang], "", "", "", "", ""))
            continue
        for trait in TRAITS:
            figures = entry["traits"][trait.key]
            error = f"{figures['mean_error']:+.2f}".replace("-", "−")
            line = [f"{figures[name]:.2f}".replace("-", "−") for name in ("slope", "intercept")]
            rows.append((group, n, trait.name(lang), error, f"{figures['mae']:.2f}", _r_with_interval(figures), *line))
    return rows


def model_rows(results: Sequence[Mapping[str, Any]], lang: str) -> list[Row]:
    """Header and one row a model under the same protocol, and how far its estimates go with the amount of text."""
    sizes = " / ".join(str(amount) for amount in results[0]["protocol"]["amounts"])
    header = {
        "ja": (
            "モデル", "平均 r [95%区間]", f"平均 r（{sizes} 対話）", "平均 r（分割をまたぐ）", "平均 MAE",
            "誠実性の推定と log 対話数", "分割 × 回",
        ),
        "en": (
            "Model", "mean r [95% interval]", f"mean r ({sizes} dialogues)", "mean r across folds", "mean MAE",
            "C estimate vs log amount", "folds × repeats",
        ),
    }[lang]  # fmt: skip
    rows: list[Row] = [header]
    for result in results:
        mean, protocol = result["accuracy"]["mean"], result["protocol"]
        trap = result["amount_trap"]["conscientiousness"]["r_estimate_log_amount"]
        amounts = [entry["mean"]["r"] for entry in result["by_amount"] if entry["n_dialogues"] is not None]
        row = (
            result["model"]["name"],
            _r_with_interval(mean),
            " / ".join(map(_r, amounts)),
            _r(mean["r_raw_pooled"]),
            f"{mean['mae']:.3f}",
            _r(trap),
            f"{protocol['n_folds']} × {protocol['n_repeats']}",
        )
        rows.append(row)
    return rows


def protocol_text(result: Mapping[str, Any], lang: str) -> str:
    """One sentence: how many folds and repeats, and what was left out."""
    protocol = result["protocol"]
    size = (protocol["n_folds"], protocol["n_repeats"])
    if lang == "ja":
        left_out = [] if protocol["n_permutations"] else ["並べ替えの p"]
        left_out += ["対話を無作為に分けた場合の水増し"] if result["leak_gap"] is None else []
        text = f"プロトコル: 話者単位の {size[0]} 分割 × {size[1]} 回。"
        return text + (f"省いたもの: {'、'.join(left_out)}。" if left_out else "")
    left_out = [] if protocol["n_permutations"] else ["permutation p"]
    left_out += ["the leak of a random dialogue split"] if result["leak_gap"] is None else []
    text = f"Protocol: {size[0]} folds by speaker x {size[1]} repeats."
    return text + (f" Left out: {', '.join(left_out)}." if left_out else "")


def leak_text(result: Mapping[str, Any], lang: str) -> str:
    """One sentence: what a random split of dialogues would claim."""
    gap = result["leak_gap"]
    claimed, honest = _r(gap["mean_r_random_dialogue_split"]), _r(gap["mean_r_honest"])
    if lang == "ja":
        return f"対話を無作為に分けると平均 r は {claimed} に見えます（話者を分けると {honest}）。話者当てです。"
    return f"A random split of dialogues would claim a mean r of {claimed} (speakers apart: {honest}): it knows them."


def card_tables(result: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Every table of the model card as Markdown, by name; READMEs take some of them."""
    makers = {
        "accuracy": accuracy_rows,
        "amount": amount_rows,
        "trap": trap_rows,
        "reliability": reliability_rows,
        "validity": validity_rows,
        "scales": scale_rows,
        "fairness": fairness_rows,
    }
    return {name: markdown(make(result, lang)) for name, make in makers.items()} | {"leak": leak_text(result, lang)}


def markdown(rows: Sequence[Row]) -> str:
    """A Markdown table; the first row is the header, the first column is text, the others are set right."""
    header, *body = rows
    ruler = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, ruler, *body])


def fill_markers(text: str, tables: Mapping[str, str]) -> str:
    """Replace what stands between ``<!-- name:begin -->`` and ``<!-- name:end -->`` for each table in ``text``."""
    for name, table in tables.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        if begin in text:
            head, _, rest = text.partition(begin)
            _, _, tail = rest.partition(end)
            text = f"{head}{begin}\n{table}\n{end}{tail}"
    return text
