"""The embedded store: all that must survive a restart, as documents in one SQLite file.

A listener of the one door notes which records changed (``journal``); ``kinds`` turns the objects of
the model into documents and back; ``database`` is the file. Nothing here waits: whoever holds back
an answer until it is on disk does so outside (``durability``).
"""
