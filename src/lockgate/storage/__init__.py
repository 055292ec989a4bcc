"""The DVC cache and remote, git, and what a checkout really has of what it names."""
