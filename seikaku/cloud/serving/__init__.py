"""The model on SageMaker: packed, as an endpoint, asked, and as a batch job."""
