"""The commands that this component adds to `pysailor`; chat has its own room."""
