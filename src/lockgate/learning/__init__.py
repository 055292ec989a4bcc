"""Fitting and judging a model; knows arrays, and nothing of files or DVC."""
