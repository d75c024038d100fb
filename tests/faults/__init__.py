"""Faults of the kernel and the machine, and of money: every promise under SIGKILL (see ../README.md)."""
