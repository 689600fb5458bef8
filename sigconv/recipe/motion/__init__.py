"""Motion capture: takes of a body in its own frame, classified beside means and spreads of its joints."""
