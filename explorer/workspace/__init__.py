"""What a person makes on the page: texts, runs and jobs, in the user's data folder."""
