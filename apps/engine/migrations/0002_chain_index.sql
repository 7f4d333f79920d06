-- Which script was paid and which output was spent where, from the engine's birthday on. Hashes are in display order.
CREATE TABLE chain_block (
  height integer PRIMARY KEY,
  hash bytea NOT NULL UNIQUE,
  header bytea NOT NULL,
  mined_at integer NOT NULL
);

CREATE TABLE chain_output (
  txid bytea NOT NULL,
  vout integer NOT NULL,
  scripthash bytea NOT NULL,
  value_sat bigint NOT NULL,
  height integer NOT NULL REFERENCES chain_block (height) ON DELETE CASCADE,
  position integer NOT NULL,
  PRIMARY KEY (txid, vout)
);
CREATE INDEX chain_output_scripthash ON chain_output (scripthash, height, position);
CREATE INDEX chain_output_height ON chain_output (height);

CREATE TABLE chain_spend (
  txid bytea NOT NULL,
  vout integer NOT NULL,
  spending_txid bytea NOT NULL,
  vin integer NOT NULL,
  height integer NOT NULL REFERENCES chain_block (height) ON DELETE CASCADE,
  position integer NOT NULL,
  PRIMARY KEY (txid, vout)
);
CREATE INDEX chain_spend_height ON chain_spend (height);
