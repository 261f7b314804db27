"""What an opened run can be asked; no page is needed."""
