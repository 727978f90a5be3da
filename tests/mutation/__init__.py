"""Mutation testing of the conformance kit: mutants of `reference` are ports, and the kit should reject each."""
