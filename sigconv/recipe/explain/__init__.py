"""`sigconv explain`: why a run's model says what it says of one recording."""
