"""Plans judged: against the exhaustive search, the plain model and the contract."""
