"""The independent judge of the planner: scoring, legality and a search through all plans."""
