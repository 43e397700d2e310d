"""Stargate: a company's own LLM gateway on AWS, and the very same gateway on one machine."""
