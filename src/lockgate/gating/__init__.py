"""The gate: pure rules over metrics and params, and the comparisons that some of them need."""
