-- Whom the operator wants to stay connected to: kept across restarts.
CREATE TABLE peer (
  node_id text PRIMARY KEY CHECK (node_id ~ '^0[23][0-9a-f]{64}$'),
  address text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
