-- How and why a channel closed, so that the operator can follow a close to its end.
ALTER TABLE channel ADD COLUMN closure text, ADD COLUMN reason text;
