"""One suite for every calendar: what the contract promises, whoever keeps the diary."""
