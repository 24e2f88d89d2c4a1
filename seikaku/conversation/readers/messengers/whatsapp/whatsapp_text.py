"""What WhatsApp writes into a message's body or in its place: labels of media, deletions, calls, app text. Pure.

Labels as the app writes them in Japanese, English, Chinese, Korean, German, French, Spanish, Portuguese and Italian.
On iOS (and before a file's name on Android) the app's own words begin with U+200E, whatever the language.
"""

import re
from collections import Counter
from collections.abc import Mapping

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.messengers.json_values import reason_of_file

_MARK = "\u200e"
_OMITTED: dict[str, str] = {
    "photo": (
        "画像は含まれていません|画像が省略されました|image omitted|圖片已略去|圖像已省略|图像已忽略|照片已忽略|"
        "이미지 생략됨|bild weggelassen|image absente|imagen omitida|imagem ocultada|imagem não revelada|"
        "immagine omessa"
    ),
    "video": (
        "ビデオは含まれていません|動画は含まれていません|video omitted|影片已略去|影片已省略|视频已忽略|"
        "비디오 생략됨|video weggelassen|vidéo absente|video omitido|vídeo omitido|vídeo não revelado|"
        "video omesso"
    ),
    "voice_message": (
        "音声は含まれていません|audio omitted|音訊已略去|音訊已省略|音频已忽略|오디오 생략됨|audio weggelassen|"
        "audio omis|audio omitido|áudio ocultado|audio omesso"
    ),
    "sticker": (
        "スタンプは含まれていません|ステッカーは含まれていません|sticker omitted|貼圖已略去|貼圖已忽略|"
        "贴图已省略|스티커 제외됨|sticker weggelassen|sticker omis|sticker omitido|figurinha omitida|"
        "sticker non incluso"
    ),
    "other_media": (
        "gifは含まれていません|gif omitted|gif 已略去|gif 생략됨|メディアは含まれていません|メディアなし|"
        "media omitted|省略多媒体文件|忽略多媒體檔|省略多媒體檔案|미디어 파일을 생략한 대화내용|"
        "medien ausgeschlossen|medien weggelassen|médias omis|fichier omis|multimedia omitido|archivo omitido|"
        "mídia omitida|media omessi|media omesso|null"
    ),
    "contact": (
        "連絡先カードを省略|連絡先カードは含まれていません|contact card omitted|聯絡人卡片已略去|"
        "联系人卡片已忽略|연락처 카드 생략됨|kontaktkarte ausgelassen|fiche contact manquante|"
        "tarjeta de contacto omitida"
    ),
    "file": (
        "ドキュメントは含まれていません|document omitted|文件已略去|文件已忽略|文档已省略|문서 생략됨|"
        "dokument weggelassen|document manquant|documento omitido|documento omesso"
    ),
    "location": ("ライブロケーション共有|live location shared|實時位置已分享|共享实时位置|공유한 실시간 위치"),
    "call": (
        "missed voice call|missed video call|missed group voice call|missed group video call|音声通話不在着信|"
        "ビデオ通話不在着信|不在着信|音声通話の不在着信|ビデオ通話の不在着信|未接語音通話|未接视频通话|"
        "부재중 음성통화"
    ),
    "deleted": (
        "このメッセージは削除されました|このメッセージを削除しました|this message was deleted|"
        "you deleted this message|this message was deleted by an admin|you deleted this message as admin|"
        "此訊息已刪除|此消息已删除|您已刪除此訊息|你删除了此消息|삭제된 메시지입니다|이 메시지를 삭제했습니다|"
        "diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|ce message a été supprimé|"
        "eliminaste este mensaje|se eliminó este mensaje|mensagem apagada"
    ),
}
_REASON = {label: reason for reason, labels in _OMITTED.items() for label in labels.split("|")}
_BY_ME = frozenset(("you deleted this message", "このメッセージを削除しました"))
_MAX_LABEL_CHARS = 60
_NOTHING: Mapping[str, int] = {}
# "IMG-20201231-WA0001.jpg (file attached)"; on iOS "<attached: 00000012-PHOTO-2020-12-31-23-59-01.jpg>".
_ANDROID_FILE = re.compile(
    r"((?:IMG|VID|PTT|AUD|STK|DOC)-\d{8}-WA\d{1,6}\.\w{1,5}|[^\n]{1,120}\.\w{2,5}"
    r"(?= [(（](?:file attached|ファイル添付|添付ファイル|添付ファイルあり|檔案附件"
    r"|文件附件|파일 첨부)[)）]))"
    r" [(（][^()（）\n]{1,40}[)）]"
)
_IOS_FILE = re.compile(r"<[^<>\n:：]{1,30}[:：] ?(\d{6,10}-[^<>\n]{1,150}|[^<>\n]{1,150}\.\w{2,5})>")
_IOS_NAMED = re.compile(r"[^\n]{1,200}\.\w{2,5} •[^\n]{0,60}?(?:document omitted|ドキュメントは含まれていません)")
_PLACE = re.compile(r"(?:[^\n:：]{0,20}[:：] ?)?https://maps\.google\.com/\?q=[!-~]{1,80}")
_POLL = re.compile(r"(?:POLL|アンケート|投票)[:：]?(?:\n|\Z)")
_UNUSUAL = re.compile("[\u200e\u2068<(（]|encrypt|secured|暗号化|://maps")
_EDITED = re.compile(r"\u200e ?<[^<>\n:：]{3,60}>\Z|<This message was edited>\Z")
_MENTION = re.compile("@\u2068[^\u2068\u2069\n]{1,80}\u2069")
_ENCRYPTION = re.compile(
    r"(?:Messages and calls are end-to-end encrypted|Messages to this (?:chat|group)|メッセージ(?:と|および)通話は"
    r"|このチャット(?:と通話|でのメッセージ))[^\n]*(?:encrypt|暗号化|secured)"
)
# Before a colon that the app wrote: the lines without a speaker that quote a group's name or a text.
_APP_SENTENCE = re.compile(
    r"(?:created group|changed the (?:subject|group)|changed this group|changed to |changed their phone|joined using"
    r"|added |removed |end-to-end|暗号化|グループ名を|グループ「|グループ“|グループの説明"
    r"|さんが(?:グループ|参加|退出|追加))"
)


def is_app_sentence(before_colon: str) -> bool:
    """Whether what stands before a line's first colon is a sentence of the app, not a name."""
    return _APP_SENTENCE.search(before_colon) is not None


def is_deleted_by_exporter(body: str) -> bool:
    """Whether the app says that the one who exported the file deleted this message."""
    return _label(body) in _BY_ME


def classify(body: str, *, is_ios: bool) -> tuple[str, Mapping[str, int], str | None]:
    """A raw body: the writer's words, what was taken out of them, and the reason where none are left."""
    body = body.strip(" \n\u00a0\u202f")
    if not _UNUSUAL.search(body):  # nearly every message
        return body, _NOTHING, _REASON.get(_label(body)) if len(body) <= _MAX_LABEL_CHARS else None
    removed: Counter[str] = Counter()
    is_marked = body.startswith(_MARK)
    body = _EDITED.sub("", body)
    if reason := _whole_reason(body):
        return "", removed, reason
    first, _, rest = body.partition("\n")
    if reason := _line_reason(first.strip(), is_marked):
        removed[reason] += 1
        body = rest
    for match in list(_IOS_FILE.finditer(body))[:20]:
        if _MARK in body[max(0, match.start() - 1) : match.start()]:
            removed[reason_of_file(match[1])] += 1
            body = body.replace(match[0], " ", 1)
    body, n_mentions = _MENTION.subn(" ", body)
    if n_mentions:
        removed["mention"] += n_mentions
    text = clean_text(body)
    if not text and removed:
        return "", _NOTHING, max(removed, key=removed.__getitem__)
    if is_marked and is_ios and not removed:
        return "", _NOTHING, "other_media" if text.lower().endswith("omitted") else "system"
    return text, removed, None


def _whole_reason(body: str) -> str | None:
    text = clean_text(body)
    if _ENCRYPTION.match(text):
        return "system"
    if _POLL.match(text) and body.startswith(_MARK):
        return "poll"
    if _PLACE.fullmatch(text):
        return "location"
    return _REASON.get(_label(body))


def _line_reason(line: str, is_marked: bool) -> str | None:
    """Why a body's first line is the app's; what follows is a caption."""
    text = clean_text(line)
    if match := _ANDROID_FILE.fullmatch(text):
        return reason_of_file(match[1])
    if _IOS_NAMED.fullmatch(text):
        return "file"
    if is_marked and (match := _IOS_FILE.fullmatch(text)):
        return reason_of_file(match[1])
    return _REASON.get(_label(line)) if is_marked or text.startswith("<") else None


def _label(text: str) -> str:
    """A short text as the table of labels writes it: lower case, without brackets and full stop."""
    cleaned = clean_text(text)
    if len(cleaned) > _MAX_LABEL_CHARS:
        return ""
    return cleaned.lower().removeprefix("<").removesuffix(">").strip().rstrip(".。").replace("gif は", "gifは")
