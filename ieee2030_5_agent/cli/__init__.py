"""The command line tool ``ieee2030-5``: one module per command, none of them needs a platform."""
