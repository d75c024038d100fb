"""What is kept: the journal of all presses, the finished files and what made them.

``journal`` is written before anything is sent; ``files`` and ``sidecar`` put a finished video where it stays; ``queries`` read.
"""
