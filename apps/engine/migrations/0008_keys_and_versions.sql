-- The keys that encrypt the node's state, by their ids; the newest is current. The keys themselves are not in the database.
CREATE TABLE state_key (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key_id text NOT NULL UNIQUE CHECK (key_id ~ '^[0-9a-f]{16}$'),
  current_since timestamptz NOT NULL DEFAULT now(),
  -- When no stored value was left under the key. Until then the engine does not start without it.
  emptied_at timestamptz
);

-- The newest LDK that has written the node's state. An older one might not understand it.
CREATE TABLE ldk_version (
  id integer PRIMARY KEY CHECK (id = 1),
  version text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);

-- The last rotation, and how far it has come.
CREATE TABLE state_key_rotation (
  id integer PRIMARY KEY CHECK (id = 1),
  key_id text NOT NULL REFERENCES state_key (key_id),
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  pass integer NOT NULL DEFAULT 1,
  -- Values that this pass found under another key.
  pass_left bigint NOT NULL DEFAULT 0,
  -- Where the pass goes on; null at its beginning.
  place jsonb,
  looked bigint NOT NULL DEFAULT 0,
  replaced bigint NOT NULL DEFAULT 0,
  failure text
);
