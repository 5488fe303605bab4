"""The language of IEEE 2030.5: models, XML codec, identities and units."""
