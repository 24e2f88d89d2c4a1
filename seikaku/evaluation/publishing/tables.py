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


def format_r(value: float) -> str:
    """Two digits, no leading zero, a real minus sign."""
    sign = "−" if round(value, 2) < 0 else ""
    return f"{sign}{abs(value):.2f}".replace("0.", ".", 1)


def format_r_with_interval(figures: Mapping[str, float], name: str = "r") -> str:
    """``name`` and its 95 % interval in brackets."""
    return f"{format_r(figures[name])} [{format_r(figures[f'{name}_low_95'])}, {format_r(figures[f'{name}_high_95'])}]"


def _p(figures: Mapping[str, float]) -> str:
    return f"{figures['p_permutation']:.3f}".replace("0.", ".", 1) if "p_permutation" in figures else "–"


def accuracy_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait: r, r drawn to the common mean, rho, MSE and MAE beside the constant's, R2, p."""
    header = {
        "ja": (
            "特性", "r [95%区間]", "平均へ寄せた r [95%区間]", "ρ", "MSE", "定数の MSE", "MAE", "定数の MAE", "R²",
            "p（並べ替え）",
        ),
        "en": (
            "Trait", "r [95% interval]", "r drawn to the common mean [95% interval]", "ρ", "MSE", "MSE of the constant",
            "MAE", "MAE of the constant", "R²", "p (permutation)",
        ),
    }[lang]  # fmt: skip
    rows: list[Row] = [header]
    accuracy = result["accuracy"]
    named = [(trait.name(lang), accuracy["traits"][trait.key]) for trait in TRAITS]
    for name, figures in [*named, (_MEAN[lang], accuracy["mean"])]:
        errors = (f"{figures[key]:.3f}" for key in ("mse", "mse_constant", "mae", "mae_constant"))
        shrunk = format_r_with_interval(figures, "r_shrunk") if "r_shrunk" in figures else "–"
        r2 = f"{figures['r2']:.3f}".replace("-", "−")
        rows.append((name, format_r_with_interval(figures), shrunk, format_r(figures["rho"]), *errors, r2, _p(figures)))
    return rows


def holdout_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait of a run's score on one part: MSE and MAE beside the constant's, r, coverage."""
    header = {
        "ja": ("特性", "MSE", "定数の MSE", "MAE", "定数の MAE", "r [95%区間]", "80%区間の被覆率"),
        "en": (
            "Trait", "MSE", "MSE of the constant", "MAE", "MAE of the constant", "r [95% interval]",
            "coverage of 80% intervals",
        ),
    }[lang]  # fmt: skip
    named = [(trait.name(lang), result["traits"][trait.key]) for trait in TRAITS]
    rows: list[Row] = [header]
    for name, figures in [*named, (_MEAN[lang], result["mean"])]:
        errors = (f"{figures[key]:.3f}" for key in ("mse", "mse_constant", "mae", "mae_constant"))
        r = format_r_with_interval(figures) if "r" in figures else _TOO_FEW[lang]
        rows.append((name, *errors, r, f"{100 * figures['coverage_80']:.0f}%"))
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
        by_trait = [format_r(entry["traits"][trait.key]["r"]) for trait in TRAITS]
        head = (
            amount,
            f"{entry['median_chars']:,.0f}",
            str(entry["n_speakers"]),
            format_r_with_interval(entry["mean"]),
        )
        rows.append((*head, *by_trait, _coverage(entry["intervals_80"])))
    return rows


def _coverage(intervals: Mapping[str, Mapping[str, float]] | None) -> str:
    if intervals is None:
        return "–"
    values = [100 * intervals[trait.key]["coverage"] for trait in TRAITS]
    return f"{min(values):.0f}–{max(values):.0f}%"


def trap_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait: what amount, message length and familiar wording explain, and r at equal amounts."""
    equal = [entry for entry in result["equal_amounts"] if "traits" in entry]
    names = {
        "ja": {
            "log_amount": "log 対話数",
            "log_message_chars": "log 発話の長さ",
            "familiarity": "ありふれた表現の割合",
        },
        "en": {"log_amount": "log amount", "log_message_chars": "log message length", "familiarity": "familiarity"},
    }[lang]
    cells = {
        "ja": ("{}と自己報告 / 推定", "{}を固定した r"),
        "en": ("{} vs label / estimate", "r given {}"),
    }[lang]
    at = {"ja": "r（全員 {} 対話）", "en": "r at {} dialogues each"}[lang]
    header = [{"ja": "特性", "en": "Trait"}[lang]]
    header += [cell.format(name) for name in names.values() for cell in cells]
    header += [at.format(entry["n_dialogues"]) for entry in equal]
    rows: list[Row] = [tuple(header)]
    for trait in TRAITS:
        row = [trait.name(lang)]
        for name in names:
            figures = result["traps"][name][trait.key]
            row += [f"{format_r(figures['r_label'])} / {format_r(figures['r_estimate'])}", format_r(figures["r_given"])]
        rows.append((*row, *[format_r(entry["traits"][trait.key]["r"]) for entry in equal]))
    return rows


def reliability_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait: split-half reliability, SEM, and how often a half stands in the band of the other."""
    header = {
        "ja": (
            "特性",
            "折半の r",
            "信頼性（Spearman-Brown）",
            "推定値の SD",
            "測定の標準誤差（1–7）",
            "別の半分が80%の帯に入る",
        ),
        "en": (
            "Trait",
            "split-half r",
            "reliability (Spearman-Brown)",
            "SD of estimates",
            "SEM (1-7)",
            "other half inside the 80% band",
        ),
    }[lang]
    rows: list[Row] = [header]
    for trait in TRAITS:
        figures = result["reliability"][trait.key]
        spread = (f"{figures['sd_estimate_1to7']:.2f}", f"{figures['sem_1to7']:.2f}")
        band = f"{figures['band_80_agreement']:.0%}" if "band_80_agreement" in figures else "–"
        reliability = (format_r(figures["r_halves"]), format_r(figures["spearman_brown"]))
        rows.append((trait.name(lang), *reliability, *spread, band))
    return rows


def validity_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row an estimate: r with each trait's self-report (the diagonal is the convergent one)."""
    corner = {"ja": "推定＼自己報告", "en": "estimate \\ self-report"}[lang]
    table = result["validity"]["traits"]
    rows: list[Row] = [(corner, *[trait.name(lang) for trait in TRAITS])]
    return rows + [(trait.name(lang), *[format_r(table[trait.key][other.key]) for other in TRAITS]) for trait in TRAITS]


def scale_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a questionnaire scale: r of the estimates (and of the self-reports) with it."""
    corner = {"ja": "尺度（推定の r / 自己報告の r）", "en": "scale (r of estimate / of self-report)"}[lang]
    rows: list[Row] = [(corner, *[trait.name(lang) for trait in TRAITS])]
    for scale, figures in result["validity"]["scales"].items():
        cells = [f"{format_r(figures[t.key]['estimate'])} / {format_r(figures[t.key]['label'])}" for t in TRAITS]
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
            line = (_with_error(figures["slope"], figures["slope_error"]), _signed(figures["intercept"]))
            rows.append(
                (group, n, trait.name(lang), error, f"{figures['mae']:.2f}", format_r_with_interval(figures), *line)
            )
    return rows


def slope_rows(result: Mapping[str, Any], lang: str) -> list[Row]:
    """Header and one row a trait: the line of label on estimate, beside the perfect one (slope 1, intercept 0)."""
    header = {"ja": ("特性", "傾き ± 標準誤差", "切片"), "en": ("Trait", "slope ± standard error", "intercept")}[lang]
    rows: list[Row] = [header]
    for trait in TRAITS:
        figures = result["accuracy"]["traits"][trait.key]
        slope = _with_error(figures["slope"], figures["slope_error"])
        rows.append((trait.name(lang), slope, _signed(figures["intercept"])))
    mean = result["accuracy"]["mean"]["slope"]
    return [*rows, (_MEAN[lang], _signed(mean), "–")]


def _with_error(value: float, error: float) -> str:
    return f"{_signed(value)} ± {error:.2f}"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def model_rows(results: Sequence[Mapping[str, Any]], lang: str) -> list[Row]:
    """Header and one row a model under the same protocol, with the strict variant and the errors."""
    sizes = " / ".join(str(amount) for amount in results[0]["protocol"]["amounts"])
    header = {
        "ja": (
            "モデル", "平均 r [95%区間]", f"平均 r（{sizes} 対話）", "相手も除いた平均 r", "平均 MSE", "平均 MAE",
            "分割 × 回", "対話の上限",
        ),
        "en": (
            "Model", "mean r [95% interval]", f"mean r ({sizes} dialogues)", "mean r without partners", "mean MSE",
            "mean MAE", "folds × repeats", "dialogues at most",
        ),
    }[lang]  # fmt: skip
    rows: list[Row] = [header]
    for result in results:
        mean, protocol = result["accuracy"]["mean"], result["protocol"]
        found = {entry["n_dialogues"]: format_r(entry["mean"]["r"]) for entry in result["by_amount"]}
        strict = result["ladder"] and format_r(result["ladder"]["without_partners"]["all"]["mean"]["r"])
        row = (
            result["model"]["name"],
            format_r_with_interval(mean),
            " / ".join(found.get(amount, "–") for amount in results[0]["protocol"]["amounts"]),
            strict or "–",
            f"{mean['mse']:.3f}",
            f"{mean['mae']:.3f}",
            f"{protocol['n_folds']} × {protocol['n_repeats']}",
            str(protocol["max_dialogues"] or _ALL[lang]),
        )
        rows.append(row)
    return rows


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
