"""The errors of Bedrock's runtime, as its service model names them."""

from typing import Final

# From the service model `bedrock-runtime`: an exception's name -> its HTTP status.
STATUS: Final = {
    "AccessDeniedException": 403,
    "InternalServerException": 500,
    "ModelErrorException": 424,
    "ModelNotReadyException": 429,
    "ModelTimeoutException": 408,
    "ResourceNotFoundException": 404,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "ValidationException": 400,
    # Not of this service, but of AWS's front: a signature that is missing or names another place.
    "MissingAuthenticationTokenException": 403,
    "IncompleteSignatureException": 403,
    "InvalidSignatureException": 403,
    "UnknownOperationException": 404,
}
# The same within a stream, whose status was sent: an exception's name -> the event's name.
STREAM_EVENT: Final = {
    "InternalServerException": "internalServerException",
    "ModelErrorException": "modelStreamErrorException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ThrottlingException": "throttlingException",
    "ValidationException": "validationException",
}


class BedrockError(Exception):
    """A refusal, by its AWS name and its message."""

    def __init__(self, name: str, message: str) -> None:
        """Take one of `STATUS`'s names."""
        super().__init__(message)
        self.name = name
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status that it is answered with."""
        return STATUS[self.name]


def invalid(message: str) -> BedrockError:
    """Bedrock's answer to a request that it does not take."""
    return BedrockError("ValidationException", message)
