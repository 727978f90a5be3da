"""The conformance kit: cases for every function of `reference`, as vectors in files, and a runner for any port.

FORMAT.md beside this file explains the files to ports in any language.
"""
