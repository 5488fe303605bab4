"""What all function sets share: routes, lists, access, errors."""
