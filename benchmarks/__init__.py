"""Speed, side by side: results are checked equal before anything is timed."""
