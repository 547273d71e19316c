"""What can go wrong with a cluster itself."""

from digits.errors import DigitsError


class ClusterError(DigitsError):
    """The cluster can't be reached, or can't do what it is asked to."""

    exit_code = 3
