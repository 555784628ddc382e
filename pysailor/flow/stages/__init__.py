"""A component of the runtime's own: what stands between two steps of a flow where each step is a process."""
