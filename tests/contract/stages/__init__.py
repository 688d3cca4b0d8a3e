"""Where the suite plays: one stage for each kind of calendar."""
