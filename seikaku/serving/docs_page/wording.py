"""The words of the API page itself, Japanese and English side by side. Values; no effects."""

from seikaku.report.words.texts import LANGS, Lang

_WORDS: dict[str, dict[Lang, str]] = {
    "title": {"ja": "HTTP API", "en": "HTTP API"},
    "version": {"ja": "seikaku {version}", "en": "seikaku {version}"},
    "language": {"ja": "言語", "en": "Language"},
    "contents": {"ja": "目次", "en": "Contents"},
    "to_page": {"ja": "ブラウザで使うページ", "en": "The page for people"},
    "to_document": {"ja": "OpenAPI の文書（JSON）", "en": "The OpenAPI document (JSON)"},
    "to_schema": {"ja": "答えの JSON Schema", "en": "JSON Schema of an answer"},
    "key": {
        "ja": "このサーバーは API キーを求めます（`/health` と `/ping` を除く）。"
        "`Authorization: Bearer`、`X-API-Key`、または Basic 認証のパスワードで送ってください。"
        "下の例は、環境変数 `SEIKAKU_API_KEY` のキーを使います。",
        "en": "This server asks for an API key (but for `/health` and `/ping`). Send it as `Authorization: Bearer`, as "
        "`X-API-Key`, or as the password of Basic authentication. The examples below take it from the variable "
        "`SEIKAKU_API_KEY`.",
    },
    "copying": {
        "ja": "例は、そのまま端末に貼り付けて動きます。クリックすると全体が選ばれます。",
        "en": "The examples work as they stand in a terminal. A click selects the whole of one.",
    },
    "parameters": {"ja": "パラメーター", "en": "Parameters"},
    "body": {"ja": "送るもの", "en": "Request"},
    "answer": {"ja": "答え", "en": "Answer"},
    "answer_example": {"ja": "答えの例", "en": "An answer"},
    "answer_example_note": {
        "ja": "このサーバーのモデルが、上の例に実際に答えたものです。会話は架空です。",
        "en": "This is what the model of this server answers to the example above. The talk is fictional.",
    },
    "statuses": {"ja": "状態コード", "en": "Status codes"},
    "example": {"ja": "例", "en": "Example"},
    "open": {"ja": "開く", "en": "Open"},
    "link": {"ja": "「{name}」へのリンク", "en": "Link to {name}"},
    "required": {"ja": "必須", "en": "required"},
    "may_be_missing": {"ja": "ないことがある", "en": "may be missing"},
    "in_query": {"ja": "クエリー", "en": "query"},
    "in_header": {"ja": "ヘッダー", "en": "header"},
    "in_path": {"ja": "パス", "en": "path"},
    "fields": {"ja": "{name} の中身", "en": "Inside {name}"},
    "fields_plain": {"ja": "中身", "en": "Inside"},
    "see": {"ja": "{name} の中身を見る", "en": "See {name}"},
    "per_line": {"ja": "1 行ごとに", "en": "On each line"},
    "free": {"ja": "決まった形はありません。", "en": "It has no fixed shape."},
    "errors": {"ja": "エラー", "en": "Errors"},
    "errors_lead": {
        "ja": "どのエラーも `application/problem+json`（RFC 9457）で、起きたことと直し方を言います。"
        "会話の本文は入りません。",
        "en": "Every error is `application/problem+json` (RFC 9457) and says what happened and how to mend it. It "
        "holds no text of the conversation.",
    },
    # types and limits
    "any": {"ja": "どんな値でも", "en": "any value"},
    "colon": {"ja": "：", "en": ": "},
    "or": {"ja": " か ", "en": " or "},
    "any_array": {"ja": "配列", "en": "array"},
    "array": {"ja": "{item} の配列", "en": "array of {item}"},
    "map": {"ja": "名前 → {item}", "en": "name → {item}"},
    "one_of": {"ja": "どれか: {values}", "en": "one of: {values}"},
    "exactly_one": {"ja": "どちらか一方だけ: {values}", "en": "exactly one of: {values}"},
    "minimum": {"ja": "{value} 以上", "en": "at least {value}"},
    "maximum": {"ja": "{value} 以下", "en": "at most {value}"},
    "minLength": {"ja": "{value} 文字以上", "en": "{value} or more characters"},
    "maxLength": {"ja": "{value} 文字以下", "en": "{value} or fewer characters"},
    "minItems": {"ja": "{value} 個以上", "en": "{value} or more"},
    "pattern": {"ja": "書き方: {value}", "en": "written as {value}"},
    "default": {"ja": "既定: {value}", "en": "default: {value}"},
}
WORDS: dict[Lang, dict[str, str]] = {lang: {key: texts[lang] for key, texts in _WORDS.items()} for lang in LANGS}
