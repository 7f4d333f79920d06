-- What the operator has paused. A row exists once a kind has been paused for the first time.
CREATE TABLE pause (
  kind text PRIMARY KEY CHECK (kind IN ('payments', 'channel_opens', 'forwards')),
  paused boolean NOT NULL,
  reason text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
