"""Two runs compared, and bounds that a build is held to."""
