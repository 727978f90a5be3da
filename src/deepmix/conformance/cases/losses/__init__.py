"""The cases of losses."""
