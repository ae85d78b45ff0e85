"""How fast the program is, as ratios against a limit measured in the same run."""
