"""Programs that try the conversation import with very many made-up files; ``make test`` runs a small version of them."""
