"""Training inside SageMaker's container: its input, its result, and why it failed."""
