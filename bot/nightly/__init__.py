"""What is done of every repository by night: comparing, certifying, watching for drift."""
