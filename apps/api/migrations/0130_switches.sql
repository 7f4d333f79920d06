-- What the operator stops and changes without a deploy. `switches` has what is in force now, one row for each switch that
-- differs from the configuration; `switch_changes` has every change for ever.
CREATE TABLE switch_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  -- The rail, wallet or phone that it is about; empty for a switch that has one setting.
  subject text NOT NULL,
  -- Null: back to the configured value.
  value text,
  reason text NOT NULL CHECK (reason <> ''),
  changed_by text NOT NULL CHECK (changed_by <> ''),
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX switch_changes_of ON switch_changes (name, subject, id);
CREATE TRIGGER switch_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON switch_changes
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE switches (
  name text NOT NULL,
  subject text NOT NULL,
  value text NOT NULL,
  change_id bigint NOT NULL REFERENCES switch_changes (id),
  PRIMARY KEY (name, subject)
);

-- One change, with its history, and a notification that is delivered when it commits. Gives the change's id.
CREATE FUNCTION change_switch(p_name text, p_subject text, p_value text, p_reason text, p_by text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint;
BEGIN
  -- One change at a time, so that the row in force is always that of the last change.
  PERFORM pg_advisory_xact_lock(7283645130);
  INSERT INTO switch_changes (name, subject, value, reason, changed_by)
    VALUES (p_name, p_subject, p_value, p_reason, p_by) RETURNING id INTO v_id;
  IF p_value IS NULL THEN
    DELETE FROM switches WHERE name = p_name AND subject = p_subject;
  ELSE
    INSERT INTO switches (name, subject, value, change_id) VALUES (p_name, p_subject, p_value, v_id)
      ON CONFLICT (name, subject) DO UPDATE SET value = excluded.value, change_id = excluded.change_id;
  END IF;
  PERFORM pg_notify('switches', v_id::text);
  RETURN v_id;
END $$;

-- Only `change_switch` writes them: a change without its history is refused.
CREATE FUNCTION check_switch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM switch_changes WHERE id = NEW.change_id AND name = NEW.name
                   AND subject = NEW.subject AND value = NEW.value) THEN
    RAISE EXCEPTION 'switch % does not agree with its history', NEW.name USING ERRCODE = 'SC001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER switches_have_history BEFORE INSERT OR UPDATE ON switches
  FOR EACH ROW EXECUTE FUNCTION check_switch();
