"""“Your week”: the mail that a leader gets once a week, made and shown by the same functions."""
