"""What happens to a model after the gate: released, rolled back, compared, rebuilt."""
