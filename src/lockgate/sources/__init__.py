"""Where raw rows come from."""
