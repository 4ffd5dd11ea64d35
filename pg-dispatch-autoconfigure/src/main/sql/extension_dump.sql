DO $$
DECLARE
    kept text;
BEGIN
    -- A dump leaves out what is in the tables of an extension, unless that says otherwise. No node: in a copy, none of them is
    -- alive. The workers of pg_cron, as pg_cron has their counterparts dumped: otherwise they would be other workers' in the copy,
    -- where the ids began again.
    FOREACH kept IN ARRAY ARRAY['job', 'job_id_seq', 'handler_job', 'managed_job', 'job_key', 'queue', 'pause', 'result', 'dead_letter',
                                'setting', 'cron_worker', 'cron_worker_id_seq'] LOOP
        PERFORM pg_catalog.pg_extension_config_dump(('pgdispatch.' || kept)::regclass, '');
    END LOOP;
EXCEPTION
    WHEN feature_not_supported THEN
        NULL;   -- This is not CREATE EXTENSION.
END
$$;
