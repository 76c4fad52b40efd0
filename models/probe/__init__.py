"""How fast a model that is not there would be, measured with stand-ins of fewer layers."""
