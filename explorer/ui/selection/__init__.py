"""Selected sentences: which, as a table, and what they are."""
