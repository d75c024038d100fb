"""The journal's tables and their version."""

from __future__ import annotations

VERSION = 1
"""Raised with every change of the tables; a journal with a higher one is left alone."""

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
