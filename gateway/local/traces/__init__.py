"""The trace store of the local gateway: it takes what LiteLLM sends to Langfuse, and keeps the last traces in memory.

`span` reads one span of OpenTelemetry's protocol as LiteLLM fills it for Langfuse; `server` receives and lists them,
for who knows the store's two keys; `reader` asks it.
"""
