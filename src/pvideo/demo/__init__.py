"""The other side, on loopback: Cloudflare AI Gateway, Replicate's HTTP API and replicate.delivery, faults included.

It shares no code with `pvideo.wire`, so that one bug cannot hide on both sides; only the catalog's JSON is read by both.

`app` puts it together: `rawhttp` turns ASGI into a `messages.Call`; `faults` and `effects` meet it on its way; `gateway` lets it
pass (`universal`: step by step), or `replicate` answers it from `store`, where `predictions` age by `clock`; `views` and `progress`
write them down; `delivery` hands out the clips, as replicate.delivery or as Cloudflare's `r2`, and each `stream`; `management` reads
and deletes the `logbook` by a `logquery`; `ledger` remembers everything; `control` changes it all, for whoever brings its word.
"""
