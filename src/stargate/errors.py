"""The one root of every error that a person is meant to read."""


class StargateError(Exception):
    """Something that the caller can put right; its text names the input, the value and the way out.

    The command prints the text on one line and ends with status 1; a Pulumi program stops its preview with it.
    """
