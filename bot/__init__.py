"""The only place with credentials and stores: translates GitHub to values and back."""
