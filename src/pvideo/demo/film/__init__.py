"""How the demo's clips are drawn: sky, land, weather, creatures, type and sound, as numpy arrays in YUV 4:2:0.

Imported only by the process that draws (numpy, Pillow and PyAV are its price), never by the servers.
"""
