"""Every number the project reports, one home each."""
