"""The story, told through ports: a look admits events, a pass delivers them."""
