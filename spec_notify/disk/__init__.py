"""Files and git objects: reading documents safely, writing evidence atomically."""
