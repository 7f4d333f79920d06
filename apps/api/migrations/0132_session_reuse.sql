-- A token that was issued for another one, and replaced because the answer seemed lost. It stays, so that presenting it
-- shows that the answer had arrived at somebody: two parties have the session.
ALTER TABLE refresh_tokens ADD COLUMN superseded_at timestamptz;
