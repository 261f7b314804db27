"""What a visitor's session holds: open runs, picks, the address."""
