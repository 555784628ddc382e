"""Flows on one machine: a file that wires steps, its check, its run, its picture and its report."""
