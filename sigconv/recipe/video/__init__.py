"""Video: short clips at one rate and size, classified beside a twin of the network that sees single frames."""
