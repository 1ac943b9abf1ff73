"""What the reference pages say that is read from the code, one module per page."""
