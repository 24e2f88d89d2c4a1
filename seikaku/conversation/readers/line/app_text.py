"""What LINE itself writes into an export: lines and bodies -> the reason why they are no speech, or None. Pure.

One table a language. Sentences are matched whole: what a person writes in brackets or about a call is speech.
Japanese and English are known well; of other languages only what public exports show.
"""

import re

from seikaku.conversation.readers.bodies import LINE_EMOJI, clean_text

_AUTO_REPLY = {"Auto-reply", "自動応答"}
# A sentence's subject or object is somebody's name: never a sentence of its own.
_NAME = r"[^\n、。！？!?]{1,60}?"

# (reason, sentence behind "NAMEが" or "NAMEは"). The app ends them with and without a full stop.
_JAPANESE_WITH_SUBJECT = (
    ("unsent", r"メッセージの送信を取り消しました"),
    ("system", rf"(?:{_NAME}を)?(?:グループ|トーク|トークルーム)?に?(?:参加|招待|追加)しました"
               r"(?:。招待中の友だちが参加するまでしばらくお待ちください)?"),
    ("system", r"(?:(?:グループ|トーク|トークルーム)(?:を|から))?(?:退会|退出)しました"),
    ("system", rf"{_NAME}(?:の|への)招待をキャンセルしました"),
    ("system", rf"{_NAME}をグループから(?:削除しました|退会させました)"),
    ("system", r"(?:<u>)?アナウンスしました(?:</u>)?"),
    ("system", r"(?:グループ名|グループの?(?:アイコン|プロフィール画像|プロフィール)"
               rf"|トーク(?:ルーム)?の?(?:BGM|名|背景))を(?:「{_NAME}」に)?(?:変更|設定|削除)しました"),
    ("album", rf"(?:「[^\n]{{1,60}}」|{_NAME})?(?:の|に)?アルバム(?:「[^\n]{{1,60}}」)?を(?:作成|削除)しました"),
    ("album", r"アルバム(?:「[^\n]{1,60}」)?(?:に|から)(?:写真|動画|コンテンツ)を(?:追加|削除)しました"),
    ("note", r"(?:ノートに投稿|(?:新しい)?ノートを作成)しました"),
    ("poll", r"(?:「[^\n]{1,60}」の?)?投票を(?:作成|終了)しました"),
    ("event", r"(?:「[^\n]{1,60}」の?)?イベントを(?:作成|変更|削除)しました"),
    ("call", r"(?:グループ)?(?:音声|ビデオ)?通話(?:を(?:開始|終了)|に参加)しました"),
)  # fmt: skip
_JAPANESE_ALONE = (
    ("unsent", r"メッセージの送信を取り消しました"),
    ("call", r"グループ(?:音声|ビデオ)?通話が(?:開始されました|終了しました)"),
    ("note", r"新しいノートを作成しました"),
    ("album", r"新しいアルバムを作成しました"),
    ("system", rf"{_NAME}を(?:グループに)?招待しました。招待中の友だちが参加するまでしばらくお待ちください"),
    ("system", rf"{_NAME}への招待をキャンセルしました"),
    ("system", rf"{_NAME}をグループから削除しました"),
    ("system", rf"グループ名を「{_NAME}」に変更しました"),
    ("system", r"トークBGMが(?:変更|設定|削除)されました"),
    ("system", r"「LINE WORKS」からトークに参加しました。?(?:\n[\s\S]*)?"),
    ("system", r"ⓘ Decrypting\.*"),
)
# (reason, sentence behind "NAME ").
_ENGLISH_WITH_SUBJECT = (
    ("unsent", r"(?:has )?(?:unsent|unsend) a message"),
    ("system", r"(?:has )?(?:joined|left) the (?:chat|group|room)"),
    ("system", rf"(?:has )?(?:invited|added|removed|canceled {_NAME} ?invitation to) {_NAME}"
               r"(?: (?:to|from) the (?:chat|group|room))?"),
    ("system", rf"(?:has )?(?:changed|set|deleted) the (?:group|chat|room)(?:'s)? (?:name|icon|profile photo|profile"
               rf"|picture|photo|background|BGM|background music)(?: to {_NAME})?"),
    ("system", r"made an announcement"),
    ("album", r"(?:has )?(?:created|deleted) (?:an|the) album(?: [^\n]{1,60})?"),
    ("album", r"(?:has )?(?:added|deleted) (?:photos|content|items) (?:to|from) (?:an|the) album(?: [^\n]{1,60})?"),
    ("note", r"(?:has )?(?:created|posted) a(?: new)? (?:note|post)(?: in notes)?"),
    ("poll", r"(?:has )?(?:created|ended|closed) (?:a|the) poll(?: [^\n]{1,60})?"),
    ("event", r"(?:has )?(?:created|changed|deleted) (?:an|the) event(?: [^\n]{1,60})?"),
    ("call", r"(?:has )?(?:started|joined|ended) a group (?:voice |video )?call"),
)  # fmt: skip
_ENGLISH_ALONE = (
    ("unsent", r"(?:You unsent a message|Message unsent)"),
    ("call", r"(?:A )?[Gg]roup (?:voice |video )?call (?:has )?(?:started|ended)"),
    ("note", r"Created a new note"),
    ("system", r"(?:Chat|Talk) BGM (?:was )?changed"),
)
_CHINESE_ALONE = (
    ("unsent", r"[^\n]{0,60}已?收回(?:了)?訊息|[^\n]{0,60}已?收回(?:了)?(?:一条)?(?:消息|讯息)"),
    ("system", r"[^\n]{0,60}(?:已?(?:加入|離開|离开|退出)(?:群組|群组|群聊|聊天))"),
    ("system", r"[^\n]{0,60}已將[^\n]{1,60}添加至群組?"),
)
_TABLES = (_JAPANESE_ALONE, _ENGLISH_ALONE, _CHINESE_ALONE)


def _alternatives(rows: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for _, pattern in rows))


_JAPANESE_SUBJECT = re.compile(rf"({_NAME})(?:が|は)(?:{_alternatives(_JAPANESE_WITH_SUBJECT).pattern})[。.]?")
_ENGLISH_SUBJECT = re.compile(rf"({_NAME}) (?:{_alternatives(_ENGLISH_WITH_SUBJECT).pattern})\.?")
_ALONE = re.compile(f"(?:{'|'.join(_alternatives(rows).pattern for rows in _TABLES)})[。.]?")
# Every English sentence of the app holds one of these; looking first keeps speech fast.
_MAX_CHARS = 400
_ENGLISH_HINTS = (
    " a ", " an ", " the ", "nvited ", "dded ", "emoved ", "anceled ", "roup ", "essage unsent", "BGM", "Decrypting",
)  # fmt: skip
# What a line without a sender is about, first match first; the app wrote all of them.
_TOPICS = (
    ("unsent", re.compile(r"送信を取り消しました|unsent|unsend|收回")),
    ("call", re.compile(r"^\s*☎|通話|[Cc]all (?:has )?(?:started|ended)|group (?:voice |video )?call")),
    ("album", re.compile(r"アルバム|\balbum\b|相簿")),
    ("note", re.compile(r"ノート|\bnote\b|記事本|记事本")),
    ("poll", re.compile(r"投票|\bpoll\b")),
    ("event", re.compile(r"イベント|\bevent\b")),
)


def is_auto_reply(sender: str) -> bool:
    """Whether the "sender" is LINE's answering machine."""
    return sender in _AUTO_REPLY


def may_be_app(text: str) -> bool:
    """Whether the app may have written a text, or what is behind its first word: a quick look before a dear one.

    Each English sentence has an "e" behind its first word, each other one a word of these at its end.
    """
    return "e" in text or "ました" in text or "群" in text or "收回" in text or "聊天" in text


def classify_app_line(text: str) -> str:
    """The reason for a line that has no sender: the app wrote it, whatever it says."""
    return next((reason for reason, topic in _TOPICS if topic.search(text)), "system")


def classify_app_body(sender: str, body: str) -> str | None:
    """The reason why a body that stands behind ``sender`` is the app's sentence, or None."""
    if not _has_hint(body):
        return None
    body = clean_text(body)
    if _ALONE.fullmatch(body) or _JAPANESE_SUBJECT.fullmatch(body):
        return classify_app_line(body)
    english = _ENGLISH_SUBJECT.fullmatch(body)  # an English subject may be anybody whom the sender tells of
    return classify_app_line(body) if english and english[1] in (sender, "You") else None


def subject_of_app_line(text: str) -> str | None:
    """Who a PC export's line without a separate sender is about: a name, "" for nobody, None if it is no app's line.

    ``NAME NAMEが…`` (PC exports name who joined twice) gives the name once.
    """
    if not _has_hint(text):
        return None
    if _ALONE.fullmatch(text):
        return ""
    match = _JAPANESE_SUBJECT.fullmatch(text) or _ENGLISH_SUBJECT.fullmatch(text)
    return undouble(match[1]) if match else None


def undouble(name: str) -> str:
    """``NAME NAME`` -> ``NAME``; anything else as it is."""
    middle = len(name) // 2
    return name[:middle] if name[middle : middle + 1] == " " and name[:middle] == name[middle + 1 :] else name


def strip_emoji(body: str) -> str:
    """``body`` without LINE's stand-ins for its own emoji, unless nothing else is in it."""
    if LINE_EMOJI not in body:
        return body
    without = body.replace(LINE_EMOJI, "")
    return without if without.strip() else LINE_EMOJI


def _has_hint(text: str) -> bool:
    if len(text) > _MAX_CHARS:
        return False
    if "ました" in text or "收回" in text or "群" in text or "聊天" in text:
        return True
    return " " in text and any(hint in text for hint in _ENGLISH_HINTS)
