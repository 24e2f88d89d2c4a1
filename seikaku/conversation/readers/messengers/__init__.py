"""Exports of messengers and forums: Slack, Discord, Messenger, WhatsApp, Telegram, X, KakaoTalk, ChatLab."""

from seikaku.conversation.readers.messengers import (
    chatlab,
    discord,
    discord_csv,
    discord_txt,
    kakaotalk,
    meta,
    slack,
    telegram,
    whatsapp,
    x_dm,
)
from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = (
    slack.READER,
    discord.READER,
    discord_csv.READER,
    discord_txt.READER,
    meta.READER,
    whatsapp.READER,
    telegram.READER,
    x_dm.READER,
    kakaotalk.READER,
    chatlab.READER,
)
