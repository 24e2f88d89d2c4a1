"""What goes out: the shapes of answers, and how one is made."""
