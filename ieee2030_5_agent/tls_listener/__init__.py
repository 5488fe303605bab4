"""The agent's own HTTPS listener: mutual TLS <-> Request and Response.

``keeper`` starts and stops what the configuration says, ``listener`` accepts, ``connection``
serves one client, ``http1`` knows HTTP, ``context`` and ``handshake`` know TLS, ``census`` who is
connected, ``turns`` whose request is next, ``refused`` the listener's own answers.
"""
