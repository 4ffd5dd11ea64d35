-- What pg_dump saves where the schema is an extension. A dump leaves out the rows of an extension's tables, and the positions of its
-- sequences, unless the extension names them.

DO $$
DECLARE
    object_name pg_catalog.text;
BEGIN
    -- The nodes are left out, since none of them is alive in a copy. The workers of pg_cron are included, because pg_cron has their
    -- counterparts dumped. Without them the ids of the copy would start at 1 again, and new workers would get the counterparts of
    -- old ones.
    FOREACH object_name IN ARRAY ARRAY['job', 'job_id_seq', 'handler_job', 'managed_job', 'job_key', 'queue', 'pause', 'schedule', 'breaker', 'fair_turn', 'fair_rate', 'result', 'step', 'dead_letter',
                                'setting', 'batch', 'batch_part', 'history_retention', 'operator_action', 'operator_action_id_seq', 'cron_worker', 'cron_worker_id_seq'] LOOP
        PERFORM pg_catalog.pg_extension_config_dump(pg_catalog.concat('pgdispatch.', object_name)::pg_catalog.regclass, '');
    END LOOP;
EXCEPTION
    WHEN feature_not_supported THEN
        NULL;   -- The script is not run by CREATE EXTENSION.
END
$$;
