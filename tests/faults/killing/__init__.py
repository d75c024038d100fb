"""What the kill loop is made of: demos, a zygote that forks kernels, trials, and the report."""
