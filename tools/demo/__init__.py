"""``make demo``: a real VOLTTRON platform, our agent and driver, and three simulated DERs."""
