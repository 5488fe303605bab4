"""IEEE 2030.5 server agent for the VOLTTRON platform."""
