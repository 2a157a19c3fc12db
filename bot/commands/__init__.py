"""Commands in comments, and buttons: read, allowed, carried out, answered."""
