"""What stage 2 sees of speakers: windows, bags, the fit and its calibration."""
