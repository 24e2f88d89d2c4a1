"""What estimates: a room for each kind of model, and what all kinds share."""
