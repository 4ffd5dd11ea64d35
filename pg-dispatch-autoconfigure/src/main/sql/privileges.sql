-- Privileges: nobody has any until the owner of the schema calls grant_to.
--
-- A role needs to write to the tables, since the functions run with the rights of their caller. Row security limits it to its own
-- rows.

CREATE OR REPLACE PROCEDURE pgdispatch.grant_to(role regrole)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA pgdispatch TO %s', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON pgdispatch.job, pgdispatch.handler_job, pgdispatch.managed_job, '
        'pgdispatch.job_key, pgdispatch.queue, pgdispatch.pause, pgdispatch.schedule, pgdispatch.breaker, pgdispatch.fair_turn, pgdispatch.fair_rate, pgdispatch.result, pgdispatch.step, pgdispatch.dead_letter, pgdispatch.node, '
        'pgdispatch.cron_worker, pgdispatch.cancellation, pgdispatch.mutex, pgdispatch.batch, pgdispatch.batch_part TO %s', role);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON pgdispatch.history, pgdispatch.operator_action TO %s', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON pgdispatch.history_retention TO %s', role);
    EXECUTE format('GRANT SELECT ON pgdispatch.setting TO %s', role);
    EXECUTE format('GRANT USAGE ON SEQUENCE pgdispatch.job_id_seq TO %s', role);
    EXECUTE (SELECT format('GRANT EXECUTE ON ROUTINE %s TO %s', string_agg(p.oid::regprocedure::text, ', '), role)
               FROM pg_proc AS p
              WHERE p.pronamespace = 'pgdispatch'::regnamespace AND p.proname <> 'status_of_all_roles');
END
$$;

COMMENT ON PROCEDURE pgdispatch.grant_to(regrole) IS
'Lets the role dispatch jobs and run its own. It still sees no other role''s jobs. Only the owner of the schema may call
it. Calling it again changes nothing. An update of the schema repeats it for all these roles.
Example: CALL pgdispatch.grant_to(''app'')';


CREATE OR REPLACE PROCEDURE pgdispatch.grant_monitoring_to(role regrole)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA pgdispatch TO %s', role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION pgdispatch.status(), pgdispatch.status_of_all_roles(), pgdispatch.table_health() TO %s', role);
END
$$;

COMMENT ON PROCEDURE pgdispatch.grant_monitoring_to(regrole) IS
'Lets the role call pgdispatch.status, which then returns the numbers of all roles: how many jobs wait, run and have failed, under what
label or handler, and for how long. The role sees no command, argument or key, and can change nothing. Members of pg_monitor have
this right already. Only the owner of the schema may call it. pgdispatch.revoke_from takes the right away.
Example: CALL pgdispatch.grant_monitoring_to(''prometheus'')';


-- Row security shows the rows of a role to superusers and to the role itself only. Any other caller takes on the role for a while.
CREATE OR REPLACE PROCEDURE pgdispatch.revoke_from(role regrole)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller    constant regrole := quote_ident(CURRENT_USER)::regrole;
    role_name constant name    := (SELECT r.rolname FROM pg_roles AS r WHERE r.oid = role::oid);
    is_super  constant boolean := (SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = caller::oid);
    permanent boolean;
BEGIN
    CALL pgdispatch.grant_to(role);   -- It may have lost privileges that are needed here.
    IF NOT is_super THEN
        BEGIN
            EXECUTE format('SET LOCAL ROLE %s', role);
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING
                    MESSAGE = format('pgdispatch: role %s cannot delete what belongs to role %s', caller, role),
                    DETAIL = 'Row security shows the rows of a role to nobody else.',
                    HINT = format('GRANT %s TO %s, or call it as a superuser.', role, caller);
        END;
    END IF;
    permanent := pgdispatch.delete_rows_of(role, role_name, is_super);
    IF NOT is_super THEN
        EXECUTE format('SET LOCAL ROLE %s', caller);
    END IF;
    IF permanent THEN
        RAISE WARNING USING
            MESSAGE = format('pgdispatch: an administrator has scheduled a worker of role %s', role),
            DETAIL = 'If the role is dropped while pg_cron has jobs of it, pg_cron stops for everybody.',
            HINT = format('As an administrator, in the database of pg_cron: SELECT cron.unschedule(jobid) FROM cron.job WHERE username = %L;', role_name);
    END IF;

    EXECUTE format('REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE format('REVOKE ALL ON SCHEMA pgdispatch FROM %s', role);
    DELETE FROM pgdispatch.setting AS s WHERE s.role::oid = revoke_from.role::oid;
END
$$;

COMMENT ON PROCEDURE pgdispatch.revoke_from(regrole) IS
'Undoes pgdispatch.grant_to, and deletes the role''s jobs, schedules, dead letters, queues, settings and workers, so that the role
can be dropped. Always call it before: if a role is dropped while pg_cron has jobs of it, pg_cron stops for everybody.
Call it as a superuser, or as the owner of the schema if that may SET ROLE to the role. It waits for the role''s
running jobs, and up to 10 seconds for open transactions that have dispatched. Everything happens in the caller''s
transaction.
Errors: 42501 if the caller may not SET ROLE to the role, 55P03 if such transactions are still open after that time.
Example: CALL pgdispatch.revoke_from(''app'')';


CREATE OR REPLACE FUNCTION pgdispatch.delete_rows_of(owner regrole, role_name name, has_every_privilege boolean) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    give_up_at constant timestamptz := clock_timestamp() + '10 seconds'::interval;
    had_workers boolean;
    permanent   boolean;
    table_name  text;
BEGIN
    -- This waits for the role's running jobs, before anything is locked that other roles need.
    DELETE FROM pgdispatch.job AS j WHERE j.role = owner;
    -- A worker that starts or exits locks this, too, before the rows that are deleted below.
    PERFORM pgdispatch.lock_cron_exit(owner);

    -- A dispatch of the role that is not committed yet would leave a job of pg_cron for a role that does not exist any more. Waiting
    -- in the queue for this lock would keep others from dispatching, so this tries again until it gets the lock.
    LOOP
        BEGIN
            LOCK TABLE pgdispatch.cron_worker IN SHARE ROW EXCLUSIVE MODE NOWAIT;
            EXIT;
        EXCEPTION
            WHEN lock_not_available THEN
                IF clock_timestamp() > give_up_at THEN
                    RAISE lock_not_available USING
                        MESSAGE = 'pgdispatch: transactions that have dispatched are still open',
                        DETAIL = format('If role %s were dropped and one of them committed, pg_cron would stop for everybody.', owner),
                        HINT = 'Call pgdispatch.revoke_from again after they have ended.';
                END IF;
        END;
        PERFORM pg_sleep(0.01);
    END LOOP;

    SELECT coalesce(bool_or(w.purpose <> 'permanent'), false), coalesce(bool_or(w.purpose = 'permanent'), false)
      INTO had_workers, permanent
      FROM pgdispatch.cron_worker AS w
     WHERE w.role = owner;
    IF (had_workers OR has_every_privilege) AND pgdispatch.cron_is_genuine() THEN
        PERFORM cron.unschedule(j.jobid)
           FROM cron.job AS j
          WHERE (j.username = role_name OR NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = j.username))   -- Its former name.
            AND j.database = current_database()
            AND (j.command LIKE '%CALL pgdispatch.cron_work(%' OR j.jobname LIKE 'pgdispatch worker %');
        DELETE FROM cron.job_run_details AS d
         WHERE d.username = role_name
           AND d.database = current_database()
           AND d.command LIKE '%CALL pgdispatch.cron_work(%';
    END IF;
    FOREACH table_name IN ARRAY ARRAY['cron_worker', 'job', 'handler_job', 'node', 'managed_job', 'dead_letter', 'job_key', 'queue',
                                       'pause', 'schedule', 'breaker', 'fair_turn', 'fair_rate', 'result', 'step', 'cancellation', 'mutex', 'history', 'history_retention', 'operator_action',
                                       'batch', 'batch_part'] LOOP
        EXECUTE format('DELETE FROM pgdispatch.%I AS t WHERE t.role = $1', table_name) USING owner;
    END LOOP;
    RETURN permanent;
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_rows_of(regrole, name, boolean) IS
'Part of pgdispatch.revoke_from. Deletes all rows and workers of the role. Returns whether an administrator has scheduled
a worker of it.';


REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM PUBLIC;

-- After an update, the roles that could dispatch before may also use what is new.
DO $$
DECLARE
    grantee pg_catalog.regrole;
BEGIN
    FOR grantee IN
        SELECT DISTINCT a.grantee
          FROM pg_catalog.pg_class AS c,
               pg_catalog.aclexplode(c.relacl) AS a
         WHERE c.oid OPERATOR(pg_catalog.=) 'pgdispatch.job'::pg_catalog.regclass
           AND a.privilege_type OPERATOR(pg_catalog.=) 'INSERT'
           AND a.grantee OPERATOR(pg_catalog.<>) ALL (ARRAY[0::pg_catalog.oid, c.relowner])
    LOOP
        CALL pgdispatch.grant_to(grantee);
    END LOOP;
    CALL pgdispatch.grant_monitoring_to('pg_monitor');
END
$$;
