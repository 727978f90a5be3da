"""The cases of evaluation."""
