-- Citus copies functions, but no tables, to its workers as they are created. A copy would look like an installation there, and Citus
-- refuses to make it for some roles. So the rest of the transaction is kept on this node. CREATE EXTENSION is another matter: Citus repeats
-- that statement on each node.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'citus') THEN
        PERFORM pg_catalog.pg_extension_config_dump('pg_catalog.pg_class'::pg_catalog.regclass, '');
    END IF;
EXCEPTION
    WHEN feature_not_supported THEN   -- The script is not run by CREATE EXTENSION.
        PERFORM pg_catalog.set_config('citus.enable_ddl_propagation', 'off', true);
    WHEN object_not_in_prerequisite_state THEN
        NULL;   -- It is, and this is none of the extension's tables.
END
$$;
