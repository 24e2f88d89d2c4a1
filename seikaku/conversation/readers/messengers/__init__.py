"""Exports of messengers and forums: Slack, Discord, Messenger, WhatsApp, Telegram, X, KakaoTalk, ChatLab."""

from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = ()
