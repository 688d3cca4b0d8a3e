"""Leaders and their delegates: who they are, what they chose, and what is held about them."""
