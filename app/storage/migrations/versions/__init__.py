"""Each step from one form of the tables to the next; Alembic finds them here."""
