"""From a conversation to estimates: statuses, intervals, evidence. Never imports training or corpora."""
