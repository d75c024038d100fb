"""Real JupyterLab and Notebook 7 in a real Chromium, against the embedded gateway."""
