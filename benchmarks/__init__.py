"""Our speed beside the peers' and the limit, in one run. Not part of the package."""
