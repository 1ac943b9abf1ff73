"""The wires: a message goes out, a reply or a failure comes back."""
