"""Labels of what is asked for beside the estimates: change over time, two people, a radar. No effects."""

from seikaku.report.words.texts import Lang

OPTIONAL_LABELS: dict[Lang, dict[str, str]] = {
    "ja": {
        # change over time
        "trend": "時期ごとの推定",
        "trend_by_conversation": "会話ごとの推定",
        "trend_note": "縦軸は偏差値（中央の線が基準集団の平均 50、上が高い側）、横軸は日付です。点は推定値、"
        "縦の帯は80%区間、白い点と灰色の帯は平均を含む推定、×は読み取れない区切り、下の数字は表の番号です。",
        "trend_note_by_conversation": "縦軸は偏差値（中央の線が基準集団の平均 50、上が高い側）、横は会話の順です。"
        "点は推定値、縦の帯は80%区間、白い点と灰色の帯は平均を含む推定、×は読み取れない区切り、下の数字は表の番号です。",
        "trend_cells": "偏差値±80%区間の半幅。- は読み取れない区切りです。",
        "trend_chart_title": "{name}：{n}区切りの推定",
        "trend_chart_part": "{number}番（{period}）偏差値 {t_score}、80%区間 {interval}。",
        "trend_chart_part_withheld": "{number}番（{period}）読み取れません。",
        "part": "区切り",
        "characters": "字数",
        "n_conversations": "会話 {n:,}件",
        # two people
        "comparison": "ふたりを並べて",
        "comparison_of": "「{first}」と「{second}」",
        "difference": "差",
        "difference_of": "差（{first} − {second}）",
        "difference_interval": "差の80%区間",
        "reading": "言えること",
        "comparison_wording_note": "数字は、基準集団の "
        "100人のうち何人より多いか（かっこ内は同じ人の別の文章が入る幅）です。",
        "comparison_chart_title": "{name}：{first}と{second}",
        "comparison_chart_person": "{speaker}：偏差値 {t_score}、80%区間 {interval}。",
        "comparison_chart_person_withheld": "{speaker}：読み取れません。",
        "comparison_legend": "丸は「{first}」、ひし形は「{second}」。帯は80%区間、白い印と灰色の帯は"
        "平均を含む推定。差は {first} − {second}（偏差値の点）です。",
        # radar
        "radar": "レーダー図",
        "radar_title": "{speaker}：五つの特性のレーダー図",
        "radar_axis": "中心が偏差値 20、太い輪が基準集団の平均 50、外側の輪が 80。",
        "radar_note": "中心が偏差値 20、太い輪が基準集団の平均（50）、外側の輪が 80。軸の上の帯と薄い面が80%区間です。"
        "形や面積に意味はなく、特性の並べ順でも変わります。読むのは上の棒にしてください。",
    },
    "en": {
        "trend": "Estimates by period",
        "trend_by_conversation": "Estimates by conversation",
        "trend_note": "Vertical axis: T-score (the line in the middle is the norm mean, 50; up is higher). Horizontal "
        "axis: dates. Dot: estimate. Upright band: 80% interval. Hollow dot on grey: the interval holds the mean. A "
        "cross "
        "marks a part that cannot be read. The numbers below are those of the table.",
        "trend_note_by_conversation": "Vertical axis: T-score (the line in the middle is the norm mean, 50; up is "
        "higher). Across: conversations in their order. Dot: estimate. Upright band: 80% interval. Hollow dot on grey: "
        "the interval holds the mean. A cross marks a part that cannot be read. The numbers below are those of the "
        "table.",
        "trend_cells": "T-score ± half of the 80% interval; - where it cannot be read. O openness, C "
        "conscientiousness, "
        "E extraversion, A agreeableness, N neuroticism.",
        "trend_chart_title": "{name}: estimates of {n} parts",
        "trend_chart_part": "Part {number} ({period}): T-score {t_score}, 80% interval {interval}. ",
        "trend_chart_part_withheld": "Part {number} ({period}): cannot be read. ",
        "part": "Part",
        "characters": "Characters",
        "n_conversations": "{n:,} conversations",
        "comparison": "Side by side",
        "comparison_of": "{first} and {second}",
        "difference": "Difference",
        "difference_of": "Difference ({first} − {second})",
        "difference_interval": "Its 80% interval",
        "reading": "What can be said",
        "comparison_wording_note": "Figures: than how many of 100 in the norm group there is more (in brackets: where "
        "other text of the same person lies).",
        "comparison_chart_title": "{name}: {first} and {second}",
        "comparison_chart_person": "{speaker}: T-score {t_score}, 80% interval {interval}. ",
        "comparison_chart_person_withheld": "{speaker}: cannot be read. ",
        "comparison_legend": "Circle: {first}. Diamond: {second}. Band: 80% interval; hollow on grey: it holds the "
        "mean. The difference is {first} − {second}, in T-score points.",
        "radar": "Radar chart",
        "radar_title": "{speaker}: radar chart of the five traits",
        "radar_axis": "The centre is a T-score of 20, the bold ring the norm mean of 50, the outer ring 80. ",
        "radar_note": "The centre is a T-score of 20, the bold ring the norm mean (50), the outer ring 80. Bands on "
        "the spokes and the pale area are the 80% intervals. Shape and area mean nothing, and change with the order of "
        "the traits; read the bars above.",
    },
}
