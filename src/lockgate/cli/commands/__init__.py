"""What stands on the command line, by what it is about; each is carried out elsewhere."""
