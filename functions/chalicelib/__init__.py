"""The logic behind app.py's handlers, free of any framework."""
