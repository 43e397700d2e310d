"""The gateway on one machine: PostgreSQL, LiteLLM, the edge and a Bedrock emulator, all from package registries."""
