"""The question that an endpoint is tried with before it counts as published. In: its answer. No effects."""

from collections.abc import Mapping
from typing import Any

from seikaku.errors import CloudError, both

_TOLERANCE_1TO7 = 0.1  # another processor rounds an 8 bit model otherwise
_SPEAKER = "花子"
# Fictional, by us: about as much as the least text that is ever estimated from, so that every part of the model works.
_TALK = (
    "おはよう。昨日は久しぶりに早く寝たから、今朝はずいぶん気分がいいよ。窓を開けたら、隣の庭の梅がもう咲いていた。",
    "午前中は図書館で、借りたままだった本を返してきた。ついでに新しい棚を眺めていたら、旅行の本ばかり手に取ってしまって。",
    "秋になったら、海の見える町まで電車で行ってみたいんだ。急がないで、各駅停車でゆっくり。途中の駅で降りるのも楽しそう。",
    "そういえば、先週から始めたパン作りは、やっと膨らむようになったよ。最初は石みたいだったけど、三回目でこつが分かった。",
    "来月の発表会のことは、正直に言うと少し心配している。練習はしているけど、人前に立つと頭が真っ白になるから。",
    "でも、みんなが聞きに来てくれると言うし、失敗しても笑い話になると思うことにした。終わったら一緒にお茶を飲もうね。",
    "夕方は雨になるらしいから、洗濯物を早めに取り込んでおくね。傘を忘れないで、気をつけて帰ってきて。",
)
TRIAL: dict[str, Any] = {
    "purpose": "service_development",
    "speaker": _SPEAKER,
    "n_evidence": 0,
    "conversation": {"utterances": [{"speaker": _SPEAKER, "text": text} for text in _TALK]},
}


def check_answer(answer: Mapping[str, Any], expected: Mapping[str, float | None] | None) -> None:
    """Compare the answer to ``TRIAL`` with this machine's scores, 1 to 7 (None: any will do). Raises CloudError."""
    traits = answer.get("traits", {})
    if expected is None:
        if not traits:
            raise CloudError(
                both("試しの質問への答えに、推定がありません。", "The answer to the trial question holds no estimate."),
                both("コンテナのログを確かめてください。", "Look at the container's log."),
            )
        return
    for key, score in expected.items():
        found = traits.get(key, {}).get("score_1to7")
        if (found is None) != (score is None) or abs((found or 0) - (score or 0)) > _TOLERANCE_1TO7:
            raise CloudError(
                both(
                    f"試しの質問への答えが、この機械での推定と違います（{key}: {found} と {score}）。",
                    f"The trial question's answer is not what this machine estimates ({key}: {found}, not {score}).",
                ),
                both(
                    "--image の seikaku の版が、この機械のものと同じか確かめてください。",
                    "Check that --image holds the same version of seikaku as this machine.",
                ),
            )
