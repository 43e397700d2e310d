"""Bedrock's runtime on loopback: its wire formats, its refusals and its token counts, with answers made up by rule.

It stands in for AWS alone, so that everything else of the local gateway is real. `faults` lists what a request can
ask it to do wrong.
"""
