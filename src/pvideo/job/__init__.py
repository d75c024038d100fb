"""What happens over time: from a press to a file on the disk.

``press`` writes a job down and hands it to the ``engine``, one background thread for all jobs; ``course`` is the way of one
job (``sending``, ``finding``, ``watching``, ``saving``); ``video`` is the handle on it that a person holds.
"""

from __future__ import annotations

import logging

# A library's logger says nothing unless someone listens: without this, warnings would be printed into a running cell.
logging.getLogger("pvideo").addHandler(logging.NullHandler())
