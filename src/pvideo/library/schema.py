"""The journal's tables and their version."""

from __future__ import annotations

CHANGES: tuple[str, ...] = (
    "ALTER TABLE jobs ADD COLUMN made_from TEXT",
    "ALTER TABLE jobs ADD COLUMN made_as TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN sweep TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN stars INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN remark TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN metadata TEXT",
    "CREATE INDEX IF NOT EXISTS jobs_by_origin ON jobs (made_from)",
    "ALTER TABLE jobs ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX IF NOT EXISTS jobs_by_finder ON jobs (owner) WHERE adopted=1",
    "CREATE INDEX IF NOT EXISTS jobs_by_page ON jobs (pressed_at DESC, intent, state, hidden)",
    "CREATE INDEX IF NOT EXISTS jobs_by_lost ON jobs (unknown_at) WHERE unknown_at IS NOT NULL",
    "ALTER TABLE jobs ADD COLUMN typed_key TEXT",
    "ALTER TABLE jobs ADD COLUMN budgeted INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE jobs ADD COLUMN folder_there INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX IF NOT EXISTS jobs_by_typed ON jobs (typed_key, folder, state, pressed_at, intent) WHERE press_key IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS jobs_by_unkeyed ON jobs (intent) WHERE typed_key IS NULL AND press_key IS NOT NULL",
    "ALTER TABLE jobs ADD COLUMN saved TEXT NOT NULL DEFAULT '{}'",
    "CREATE INDEX IF NOT EXISTS jobs_by_money ON jobs (realm, session, day, state, budgeted, cost, estimate)",
)
"""What became of `TABLES` since, one statement each, in order; a new journal takes the same road. Only ever added to."""

VERSION = 1 + len(CHANGES)
"""A journal with a higher one is left alone."""

TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
  intent TEXT PRIMARY KEY, state TEXT NOT NULL, press_key TEXT, fingerprint TEXT NOT NULL, session TEXT NOT NULL,
  owner TEXT, parent TEXT, adopted INTEGER NOT NULL, told INTEGER NOT NULL,
  realm TEXT NOT NULL, kind TEXT NOT NULL, base_url TEXT NOT NULL, account TEXT NOT NULL, gateway TEXT NOT NULL,
  model TEXT NOT NULL, version TEXT, name TEXT NOT NULL, prompt TEXT NOT NULL, template TEXT NOT NULL,
  typed TEXT NOT NULL, input TEXT NOT NULL, seed TEXT, seed_ours INTEGER NOT NULL, shape TEXT NOT NULL,
  notes TEXT NOT NULL, deadline REAL NOT NULL, prefer_wait INTEGER NOT NULL, log_payload INTEGER NOT NULL, folder TEXT NOT NULL,
  estimate INTEGER, estimate_text TEXT NOT NULL, upper_bound INTEGER NOT NULL, cost INTEGER,
  day TEXT NOT NULL, pressed_at REAL NOT NULL, sent_at REAL, sent_steady REAL, boot TEXT NOT NULL,
  unknown_at REAL, created_at REAL, finished_at REAL, took REAL,
  prediction_id TEXT UNIQUE, status TEXT NOT NULL, log_id TEXT, event_id TEXT NOT NULL, cancel_asked INTEGER NOT NULL,
  seconds REAL, outputs TEXT NOT NULL, files TEXT NOT NULL, sha256 TEXT, bytes INTEGER, media TEXT, error TEXT
);
CREATE INDEX IF NOT EXISTS jobs_by_press ON jobs (press_key);
CREATE INDEX IF NOT EXISTS jobs_by_day ON jobs (realm, day);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (pressed_at);
CREATE INDEX IF NOT EXISTS jobs_by_shape ON jobs (model, realm, shape, finished_at);
CREATE TABLE IF NOT EXISTS exchanges (number INTEGER PRIMARY KEY AUTOINCREMENT, intent TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS exchanges_by_intent ON exchanges (intent, number);
CREATE TABLE IF NOT EXISTS posters (intent TEXT PRIMARY KEY, jpeg BLOB NOT NULL);
"""
