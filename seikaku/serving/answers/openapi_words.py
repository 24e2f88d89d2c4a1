"""The words of the OpenAPI document in both languages. In: a document as it was written. Out: it in one language. Pure.

Routes and fields describe themselves in Japanese where they stand; here the English is beside it.
"""

from collections.abc import Mapping
from typing import Any

from seikaku.errors import in_lang
from seikaku.model import typicality
from seikaku.report.words.texts import Lang
from seikaku.serving.answers.field_words import FIELD_WORDS, MODEL_WORDS
from seikaku.serving.requests.purposes import ALLOWED
from seikaku.traits import TRAITS

_PROSE = ("description", "summary")
_NO_PROSE = ("example", "examples", "default", "enum")  # values: a key in them is a value's
# Japanese, English; a text of the document is looked up by either.
_PAIRS: tuple[tuple[str, str], ...] = (
    # what routes say
    (
        "日本語の会話から Big Five を推定し、どれだけ確かかを示す API です。\n"
        "本文は保存も記録もしません。どの推定にも目的（purpose）があり、"
        "採用・与信・保険・捜査・個人の特定には使えません。\n"
        "エラーと言葉は日本語です。`Accept-Language: en` を付けると英語になります。",
        "Estimates the Big Five from Japanese conversation, and says how sure each estimate is.\n"
        "Texts are neither stored nor logged. Every estimate has a purpose; hiring, credit, insurance, policing and "
        "the identification of people are refused.\n"
        "Errors and words are Japanese; with `Accept-Language: en` they are English.",
    ),
    ("推定", "Estimates"),
    ("説明", "About"),
    ("運用", "Operation"),
    ("互換", "Compatibility"),
    ("会話から 1 人を推定する", "Estimate one person from conversation"),
    (
        "会話を JSON で送るか、会話のファイルをフォームで送ります。結果は `seikaku analyze --json` と同じ数値です。",
        "Send the conversation as JSON, or a conversation file as a form. The numbers are those of `seikaku analyze "
        "--json`.",
    ),
    ("1 行 1 件の JSON Lines を次々に推定する", "Estimate JSON Lines, one request a line"),
    (
        "各行は `/v1/estimates` の JSON です。答えも 1 行に 1 件で、誤りのある行はその行だけが error になります。",
        "Each line is the JSON of `/v1/estimates`. Answers come a line each; a bad line gives its error, and the rest "
        "goes on.",
    ),
    ("モデルと、測った精度", "The model and its measured accuracy"),
    (
        "モデルの名前・ハッシュ・基準集団・本文量ごとの精度・上限・使える目的です。",
        "The model's name, hash and norm group, its accuracy by amount of text, the limits, and the purposes allowed.",
    ),
    ("答えの JSON Schema", "The JSON Schema of an answer"),
    (
        "`/v1/estimates` の答えの JSON Schema（2020-12）です。",
        "The JSON Schema (2020-12) of the answer of `/v1/estimates`.",
    ),
    ("生存確認", "Health check"),
    ("SageMaker の生存確認", "SageMaker's health check"),
    (
        "モデルを読み込み終えて、推定できるなら 200、推定がすべて詰まっていれば 503 です（API キーは要りません）。",
        "200 when the model is loaded and can estimate, 503 when all estimates are stuck (no API key is needed).",
    ),
    ("Prometheus の指標", "Prometheus metrics"),
    ("件数・時間・状態の数です。本文や名前は含みません。", "Counts, durations and statuses; no text, no names."),
    ("SageMaker の推論", "SageMaker's inference"),
    (
        "JSON なら `/v1/estimates`、JSON Lines（バッチ変換）なら `/v1/batch` と同じです。",
        "JSON as for `/v1/estimates`, JSON Lines (batch transform) as for `/v1/batch`.",
    ),
    ("IBM Personality Insights v3 と同じ形の答え", "Answers in the shape of IBM Personality Insights v3"),
    (
        "1 人の文章を text/plain（1 行を 1 発話とする）か contentItems の JSON で送ります。",
        "Send one person's text as text/plain (a line is an utterance) or as JSON with contentItems.",
    ),
    # parameters
    ("版の日付（YYYY-MM-DD）", "Date of the version (YYYY-MM-DD)"),
    ("使う目的（X-Seikaku-Purpose ヘッダーでもよい）", "What it is for (or the header X-Seikaku-Purpose)"),
    ("raw_score を付ける", "Add raw_score"),
    ("CSV に見出しの行を付ける", "Add a line of headers to the CSV"),
    ("いつも空の一覧を付ける", "Add the list, which is always empty"),
    ("使う目的", "What it is for"),
    ("本文の言語。ja だけを読む", "The text's language; only ja is read"),
    ("答えの言葉の言語（ja か en）", "The language of the answer's words (ja or en)"),
    ("application/json か text/csv", "application/json or text/csv"),
    # statuses
    ("答え", "The answer"),
    ("API キーがないか、違う", "The API key is missing or wrong"),
    ("使えない目的、またはほかのサイトからの送信", "A purpose that is refused, or a request from another site"),
    ("使えないメソッド", "The method cannot be used"),
    ("Accept の形では答えられない", "No answer is of a kind that Accept names"),
    ("本文が時間内に届かない", "The body did not arrive in time"),
    ("大きすぎる", "Too large"),
    ("読めない Content-Type", "A Content-Type that cannot be read"),
    ("Host ヘッダーがこの機械を指していない", "The Host header does not name this machine"),
    ("書き方か会話に誤りがある", "Something is wrong with the request or the conversation"),
    ("サーバーの問題", "Something went wrong in the server"),
    ("混み合っている（Retry-After 秒後にもう一度）", "Busy (try again after Retry-After seconds)"),
    ("時間の上限を超えた", "The time limit was passed"),
    # bodies
    ("1 行に 1 つの EstimateRequest", "An EstimateRequest a line"),
    ("1 行に 1 つの BatchLine", "A BatchLine a line"),
    ("会話のファイル（いくつでも、ZIP でも）", "The conversation's files (any number, or a ZIP)"),
    ("推定する話者（話者が 1 人なら省略できる）", "Whom to estimate (may be left out if there is one speaker)"),
    ("ファイルの形式（省略すると自動判定）", "The file's format (recognised if left out)"),
    (
        "texts の言語（省略すると Accept-Language に従う）",
        "The language of texts (as Accept-Language says if left out)",
    ),
    ("特性ごと・向きごとに返す発話の数", "Utterances to return per trait and direction"),
    ("会話 1 つ", "One conversation"),
    (
        "会話をいくつか。同じ名前は同じ人として、まとめて推定する",
        "Several conversations; one name is one person, estimated from all of them",
    ),
    ("会話の名前（なければ番号が付く）", "The conversation's name (numbered if there is none)"),
    ("話者の名前", "The speaker's name"),
    ("発話の本文", "What was said"),
    ("日時（ISO 8601。時差は読み捨てる）", "When (ISO 8601; the offset is dropped)"),
    # fields that say themselves what they are
    ("偏差値（norm の集団で平均 50、標準偏差 10）", "T-score (mean 50, standard deviation 10 in the group of norm)"),
    (
        "区間が平均を含む（高いとも低いとも言えない）",
        "Whether the interval holds the mean (neither higher nor lower can be said)",
    ),
    ("ファイルの名前。JSON の会話では request", "The file's name; request for a conversation in JSON"),
    ("起きたこと", "What happened"),
    ("直し方", "How to mend it"),
    ("項目ごとの誤り（あれば）", "What is wrong with each field (if anything)"),
    ("入力の行番号（空行も数える）", "Number of the line in the request (blank ones count)"),
    ("これより少ない文章では推定を控える（文字）", "Below so many characters estimates are withheld"),
    ("本文", "The text"),
    ("書いた時刻（1970 年からのミリ秒、UTC）", "When it was written (milliseconds since 1970, UTC)"),
    ("text/plain だけを読む", "Only text/plain is read"),
    ("転送。本人の言葉ではないので使わない", "Forwarded: not the person's own words, so it is not used"),
    ("基準集団の中の位置（0-1）", "Place in the norm group (0–1)"),
    ("1-7 の得点を 0-1 にしたもの（raw_scores=true のとき）", "The score of 1–7 as 0–1 (with raw_scores=true)"),
    ("状態が ok のときだけ true", "true only where the status is ok"),
    ("細かい特性は推定しないので空", "Empty: facets are not estimated"),
    ("本文の語数の目安（1 語を 1.74 字とした概数）", "About how many words (1.74 characters each)"),
    ("文章が足りないときだけある", "Only where there is too little text"),
    ("created があるときだけある", "Only where there are created"),
    ("求めたときだけあり、いつも空", "Only where asked for, and always empty"),
    ("status と同じ", "The same as status"),
    ("detail と mend", "detail and mend"),
    ("言葉づかいそのものの記述（特性ではない）", "The language itself, described (of no trait)"),
    (
        "基準集団の会話とどれだけ違う書き方か（測っていないモデルでは null）",
        "How unlike the norm group's chats it is written (null where the model has no measure of it)",
    ),
    ("同じ向きに動かしたもの全体に占める割合（0〜1）", "Share of all that moved the estimate the same way (0–1)"),
    ("数えたものの数（basis の単位）", "How many of basis there were"),
    ("この図を言うのに要る数", "How many this figure needs"),
    (
        "基準集団の平均からの距離（1 で推定を控える）",
        "Distance from the norm group's mean (at 1 estimates are withheld)",
    ),
    (
        "norm の平均より高い見込み（0〜1。半々より確かと言えない文章量では null）",
        "Chance of lying above the norm's mean (0–1; null where it was no better than a half with so much text)",
    ),
    (
        "この文章量でどのくらい読み取れるか（精度 r から）",
        "How well it can be read from so much text (by the accuracy r)",
    ),
    (
        "平均からのずれを、どれだけ残したか（1: そのまま、0: 控えた）",
        "How much of the distance from the mean is left (1: all of it, 0: withheld)",
    ),
    *(("、".join(names), ", ".join(names)) for names in (typicality.GROUPS, typicality.FIGURES)),
    *((trait.name_ja, trait.name_en) for trait in TRAITS),
)
_TEXTS: dict[str, dict[Lang, str]] = {text: {"ja": ja, "en": en} for ja, en in _PAIRS for text in (ja, en)}


def translate(document: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """The document with its prose in ``lang``; a text that is not known stays as it is."""
    return {key: _translate(key, value, lang) for key, value in document.items()}


def describe_fields(document: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """The document with words for every model, and for every field of a model that has none."""
    components = document["components"]
    schemas = {name: _describe_model(name, schema, lang) for name, schema in components["schemas"].items()}
    return {**document, "components": {**components, "schemas": schemas}}


def default_purpose_note(purpose: str, lang: Lang) -> str:
    """What the document says where a request need not name its purpose."""
    name_ja, name_en = ALLOWED[purpose]
    if lang == "en":
        return f"A request that names no purpose is answered as {name_en} (`{purpose}`), with a warning."
    return f"このサーバーは、目的のない依頼を「{name_ja}」（`{purpose}`）として扱い、警告を付けて答えます。"


def _translate(key: str, value: Any, lang: Lang) -> Any:
    if key in _NO_PROSE:
        return value
    if isinstance(value, str):
        return _TEXTS[value][lang] if key in _PROSE and value in _TEXTS else value
    if isinstance(value, Mapping):
        return {name: _translate(name, item, lang) for name, item in value.items()}
    if isinstance(value, list):
        return [
            _TEXTS[item][lang] if key == "tags" and item in _TEXTS else _translate("", item, lang) for item in value
        ]
    return value


def _describe_model(name: str, schema: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    described = dict(schema)
    if name in MODEL_WORDS:
        described["description"] = in_lang(MODEL_WORDS[name], lang)
    if "properties" in schema:
        fields = schema["properties"].items()
        described["properties"] = {field: _describe_field(f"{name}.{field}", found, lang) for field, found in fields}
    return described


def _describe_field(name: str, schema: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    words = FIELD_WORDS.get(name) or FIELD_WORDS.get(name.partition(".")[2])
    if words is None or "description" in schema:
        return dict(schema)
    return {**schema, "description": in_lang(words, lang)}
