CREATE OR REPLACE PROCEDURE pgdispatch.grant_to(role regrole)
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA pgdispatch TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON pgdispatch.job, pgdispatch.handler_job, pgdispatch.dead_letter, pgdispatch.node, pgdispatch.cron_worker, pgdispatch.managed_job, pgdispatch.job_key, pgdispatch.queue, pgdispatch.pause, pgdispatch.result TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT ON pgdispatch.setting TO %s', role);
    EXECUTE pg_catalog.format('GRANT USAGE ON SEQUENCE pgdispatch.job_id_seq TO %s', role);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgdispatch TO %s', role);
END
$$;

COMMENT ON PROCEDURE pgdispatch.grant_to(regrole) IS
'Lets the role dispatch jobs and run its own. It still sees no other role''s. To be called by the owner of the schema, and again after an upgrade. Example: CALL pgdispatch.grant_to(''app'')';


CREATE OR REPLACE PROCEDURE pgdispatch.revoke_from(role regrole)
LANGUAGE plpgsql
AS $$
DECLARE
    caller      constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    role_name   constant name        := (SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE r.oid = role::oid);
    is_super    constant boolean     := (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid);
    give_up_at  constant timestamptz := pg_catalog.clock_timestamp() + '10 seconds'::interval;
    had_workers boolean;
    permanent   boolean;
BEGIN
    -- Those that are running are waited for, before anything is locked that others want.
    DELETE FROM pgdispatch.job AS j WHERE j.role::oid = revoke_from.role::oid;

    -- What the role has dispatched and not yet committed would be a job of pg_cron for a role that is no more. To wait for the lock
    -- in its queue would keep others from dispatching.
    LOOP
        BEGIN
            LOCK TABLE pgdispatch.cron_worker IN SHARE ROW EXCLUSIVE MODE NOWAIT;
            EXIT;
        EXCEPTION
            WHEN lock_not_available THEN
                IF pg_catalog.clock_timestamp() > give_up_at THEN
                    RAISE lock_not_available USING
                        MESSAGE = 'pgdispatch: there are open transactions that have dispatched',
                        DETAIL = pg_catalog.format('If role %s were dropped and one of them committed, pg_cron would stop for everybody.', role),
                        HINT = 'Call it again once they have ended.';
                END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.01);
    END LOOP;

    SELECT coalesce(pg_catalog.bool_or(w.purpose <> 'permanent'), false), coalesce(pg_catalog.bool_or(w.purpose = 'permanent'), false)
      INTO had_workers, permanent
      FROM pgdispatch.cron_worker AS w
     WHERE w.role::oid = revoke_from.role::oid;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL AND (had_workers OR is_super) THEN
        IF NOT is_super THEN   -- Of another role's jobs, pg_cron shows only superusers any.
            EXECUTE pg_catalog.format('SET LOCAL ROLE %s', role);
        END IF;
        PERFORM cron.unschedule(j.jobid)
           FROM cron.job AS j
          WHERE j.username = role_name
            AND j.database = pg_catalog.current_database()
            AND (j.command LIKE 'CALL pgdispatch.cron_work(%' OR j.jobname LIKE 'pgdispatch worker %');
        DELETE FROM cron.job_run_details AS d
         WHERE d.username = role_name
           AND d.database = pg_catalog.current_database()
           AND d.command LIKE 'CALL pgdispatch.cron_work(%';
        IF NOT is_super THEN
            EXECUTE pg_catalog.format('SET LOCAL ROLE %s', caller);
        END IF;
    END IF;
    IF permanent THEN
        RAISE WARNING USING
            MESSAGE = pg_catalog.format('pgdispatch: an administrator has scheduled a worker of role %s', role),
            DETAIL = 'If the role is dropped while pg_cron has jobs of it, pg_cron stops for everybody.',
            HINT = pg_catalog.format('As an administrator, in the database of pg_cron: SELECT cron.unschedule(jobid) FROM cron.job WHERE username = %L;', role_name);
    END IF;

    EXECUTE pg_catalog.format('REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA pgdispatch FROM %s', role);
    DELETE FROM pgdispatch.cron_worker AS w WHERE w.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.job AS j WHERE j.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.handler_job AS j WHERE j.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.node AS n WHERE n.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.managed_job AS m WHERE m.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.job_key AS k WHERE k.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.queue AS q WHERE q.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.pause AS p WHERE p.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.result AS r WHERE r.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.setting AS s WHERE s.role::oid = revoke_from.role::oid;
END
$$;

COMMENT ON PROCEDURE pgdispatch.revoke_from(regrole) IS
'Undoes pgdispatch.grant_to and deletes the role''s jobs, dead letters and workers, in order to drop the role: pg_cron would stop for everybody if a role were dropped that it still has jobs of. To be called by a superuser, or by the owner of the schema where that may SET ROLE to the role. Waits for the role''s running jobs, and for open transactions that have dispatched. Example: CALL pgdispatch.revoke_from(''app'')';


REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM PUBLIC;

-- After an update: a role that could dispatch before may use what is new.
DO $$
DECLARE
    grantee regrole;
BEGIN
    FOR grantee IN
        SELECT DISTINCT a.grantee
          FROM pg_catalog.pg_class AS c,
               pg_catalog.aclexplode(c.relacl) AS a
         WHERE c.oid = 'pgdispatch.job'::regclass
           AND a.privilege_type = 'INSERT'
           AND a.grantee NOT IN (0, c.relowner)
    LOOP
        CALL pgdispatch.grant_to(grantee);
    END LOOP;
END
$$;
