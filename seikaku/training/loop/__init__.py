"""The one training loop of both stages: steps, order, checkpoints, failures."""
