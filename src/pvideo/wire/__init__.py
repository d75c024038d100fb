"""What crosses the network: requests to Replicate through the gateway, what their answers mean, and the finished file.

``prediction`` and ``refusal`` read what arrives and know no HTTP library; ``gateway`` says what is sent; ``client`` and
``download`` send it. Nothing outside this folder imports httpx.
"""
