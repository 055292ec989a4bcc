"""Scenarios that a running service must survive, each against a process of its own."""
