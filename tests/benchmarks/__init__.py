"""Figures, no assertions on time: `make bench`."""
