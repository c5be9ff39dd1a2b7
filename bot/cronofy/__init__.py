"""Cronofy as we call it: client, limits, authorization, pushes, and one function per call in use.

Sections in docstrings are those of Cronofy's contract.
"""
