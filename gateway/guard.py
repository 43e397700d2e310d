"""The guard's text: the CloudFront Function `guard.js` with a stack's policy in it."""

import json
import re
from pathlib import Path
from typing import Final

from stargate.errors import StargateError
from stargate.gateway.routes import LONGEST_PATH, SUSPICIOUS, Policy

# CloudFront's limit of a function's code.
LARGEST_BYTES: Final = 10 * 1024
TEMPLATE: Final = Path(__file__).with_name("guard.js")
PLACEHOLDER: Final = re.compile(r"__([A-Z_]+)__")

# Both APIs' clients find their message in it: OpenAI's reads `error.message`, Anthropic's `type` and `error.type`.
REFUSAL: Final = {
    "type": "error",
    "error": {"type": "permission_error", "message": "This path is not public.", "code": "forbidden"},
}


def render(policy: Policy) -> str:
    """The function's code. Raises `StargateError` if it is larger than CloudFront takes."""
    values = {
        "SUSPICIOUS": SUSPICIOUS,
        "LONGEST_PATH": LONGEST_PATH,
        "EXACT": {route.path: sorted(route.methods) for route in policy.routes if route.exact},
        "PATTERNS": [[route.regex, sorted(route.methods)] for route in policy.routes if not route.exact],
        "REFUSAL": json.dumps(REFUSAL),
    }
    text = PLACEHOLDER.sub(lambda found: json.dumps(values[found[1]]), TEMPLATE.read_text())
    size = len(text.encode())
    if size > LARGEST_BYTES:
        raise StargateError(f"the guard is {size} bytes and CloudFront takes {LARGEST_BYTES}: make fewer routes public")
    return text
