"""What is seen: cards, the Studio, the magics, and what a saved notebook keeps.

Nothing here is imported by ``import pvideo``; ``%load_ext pvideo`` or the first widget does it.
"""
