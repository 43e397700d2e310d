"""Where everything of CloudFront's is, wherever the stack is."""

from typing import Final

# CloudFront reads its certificates and web ACLs here alone, and its logs and metrics are delivered here alone.
EDGE_REGION: Final = "us-east-1"
