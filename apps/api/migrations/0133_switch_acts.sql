-- A change of a switch is an act of an operator: repeating the act changes nothing more.
ALTER TABLE switch_changes ADD COLUMN act_id uuid UNIQUE;

DROP FUNCTION change_switch(text, text, text, text, text);

-- One change, with its history, and a notification that is delivered when it commits. Gives the change's id; that of the
-- first change if the act was carried out before.
CREATE FUNCTION change_switch(p_act uuid, p_name text, p_subject text, p_value text, p_reason text, p_by text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint;
BEGIN
  -- One change at a time, so that the row in force is always that of the last change.
  PERFORM pg_advisory_xact_lock(7283645130);
  SELECT id INTO v_id FROM switch_changes WHERE act_id = p_act;
  IF FOUND THEN
    RETURN v_id;
  END IF;
  INSERT INTO switch_changes (act_id, name, subject, value, reason, changed_by)
    VALUES (p_act, p_name, p_subject, p_value, p_reason, p_by) RETURNING id INTO v_id;
  IF p_value IS NULL THEN
    DELETE FROM switches WHERE name = p_name AND subject = p_subject;
  ELSE
    INSERT INTO switches (name, subject, value, change_id) VALUES (p_name, p_subject, p_value, v_id)
      ON CONFLICT (name, subject) DO UPDATE SET value = excluded.value, change_id = excluded.change_id;
  END IF;
  PERFORM pg_notify('switches', v_id::text);
  RETURN v_id;
END $$;
