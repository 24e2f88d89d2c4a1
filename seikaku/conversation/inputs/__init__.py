"""What a user hands over (files, folders, archives, standard input) -> conversations, pooled by name."""
