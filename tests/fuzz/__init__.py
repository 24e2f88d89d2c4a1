"""Programs that try the conversation import with very many made-up files; ``make test`` runs a small part of it."""
