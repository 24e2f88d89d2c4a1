"""Exports of messengers and forums: Slack, Discord, Messenger, WhatsApp, Telegram, X, KakaoTalk, ChatLab."""

from seikaku.conversation.readers.messengers import (
    chatlab,
    discord,
    kakaotalk,
    meta,
    slack,
    telegram,
    x_dm,
)
from seikaku.conversation.readers.messengers.whatsapp import whatsapp_export
from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = (
    slack.READER,
    *discord.READERS,
    meta.READER,
    whatsapp_export.READER,
    telegram.READER,
    x_dm.READER,
    kakaotalk.READER,
    chatlab.READER,
)
