"""What stands around every route: who may ask, how much at once, what is observed."""
