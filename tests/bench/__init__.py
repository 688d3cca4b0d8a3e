"""Benchmarks, and the plain CP-SAT model that they are measured against."""
