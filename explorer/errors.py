"""The one exception whose message is written for the person who caused it."""


class ExplorerError(Exception):
    """Something a person can cause and mend: says what happened, with which value, what to do.

    The command line prints it as one line and exits with 1; the page shows it in an error box.
    Any other exception is a bug and stays visible.
    """
