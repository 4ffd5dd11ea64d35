DO $$
BEGIN
    -- IF NOT EXISTS asks for the right to create schemas even where the schema is there, and a DBA may have made it for us.
    IF pg_catalog.to_regnamespace('pgdispatch') IS NULL THEN
        CREATE SCHEMA pgdispatch;
        COMMENT ON SCHEMA pgdispatch IS
        'pg-dispatch: SQL that runs after the commit of the transaction that dispatched it, and never if that rolls back.';
        REVOKE ALL ON SCHEMA pgdispatch FROM PUBLIC;
    END IF;
END
$$;
