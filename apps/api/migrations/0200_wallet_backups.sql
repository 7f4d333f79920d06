-- The wallets' backups (VSS): what is in them only the wallets can read. Every store belongs to one wallet.
CREATE TABLE backup_stores (
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  store_id text NOT NULL CHECK (length(store_id) BETWEEN 1 AND 120),
  -- Grows by one with every write that named it: two writers cannot both go on.
  global_version bigint NOT NULL DEFAULT 0,
  object_count integer NOT NULL DEFAULT 0,
  byte_count bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  written_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (wallet_id, store_id)
);

CREATE TABLE backup_objects (
  wallet_id uuid NOT NULL,
  store_id text NOT NULL,
  key text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 600),
  version bigint NOT NULL CHECK (version > 0),
  value bytea NOT NULL,
  -- The order of creation, in which keys are listed.
  place bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (wallet_id, store_id, key),
  FOREIGN KEY (wallet_id, store_id) REFERENCES backup_stores (wallet_id, store_id)
);
CREATE INDEX backup_objects_place ON backup_objects (wallet_id, store_id, place DESC);
-- Sealed bytes do not compress.
ALTER TABLE backup_objects ALTER COLUMN value SET STORAGE EXTERNAL;

-- One write, all or nothing. Fails with SC010: a version is another one; SC011: too much for a store or a wallet.
-- p_global null: the store's version is not looked at and stays.
CREATE FUNCTION write_backup(p_wallet uuid, p_store text, p_global bigint, p_keys text[], p_versions bigint[],
                             p_values bytea[], p_gone text[], p_gone_versions bigint[],
                             p_most_stores integer, p_most_objects integer, p_most_bytes bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_global bigint;
  v_objects integer;
  v_bytes bigint;
  v_at integer;
  v_old bigint;
BEGIN
  SELECT global_version INTO v_global FROM backup_stores
    WHERE wallet_id = p_wallet AND store_id = p_store FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    -- The wallet's row, so that its stores are counted one opening at a time.
    PERFORM 1 FROM wallets WHERE id = p_wallet FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM backup_stores WHERE wallet_id = p_wallet AND store_id <> p_store) >= p_most_stores THEN
      RAISE EXCEPTION 'too many stores' USING ERRCODE = 'SC011';
    END IF;
    INSERT INTO backup_stores (wallet_id, store_id) VALUES (p_wallet, p_store) ON CONFLICT DO NOTHING;
    SELECT global_version INTO v_global FROM backup_stores
      WHERE wallet_id = p_wallet AND store_id = p_store FOR NO KEY UPDATE;
  END IF;
  IF p_global IS NOT NULL AND p_global <> v_global THEN
    RAISE EXCEPTION 'the store is at version %', v_global USING ERRCODE = 'SC010';
  END IF;

  FOR v_at IN 1 .. coalesce(array_length(p_gone, 1), 0) LOOP
    DELETE FROM backup_objects WHERE wallet_id = p_wallet AND store_id = p_store AND key = p_gone[v_at]
      AND (p_gone_versions[v_at] = -1 OR version = p_gone_versions[v_at]);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'another version to delete' USING ERRCODE = 'SC010';
    END IF;
  END LOOP;
  FOR v_at IN 1 .. coalesce(array_length(p_keys, 1), 0) LOOP
    v_old := p_versions[v_at];
    IF v_old = -1 THEN
      INSERT INTO backup_objects (wallet_id, store_id, key, version, value)
        VALUES (p_wallet, p_store, p_keys[v_at], 1, p_values[v_at])
        ON CONFLICT (wallet_id, store_id, key) DO UPDATE SET value = excluded.value, version = 1;
    ELSIF v_old = 0 THEN
      INSERT INTO backup_objects (wallet_id, store_id, key, version, value)
        VALUES (p_wallet, p_store, p_keys[v_at], 1, p_values[v_at]) ON CONFLICT DO NOTHING;
    ELSE
      UPDATE backup_objects SET value = p_values[v_at], version = version + 1
        WHERE wallet_id = p_wallet AND store_id = p_store AND key = p_keys[v_at] AND version = v_old;
    END IF;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'another version to write over' USING ERRCODE = 'SC010';
    END IF;
  END LOOP;

  SELECT count(*), coalesce(sum(length(value)), 0) INTO v_objects, v_bytes
    FROM backup_objects WHERE wallet_id = p_wallet AND store_id = p_store;
  IF v_objects > p_most_objects OR v_bytes > p_most_bytes THEN
    RAISE EXCEPTION 'too much for one store' USING ERRCODE = 'SC011';
  END IF;
  UPDATE backup_stores SET global_version = global_version + CASE WHEN p_global IS NULL THEN 0 ELSE 1 END,
                           object_count = v_objects, byte_count = v_bytes, written_at = now()
    WHERE wallet_id = p_wallet AND store_id = p_store;
END $$;
