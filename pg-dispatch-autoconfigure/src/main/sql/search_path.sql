-- The types of columns and arguments are the only names in this script that the search path of whoever runs it decides.

DO $$
BEGIN
    IF pg_catalog.array_position(pg_catalog.current_schemas(false), 'pg_catalog') OPERATOR(pg_catalog.>) 1 THEN
        RAISE invalid_schema_name USING
            MESSAGE = 'pgdispatch: the search_path names other schemas before pg_catalog',
            DETAIL = 'The types of these schemas would be used instead of those of PostgreSQL.',
            HINT = 'Leave pg_catalog out of the search_path, or name it first.';
    END IF;
END
$$;
