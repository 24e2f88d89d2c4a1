"""What ridge models share: kernels, parts of bags, calibration by amount, typicality."""
