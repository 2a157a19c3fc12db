"""The kernels: one source of plain functions, run by Python as it is or compiled from it."""
