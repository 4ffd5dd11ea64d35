-- The schema itself, and the rules for everything in it.
--
-- One script serves every way of installing it: Liquibase and JDBC (which the Spring Boot starter uses), psql, CREATE EXTENSION
-- and pg_tle. Hence:
--   * The script contains no transaction control and no command of psql.
--   * A function that ends transactions cannot set its search_path, and in the functions that every dispatch calls this setting
--     would cost as much as a quarter of writing the row. Such functions qualify every name. The others set
--     search_path = pg_catalog, pg_temp, or qualify every name as well.
--   * Operators get operands of exactly the types for which pg_catalog has them. The search for an operator then ends in
--     pg_catalog, whatever the search_path of the caller is, and no operator of a stranger is ever called.
--   * The functions that read a queue set planner options. Their plans may have been made when the queue was small, and a plan that
--     sorts the queue or reads all of it would be a cliff once it has grown. jit = off keeps the server from compiling a plan
--     anew for each call.
--   * Every object has a comment, and the text is plain ASCII, since it must be valid in a database of any encoding.

DO $$
BEGIN
    -- CREATE SCHEMA IF NOT EXISTS would require the right to create schemas even if the schema exists, and a DBA may have created
    -- it for us.
    IF pg_catalog.to_regnamespace('pgdispatch') IS NULL THEN
        CREATE SCHEMA pgdispatch;
        COMMENT ON SCHEMA pgdispatch IS
        'pg-dispatch: SQL that runs after the commit of the transaction that dispatched it, and never if that rolls back.';
        REVOKE ALL ON SCHEMA pgdispatch FROM PUBLIC;
    END IF;
END
$$;
