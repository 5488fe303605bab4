"""Three simulated DERs, each a process of its own that speaks IEEE 2030.5 over HTTP.

On purpose they share no code with the agent: their own client and their own XML, so that the demo
shows two independent sides of the protocol.
"""
