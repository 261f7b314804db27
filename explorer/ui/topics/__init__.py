"""The page of topics."""
