"""The REST face: checks, plans, applies and undoes what is posted, and keeps nothing of it."""
