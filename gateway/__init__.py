"""What runs in the gateway and what drives it; nothing in here imports Pulumi."""
