"""The pages for people who signed in: their diary, their plans, and what is held about them."""
