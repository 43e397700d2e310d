"""The command `stargate`."""
