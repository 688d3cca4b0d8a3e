"""What people read in a terminal: the drawn week, findings and plans in plain words."""
