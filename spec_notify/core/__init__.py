"""Values and rules: no disk, network, clock, randomness or thread."""
