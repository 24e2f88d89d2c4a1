"""What the models of the API are, and their fields that do not say it themselves: Japanese, English. Values only."""

from seikaku.conversation.description.catalogue import FIGURES
from seikaku.errors import Words, both
from seikaku.report.words.description import figure_meaning
from seikaku.report.words.texts import STATUS_LABELS

MODEL_WORDS: dict[str, Words] = {
    "Accuracy": both(
        "この文章量で測った、推定と本人の自己評定の相関（Pearson の r）と、その 95% 区間です。",
        "Measured correlation (Pearson's r) of estimate and self-report at this amount of text, with its 95% interval.",
    ),
    "AccuracyAtAmount": both(
        "本人の文章がこの量のときに測った精度です。", "Accuracy measured with this much own text."
    ),
    "Amount": both("使えた本人の文章の量です。", "How much of the speaker's own text was used."),
    "BatchLine": both(
        "JSON Lines の答えの 1 行。その行の結果か、誤りです。",
        "One line of an answer: the result of that line, or its error.",
    ),
    "Behavior": both(
        "ある曜日か時間帯に書かれた文章の割合です。", "Share of the texts written on one weekday or in one hour."
    ),
    "ContentItem": both(
        "本人の文章 1 つ。ここにない項目は読み飛ばします。", "One text by the person; other keys are read past."
    ),
    "Conversation": both(
        "話された順に並べた発話です。ここにない項目は読み飛ばします。",
        "Utterances in the order in which they were said; other keys are read past.",
    ),
    "Direction": both(
        "本人が言ったことのうち、推定を同じ向きに動かしたものです。"
        "expressions の share と others_share を足すと 1 です。",
        "What was said and moved the estimate one way: the shares of expressions and others_share make 1.",
    ),
    "EstimateAnswer": both(
        "1 人の推定。`seikaku analyze --json` の results の 1 つに、purpose と texts を足したものです。",
        "The estimates of one speaker: one of the results of `seikaku analyze --json`, with purpose and texts.",
    ),
    "EstimateRequest": both(
        "推定する 1 人と、会話（1 つか、いくつか）。知らない項目は誤りとして知らせます。",
        "One speaker to estimate, from one conversation or several; an unknown key is told as a mistake.",
    ),
    "EstimateWarning": both("注意のコードと、その数値です。", "A code, and its figures."),
    "Evidence": both(
        "本人の発話 1 つと、それが推定を動かした大きさ。性格の証拠ではありません。",
        "One utterance of the speaker, and how far it moved the estimate; it is no evidence of personality.",
    ),
    "Expression": both(
        "推定を動かした本人の言葉づかい。基準集団より多く言ったか、少なく言ったことで動かしたものです。",
        "Wording of the speaker that moved the estimate by being said more, or less, than the norm group says it.",
    ),
    "FieldError": both("項目 1 つの誤りです。", "What is wrong with one field."),
    "FigurePart": both(
        "数値の内訳 1 つ（語尾 1 つ、言葉 1 つ、1 時間など）です。",
        "One part of a figure: one ending, one word, one hour.",
    ),
    "Dropped": both(
        "1 人の話者の、1 つの理由で除いたものです。", "What was left out of one speaker's, for one reason."
    ),
    "ImportReport": both("読み取ったものと、除いたものと理由です。", "What was read, and what was dropped and why."),
    "Interval": both(
        "本人の自己評定が 80% の見込みで入る区間です。", "The interval that holds the self-report with a chance of 80%."
    ),
    "LanguageDescription": both(
        "言葉そのものの数値。書かれたものの記述で、特性ではありません。",
        "The speaker's language in figures: a description of what was written, of no trait.",
    ),
    "LanguageFigure": both(
        "言葉の数値 1 つ。数えたものが least_n に足りなければ value は null、"
        "公平に比べられなければ percentile は null です。",
        "One figure. value is null where n is less than least_n, percentile where no fair comparison is possible.",
    ),
    "LanguageFigures": both("言葉の数値です。", "The figures."),
    "LanguageNorm": both("言葉の数値を比べた集団です。", "The group that the figures stand beside."),
    "LanguageStanding": both(
        "言葉づかいが、基準集団の中でどの位置にあるか（0〜100）。特性の位置ではありません。",
        "Where the person's language stands in the norm group (0–100); this is not where the trait stands.",
    ),
    "ModelAnswer": both("モデルと、その精度です。", "What the model is, and how accurate it was."),
    "ModelIdentity": both("推定したモデルです。", "Which model made the estimate."),
    "MoreText": both(
        "測った最大の文章量まで会話を足すと、どう変わるかです。",
        "What would change with the most text that accuracy was measured with.",
    ),
    "Movement": both(
        "推定が今の値になった道筋。raised・lowered・unsaid_t・rest_t を足すと、"
        "基準集団の平均からのずれ（偏差値の点）です。",
        "How the estimate came about: raised, lowered, unsaid_t and rest_t add up to its distance from the norm mean.",
    ),
    "Norm": both("偏差値の基準にした集団です。", "The group that T-scores refer to."),
    "Problem": both("エラー（RFC 9457）です。", "An error (RFC 9457)."),
    "Profile": both("1 人のプロフィールです。", "The profile of one person."),
    "ProfileProblem": both(
        "エラー（RFC 9457）に、IBM のクライアントが読む 2 項目を足したものです。",
        "An error (RFC 9457), with the two keys that IBM's clients read.",
    ),
    "ProfileRequest": both("1 人の文章です。", "The texts of one person."),
    "ProfileTrait": both(
        "特性 1 つ。控えた推定の数値は null です。", "One trait; its numbers are null where the estimate is withheld."
    ),
    "ProfileWarning": both("プロフィールを読むときの注意です。", "Something to know about the profile."),
    "Quote": both("本人の発話です。", "An utterance of the speaker."),
    "Rarity": both("文章がどれだけ珍しいかです。", "How unusual the text is among the norm group's dialogues."),
    "Texts": both("答えを言葉にしたものです。", "The answer in words."),
    "TextsByTrait": both("特性ごとの言葉です。", "The words for each trait."),
    "TraitAccuracies": both("特性ごとの精度です。", "Accuracy by trait."),
    "TraitEstimate": both(
        "特性 1 つ。status が withheld のとき数値は null で、reason が理由です。",
        "One trait. Where status is withheld the numbers are null, and reason says why.",
    ),
    "TraitFigures": both("特性ごとの数値です。", "A figure for each trait."),
    "TraitTexts": both("特性 1 つを言葉にしたものです。", "One trait in words."),
    "Traits": both("5 つの特性です。", "The five traits."),
    "Unlikeness": both(
        "基準集団の会話とどれだけ違う書き方かです。", "How unlike the norm group's chats the text is written."
    ),
    "Utterance": both("1 つの発話です。", "One message."),
}

# By field, or by model and field where the same name is another thing there.
FIELD_WORDS: dict[str, Words] = {
    "r": both("相関", "Correlation"),
    "r_low_95": both("95% 区間の下の端", "Lower end of the 95% interval"),
    "r_high_95": both("95% 区間の上の端", "Upper end of the 95% interval"),
    "MoreText.r": both("そのときの相関", "The correlation reached then"),
    "half_width_t": both(
        "そのときの 80% 区間の半分の幅（偏差値）", "Half the width of the 80% interval then (T-score)"
    ),
    "n_chars": both("文字数（空白を除く）", "Characters, white space apart"),
    "n_conversations": both("会話の数", "Number of conversations"),
    "n_utterances": both("発話の数", "Number of utterances"),
    "traits": both("特性ごと", "By trait"),
    "BatchLine.result": both("その行の答え", "The line's answer"),
    "BatchLine.error": both("その行の誤り", "The line's error"),
    "trait_id": both("名前（プログラム用）", "Name, for programs"),
    "name": both("名前（人が読むため）", "Name, for people"),
    "category": both("種類", "Kind"),
    "percentage": both("割合（0〜1）", "Share (0–1)"),
    "id": both("読み飛ばします", "Read past"),
    "language": both("読み飛ばします", "Read past"),
    "TraitEstimate.language": both(
        "言葉づかいの位置。この特性と関わると分かっていなければ null",
        "Where the language stands; null where it is not known to say anything of the trait",
    ),
    "utterances": both("発話", "The utterances"),
    "schema_version": both("この形の版", "Version of this shape"),
    "seikaku_version": both("seikaku の版", "Version of seikaku"),
    "model": both("モデル", "The model"),
    "norm": both("基準集団", "The norm group"),
    "speaker": both("推定した話者", "Whom it is about"),
    "amount": both("使えた文章の量", "How much text was used"),
    "warnings": both("注意", "Warnings"),
    "import": both("読み取りの内訳", "What was read"),
    "purpose": both("使う目的（自己申告）", "What it is for (self-declared)"),
    "texts": both("言葉にした答え", "The answer in words"),
    "code": both("コード", "The code"),
    "conversation_id": both("会話の名前", "The conversation's name"),
    "utterance_index": both("会話の中で何番目の発話か（0 から）", "Which utterance of the conversation (from 0)"),
    "text": both("発話の本文", "What was said"),
    "contribution_t": both(
        "推定を動かした大きさ（偏差値の点、正は高い側）", "How far it moved the estimate (T-score points)"
    ),
    "field": both("項目の名前（本文全体なら空）", "The field's name (empty for the body as a whole)"),
    "message": both("説明", "What it is"),
    "FieldError.message": both("誤り", "What is wrong"),
    "format": both("ファイルの形式", "The file's format"),
    "encoding": both("文字コード", "The character encoding"),
    "speakers": both("話者ごとの発話の数", "Utterances by speaker"),
    "dropped": both("除いたものの数（理由ごと）", "What was dropped, by reason"),
    "first_timestamp": both("最初の日時", "The first time"),
    "last_timestamp": both("最後の日時", "The last time"),
    "ImportReport.warnings": both("読み取りの注意", "Notes of the reader"),
    "confidence": both("形式の判定の確からしさ（0〜1）", "How sure the format is (0 to 1)"),
    "ImportReport.evidence": both("そう判定した根拠", "What speaks for the format"),
    "against": both("判定に合わないところ", "What speaks against it"),
    "dropped_by": both("除いたものの数（理由と話者ごと）", "What was dropped, by reason and speaker"),
    "removed_by": both("発言の中から除いたものの数", "What was taken out of messages that were kept"),
    "me": both("書き出した人（ファイルに書かれているとき）", "Who exported the file, where it tells"),
    "uncertain_names": both("どこまでが名前か不確かな話者", "Speakers whose names may end elsewhere"),
    "renamed": both("1 つのアカウントの前の名前と後の名前の組", "Earlier and later names of one account"),
    "Dropped.reason": both("除いた理由（code）", "Why it was left out (code)"),
    "Dropped.speaker": both("話者（いなければ空）", "The speaker (empty: nobody)"),
    "Dropped.count": both("数", "How many"),
    "Dropped.lines": both("何行目か（はじめの 20 行まで）", "On which lines (the first 20)"),
    "Dropped.file": both("いくつものファイルのときは、そのファイル", "Which file, where there are several"),
    "LanguageStanding.percentile": both(
        "同じ量の文章を書いた 100 人のうち、この特性の高い人の言葉づかいがより少ない人の数",
        "Of 100 people with as much text, how many have less of the wording that goes with high scores",
    ),
    "low_80": both(
        "本人の別の文章でも 80% の見込みで入る範囲の下の端", "Lower end of where the person's other text lies, 80%"
    ),
    "high_80": both("その上の端", "Its upper end"),
    "accuracy_by_amount": both("本文量ごとの精度", "Accuracy by amount of text"),
    "known_share_floor": both(
        "モデルの知る表現がこの割合より少ないと、確かさを下げる",
        "Below this share of known expressions less is claimed",
    ),
    "licence": both("ライセンス（code はプログラム、model は重み）", "Licences (code, and the model's weights)"),
    "provenance": both("学習に使ったデータと設定", "Data and settings of the training"),
    "purposes": both("使える目的と、その名前", "Purposes allowed, and their names"),
    "forbidden_purposes": both("使えない目的と、その理由", "Purposes refused, and why"),
    "limits": both("このサーバーの上限", "This server's limits"),
    "not_for": both("使ってはいけないこと", "What it must not be used for"),
    "model_id": both("名前", "Its name"),
    "model_hash": both("重みと較正の SHA-256", "SHA-256 of weights and calibration"),
    "name_ja": both("名前（日本語）", "Its name (Japanese)"),
    "name_en": both("名前（英語）", "Its name (English)"),
    "n_speakers": both("人数", "Number of people"),
    "mean_1to7": both("1〜7 の得点の平均", "Mean of the scores (1–7)"),
    "sd_1to7": both("1〜7 の得点の標準偏差", "Standard deviation of the scores (1–7)"),
    "type": both("種類（`urn:seikaku:problem:…`）", "Its kind (`urn:seikaku:problem:…`)"),
    "title": both("HTTP の状態の名前", "The name of the HTTP status"),
    "Problem.status": both("HTTP の状態", "The HTTP status"),
    "ProfileProblem.status": both("HTTP の状態", "The HTTP status"),
    "request_id": both("X-Request-ID と同じ", "The same as X-Request-ID"),
    "processed_language": both("いつも ja", "Always ja"),
    "personality": both("5 つの特性", "The five traits"),
    "needs": both("いつも空（推定しません）", "Always empty (not estimated)"),
    "values": both("いつも空（推定しません）", "Always empty (not estimated)"),
    "contentItems": both("文章", "The texts"),
    "warning_id": both("コード", "The code"),
    "lang": both("言語", "The language"),
    "summary": both("まとめの 1 文", "A sentence that sums it up"),
    "Texts.more_text": both("文章を増やすと何が変わるか", "What more text would change"),
    "reading": both("この文章量からどれだけ読み取れるか", "How well it can be read from this much text"),
    "found": both("この人について分かったこと", "What was found for this person"),
    "before_after": both(
        "80% の区間（偏差値）: 読む前と、読んだ後", "The 80% interval (T-scores): before reading and after"
    ),
    "reasons": both("status が ok でない特性の理由", "Why the status of a trait is not ok"),
    "Texts.warnings": both("warnings を言葉にしたもの", "warnings in words"),
    "status": both(
        "、".join(f"{code} は「{label['ja']}」" for code, label in STATUS_LABELS.items()),
        "; ".join(f"{code}: {label['en']}" for code, label in STATUS_LABELS.items()),
    ),
    "reason": both("ok でない理由のコード", "The code of why it is not ok"),
    "score_1to7": both("質問紙の 1〜7 の得点", "Score on the questionnaire's scale of 1 to 7"),
    "percentile": both("基準集団の中の位置（0〜100）", "Place in the norm group (0–100)"),
    "interval_80": both("80% 区間", "The 80% interval"),
    "before_80": both("会話を読む前に言える 80% 区間", "The 80% interval before anything was read"),
    "probability_above": both("基準集団の平均より上である確率", "Probability of lying above the norm mean"),
    "accuracy": both("この文章量で測った精度", "Accuracy measured with this amount of text"),
    "readability": both(
        "この文章量で、この特性がどのくらい読めるか", "How well this trait can be read from this amount of text"
    ),
    "more_text": both("会話を足すとどう変わるか", "What more text would change"),
    "evidence": both("推定を動かした発話", "Utterances that moved the estimate"),
    "low_1to7": both("下の端（1〜7）", "Lower end (1–7)"),
    "high_1to7": both("上の端（1〜7）", "Upper end (1–7)"),
    "low_t": both("下の端（偏差値）", "Lower end (T-score)"),
    "high_t": both("上の端（偏差値）", "Upper end (T-score)"),
    # what moved an estimate
    "movement": both("推定が今の値になった道筋", "How the estimate came about"),
    "raised": both("高い側へ動かしたもの", "What moved it towards higher"),
    "lowered": both("低い側へ動かしたもの", "What moved it towards lower"),
    "unsaid_t": both(
        "基準集団が言い、本人が言わなかったことによる分（点）", "By what the norm group says and the speaker never"
    ),
    "rest_t": both("文章の量による分（点）", "By the amount of text"),
    "total_t": both("合わせて動かした大きさ（偏差値の点）", "How far all of it moved the estimate (T-score points)"),
    "expressions": both("言葉づかい（強いものから）", "The wording, strongest first"),
    "others_share": both("ほかの言葉づかいの割合（0〜1）", "Share of the other wording (0–1)"),
    "Expression.text": both("言葉づかい（モデルの表記）", "The wording, in the model's spelling"),
    "usage": both("more は基準集団より多く、less は少なく言ったもの", "more or less often than the norm group says it"),
    "examples": both("その言葉を含む発話", "Utterances that hold it"),
    "Expression.n_utterances": both("含む発話の数", "Utterances that hold it"),
    "Evidence.n_utterances": both("同じことを言った発話の数", "How many utterances say the same"),
    # the language itself
    **{
        f"LanguageFigures.{figure.key}": both(figure_meaning(figure.key, "ja"), figure_meaning(figure.key, "en"))
        for figure in FIGURES
    },
    "about": both("何の記述か（特性ではない）", "What it describes (no trait)"),
    "figures": both("数値", "The figures"),
    "group": both("まとまり（量、リズム、書き方、言葉選び）", "The group it is shown in"),
    "value": both("値", "The value"),
    "unit": both("値の単位", "The value's unit"),
    "basis": both("何を数えたか", "What it is counted over"),
    "part_unit": both("内訳の単位", "The parts' unit"),
    "parts": both("内訳", "The parts"),
    "percentile_80": both(
        "同じ人の別の文章でも 80% の見込みで入る範囲", "Where other text of the same person stands, 80 times of 100"
    ),
    "same_share": both(
        "基準集団のうち、ちょうど同じ値の人の割合（0〜1）", "Share of the norm group with exactly this value"
    ),
    "date": both("測った日", "When it was measured"),
    "corpus": both("もとのコーパス", "The corpus"),
    "LanguageNorm.licence": both("もとのコーパスのライセンス", "The corpus's licence"),
    "overall": both("全体", "In all"),
    "less_usual_of_100": both(
        "基準集団の会話 100 のうち、これより珍しいものの数",
        "Of 100 dialogues of the norm group, how many are less usual",
    ),
    "Unlikeness.reasons": both(
        "推定を平均に近づけた理由のまとまり", "The groups for which the estimate was drawn to the mean"
    ),
}
