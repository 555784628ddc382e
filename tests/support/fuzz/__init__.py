"""Random input, reproducible by its seed: what is made, where it goes, and what may come of it."""
