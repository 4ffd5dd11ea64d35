-- The settings: the table pgdispatch.setting has a row for each role that has settings of its own, and one for all roles. There are
-- no rows for defaults; the function settings adds them.

CREATE OR REPLACE FUNCTION pgdispatch.settings(role regrole) RETURNS pgdispatch.setting
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    effective pgdispatch.setting;
    specific  pgdispatch.setting;
    general   pgdispatch.setting;
BEGIN
    SELECT s.* INTO specific FROM pgdispatch.setting AS s WHERE s.role::oid = settings.role::oid;
    SELECT s.* INTO general FROM pgdispatch.setting AS s WHERE s.role::oid = 0::oid;
    effective.role := settings.role;
    effective.dead_letter_retention := coalesce(specific.dead_letter_retention, general.dead_letter_retention, '14 days');
    effective.result_limit := coalesce(specific.result_limit, general.result_limit, 1048576);
    effective.cron_workers := coalesce(specific.cron_workers, general.cron_workers, 4::smallint);
    effective.cron_linger := coalesce(specific.cron_linger, general.cron_linger, '5 seconds');
    RETURN effective;
END
$$;

COMMENT ON FUNCTION pgdispatch.settings(regrole) IS
'Returns the settings that apply to a role: its own, or those for all roles where it has none, or the defaults where
neither are set. No column is NULL.
Example: SELECT * FROM pgdispatch.settings(''app'')';


CREATE OR REPLACE PROCEDURE pgdispatch.configure(
    for_role              regrole  DEFAULT 0::oid::regrole,
    dead_letter_retention interval DEFAULT NULL,
    result_limit          integer  DEFAULT NULL,
    cron_workers          integer  DEFAULT NULL,
    cron_linger           interval DEFAULT NULL,
    history_retention     interval DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem text;
    remedy  text;
BEGIN
    SELECT p.problem, p.remedy
      INTO problem, remedy
      FROM (VALUES
        (for_role IS NULL, 'for_role is NULL', 'Pass the name of a role, or leave it out for all roles.'),
        (NOT pgdispatch.is_duration(configure.dead_letter_retention), format('dead_letter_retention is %s', configure.dead_letter_retention),
            'Pass how long dead letters are kept, from zero to 10 years.'),
        (configure.result_limit < 1, format('result_limit is %s', configure.result_limit), 'Pass a number of bytes, one or more.'),
        (configure.cron_workers NOT BETWEEN 0 AND 1000, format('cron_workers is %s', configure.cron_workers),
            'Pass a number from 0, which keeps pg_cron away, to 1000.'),
        (NOT pgdispatch.is_duration(configure.cron_linger) OR configure.cron_linger > '1 hour'::interval,
            format('cron_linger is %s', configure.cron_linger), 'Pass an interval from zero to one hour.'),
        (NOT pgdispatch.is_duration(configure.history_retention), format('history_retention is %s', configure.history_retention),
            'Pass how long ended jobs are kept, from zero, which keeps none, to 10 years.')
      ) AS p (applies, problem, remedy)
     WHERE p.applies
     LIMIT 1;
    IF problem IS NOT NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'pgdispatch: ' || problem, HINT = remedy;
    END IF;
    INSERT INTO pgdispatch.setting AS s (role, dead_letter_retention, result_limit, cron_workers, cron_linger)
    VALUES (for_role, configure.dead_letter_retention, configure.result_limit, configure.cron_workers::smallint, configure.cron_linger)
    ON CONFLICT ON CONSTRAINT setting_pkey DO UPDATE
    SET dead_letter_retention = coalesce(excluded.dead_letter_retention, s.dead_letter_retention),
        result_limit = coalesce(excluded.result_limit, s.result_limit),
        cron_workers = coalesce(excluded.cron_workers, s.cron_workers),
        cron_linger = coalesce(excluded.cron_linger, s.cron_linger);
    IF configure.history_retention IS NOT NULL THEN
        PERFORM pgdispatch.set_history_retention(for_role, '', configure.history_retention);
    END IF;
END
$$;

COMMENT ON PROCEDURE pgdispatch.configure(regrole, interval, integer, integer, interval, interval) IS
'Changes settings of a role or, without for_role, of all roles that have none of their own. A setting that is left out
or NULL stays as it is. To return to the defaults, delete the row from pgdispatch.setting or pgdispatch.history_retention. Only the owner of the
schema may call it (otherwise SQLSTATE 42501). The change takes effect when this transaction commits. A value out of
range fails with SQLSTATE 22023.
dead_letter_retention: how long dead letters are kept; zero to 10 years (default 14 days).
result_limit: maximum size, in bytes of JSON, of the rows of a command or the value of a method that are kept as a
result; one or more (default 1048576).
cron_workers: maximum number of pg_cron jobs that run the role''s jobs at once; 0 to 1000 (default 4). 0 keeps pg_cron away.
cron_linger: how long a worker of pg_cron waits for more jobs after its last one; 0 to 1 hour (default 5 seconds).
history_retention: how long ended jobs are kept in pgdispatch.history; zero, which keeps none, to 10 years (default 0).
Example: CALL pgdispatch.configure(''app'', cron_workers => 16, cron_linger => ''0'')';
