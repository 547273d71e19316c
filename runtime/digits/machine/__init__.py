"""What the machine is, in words that hold no name of it and no path."""
