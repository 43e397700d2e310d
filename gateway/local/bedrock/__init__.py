"""Bedrock's runtime on loopback: its wire formats, its refusals and its token counts, with answers made up by rule.

It stands in for AWS alone, so that everything else of the local gateway is real. A request passes `access` (is it
signed, which model is it for), `messages` or `converse` (what is asked, in one shape: `question`), with `validation`
and `conversation` refusing what Bedrock refuses; `answer` makes the words and `schema` a tool's input; `cache` counts
the tokens; `eventstream` frames them. `faults` lists what a request can ask the emulator to do wrong.
"""
