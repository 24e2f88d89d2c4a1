"""Whether a figure or an answer deserves belief: what else could make it, and what it rests on."""
