"""The page and the HTTP API over one estimator. Never imports training, corpora or evaluation; writes nothing."""
