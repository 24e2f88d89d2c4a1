"""What people read: the words, the terminal table, CSV, and the one self-contained HTML report."""
