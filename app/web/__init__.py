"""The pages: one diary before and after, drawn and explained, with nothing kept."""
