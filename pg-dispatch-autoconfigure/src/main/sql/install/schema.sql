-- The schema itself, and the rules for everything in it.
--
-- One script serves every way of installing it: Liquibase and JDBC (which the Spring Boot starter uses), psql, CREATE EXTENSION
-- and pg_tle. Hence:
--   * The script contains no transaction control and no command of psql.
--   * No name is looked up in the search path of a caller, so that no operator, function or type of a stranger is ever used. A
--     function sets search_path = pg_catalog, pg_temp. Three kinds of functions do not: those that end transactions and those that
--     run a job's command, which cannot, and those that every dispatch calls, where it would cost as much as a quarter of writing
--     the row. They qualify every name instead, as in pg_catalog.now(), OPERATOR(pg_catalog.=) and ::pg_catalog.text. All these
--     operators have one precedence, above that of comparisons, hence the parentheses. Key words that stand for an operator are
--     not used: IN, BETWEEN, LIKE, NULLIF, IS DISTINCT FROM, USING in a join, and an expression after CASE. Statements outside of
--     functions qualify operators and functions as well. QualifiedNamesTests enforces this, and StrangersCodeTests sets traps.
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
