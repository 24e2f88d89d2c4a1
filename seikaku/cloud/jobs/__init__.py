"""Training and tuning jobs of SageMaker: asked for, followed, recorded, fetched."""
