"""What leaders and their delegates do with connected diaries, one subject a module."""
