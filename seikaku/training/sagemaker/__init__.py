"""Training inside SageMaker's container."""
