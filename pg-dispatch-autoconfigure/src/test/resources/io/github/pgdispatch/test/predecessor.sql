-- Stands in for pg_dispatch 0.1.5: a cron job for each dispatch, named by chance, which removes itself and runs the command.

CREATE SCHEMA pgdispatch;

CREATE FUNCTION pgdispatch._schedule_job(command text, seconds integer) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    job_name constant text := 'pg_dispatch_' || gen_random_uuid();
BEGIN
    PERFORM cron.schedule(job_name, '1 seconds', format('DO %L', format(
        'BEGIN PERFORM cron.unschedule(%L); PERFORM pg_sleep(%s); BEGIN EXECUTE %L; EXCEPTION WHEN OTHERS THEN NULL; END; END',
        job_name, seconds, command)));
END
$$;

CREATE FUNCTION pgdispatch.fire(command text) RETURNS void
LANGUAGE sql
AS $$ SELECT pgdispatch._schedule_job(command, 0) $$;

CREATE FUNCTION pgdispatch.snooze(command text, delay interval) RETURNS void
LANGUAGE sql
AS $$ SELECT pgdispatch._schedule_job(command, date_part('epoch', delay)::integer) $$;

GRANT USAGE ON SCHEMA pgdispatch TO PUBLIC;
