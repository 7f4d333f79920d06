-- The chain index lies in a schema of its own: it can be dropped and built again, which nothing else here can.
CREATE SCHEMA chain;
ALTER TABLE chain_block SET SCHEMA chain;
ALTER TABLE chain_output SET SCHEMA chain;
ALTER TABLE chain_spend SET SCHEMA chain;
ALTER TABLE chain.chain_block RENAME TO block;
ALTER TABLE chain.chain_output RENAME TO output;
ALTER TABLE chain.chain_spend RENAME TO spend;

-- Where the index begins, for ever: were it taken from the first block that is there, a reorganisation would move it.
CREATE TABLE chain.birthday (
  id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  height integer NOT NULL CHECK (height >= 0)
);
INSERT INTO chain.birthday (height) SELECT min(height) FROM chain.block HAVING count(*) > 0;
