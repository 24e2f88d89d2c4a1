"""Why a line of a file is not an utterance: codes, and their Japanese words. Pure."""

from collections.abc import Mapping

REASONS_JA: dict[str, str] = {
    "sticker": "スタンプ",
    "photo": "写真",
    "video": "動画",
    "voice_message": "ボイスメッセージ",
    "file": "ファイル",
    "location": "位置情報",
    "contact": "連絡先",
    "album": "アルバム",
    "note": "ノート",
    "poll": "投票",
    "gift": "プレゼント",
    "event": "イベント",
    "other_media": "その他の添付",
    "call": "通話",
    "system": "システムの表示",
    "unsent": "送信取り消し",
    "url_only": "URL だけの発言",
    "empty": "空の発言",
    "no_speaker": "話者が空の行",
    "not_utterance": "発言でない行",
}


def describe_dropped(dropped: Mapping[str, int]) -> str:
    """The counts in one Japanese phrase, e.g. ``スタンプ 3 件、写真 1 件``."""
    return "、".join(f"{REASONS_JA[reason]} {count} 件" for reason, count in dropped.items())
