"""Adopting a table: what its columns are is found out from the data, and written down."""
