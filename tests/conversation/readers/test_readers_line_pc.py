"""LINE's PC export: names end where a space is, and may hold spaces themselves."""

from datetime import datetime

DATE = "2026.01.09 金曜日\n"


def test_names_with_spaces_are_learnt_and_told(read):
    lines = [f"1{i}:00 山田 花子 {text}" for i, text in enumerate(["おはよう", "元気 だよ", "うん", "またね"])]
    lines += [f"1{i}:30 山田 太郎 {text}" for i, text in enumerate(["やあ", "そう", "いいね"])]
    lines += ["18:00 健 ぼくもいるよ"]
    report = read(DATE + "\n".join(lines)).report
    assert report.format == "line-pc"
    assert report.speakers == {"山田 花子": 4, "山田 太郎": 3, "健": 1}
    assert report.warnings == ("空白を含む話者名を、行頭の繰り返しから推定しました: 「山田 太郎」、「山田 花子」",)


def test_partner_in_the_title_is_known_even_from_one_line(said):
    text = (
        f"[LINE] 山田 花子とのトーク履歴\n保存日時：2026/01/10 21:00\n\n{DATE}8:00 山田 花子 おはよう\n8:01 健 やあ\n"
    )
    assert said(text) == [("山田 花子", "おはよう"), ("健", "やあ")]


def test_a_speaker_who_writes_with_spaces_keeps_a_short_name(said):
    bodies = ["うん そう", "いや ちがう", "たぶん ね", "うん わかった", "じゃあ また"]
    assert {speaker for speaker, _ in said(DATE + "\n".join(f"8:0{i} 健 {b}" for i, b in enumerate(bodies)))} == {"健"}


def test_raw_lines_continue_the_message(said):
    text = f"{DATE}8:00 花子 一行目\n二行目\n\n四行目\n8:01 健 はい\n"
    assert said(text) == [("花子", "一行目\n二行目\n\n四行目"), ("健", "はい")]


def test_date_line_counts_only_if_it_does_not_go_back(read):
    imported = read(f"{DATE}8:00 花子 去年の\n2025.12.31 水曜日\nの日記\n2026.01.10 土曜日\n8:00 健 へえ\n")
    first, second = imported.conversations[0].utterances
    assert first.text == "去年の\n2025.12.31 水曜日\nの日記"
    assert second.timestamp == datetime(2026, 1, 10, 8, 0)


def test_impossible_date_is_text(said):
    assert said(f"{DATE}8:00 花子 見て\n2026.02.31 土曜日\n8:01 健 え\n")[0] == ("花子", "見て\n2026.02.31 土曜日")


def test_pasted_times_go_back_to_the_message_they_were_typed_in(said):
    pasted = "8:00 駅前 集合\n18:00 解散\n23:00 宿 消灯\n"
    text = f"{DATE}9:00 花子 予定\n{pasted}9:05 健 了解\n9:06 花子 よろしく\n9:07 健 うん\n"
    assert said(text)[0] == ("花子", "予定\n08:00 駅前 集合\n18:00 解散\n23:00 宿 消灯")
    assert [speaker for speaker, _ in said(text)] == ["花子", "健", "花子", "健"]


def test_bare_media_words_and_lines_of_the_app(read):
    lines = ["花子 スタンプ", "花子 写真", "花子 画像", "健 動画", "健 ☎ 通話時間 1:00",
             "健がメッセージの送信を取り消しました",
             "新 一がグループに参加しました。", "花子 写真とったよ", "健 いいね"]  # fmt: skip
    report = read(DATE + "\n".join(f"8:0{i} {line}" for i, line in enumerate(lines))).report
    assert report.dropped == {"photo": 2, "sticker": 1, "video": 1, "call": 1, "unsent": 1, "system": 1}
    assert report.speakers == {"花子": 1, "健": 1}


def test_english_date_line(read):
    assert read("2017.09.03 Sunday\n01:54 A はい\n").report.first_timestamp == "2017-09-03T01:54:00"


def test_a_phone_export_is_not_taken_for_one_of_a_pc(read):
    assert read("2024/5/3(金)\n8:00\t太郎\t9:00 に 行く\n8:01\t花子\tはい\n").report.format == "line"
